using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;

namespace Sluice.Core.Tests.Delivery;

public sealed class RemovalGuardTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    // size, removed in 24 hours, planned, max_removal → allowed
    [Theory]
    [InlineData(100, 0, 30, 0.3, true)]
    [InlineData(100, 0, 31, 0.3, false)]
    [InlineData(80, 20, 10, 0.3, true)]
    [InlineData(80, 20, 11, 0.3, false)]
    [InlineData(19, 0, 19, 0, true)]
    [InlineData(20, 0, 1, 0, false)]
    [InlineData(10, 10, 10, 0.5, false)]
    [InlineData(100, 0, 100, 1, true)]
    public void Removals_are_counted_over_a_day_against_the_size_the_list_had(long size, long removed, long planned, double share, bool allowed) =>
        Assert.Equal(allowed, RemovalGuard.IsAllowed(Rule(share), State(null), new RemovalCount(0, size, removed, 0), planned, Now));

    [Fact]
    public void A_person_allows_them_until_a_time()
    {
        var count = new RemovalCount(0, 100, 0, 0);
        Assert.True(RemovalGuard.IsAllowed(Rule(0), State(Now.AddSeconds(1)), count, 100, Now));
        Assert.False(RemovalGuard.IsAllowed(Rule(0), State(Now), count, 100, Now));
    }

    private static ListRule Rule(double share) => new(16, ListMode.Mirror, false, ["901"], [], share);

    private static ListState State(DateTimeOffset? allowedUntil) => new(16, null, null, -1, 0, 0, null, null, 0, null, allowedUntil);
}
