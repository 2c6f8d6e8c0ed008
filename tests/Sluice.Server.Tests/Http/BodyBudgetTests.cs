using Sluice.Server.Http;
using Sluice.Server.Telemetry;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Http;

public sealed class BodyBudgetTests : IDisposable
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

    private readonly VirtualTime _time = new();
    private readonly MeterCapture _meters = new();
    private readonly BodyBudget _budget;

    public BodyBudgetTests() => _budget = new BodyBudget(total: 100, perProject: 60, Wait, _time, new GatewayMetrics(_meters));

    public void Dispose() => _meters.Dispose();

    [Fact]
    public async Task Room_is_given_while_there_is_some_and_comes_back()
    {
        var first = await TakeAsync("a", 60);
        var second = await TakeAsync("b", 40);
        Assert.Equal(100, _budget.Used);

        first!.Dispose();
        first.Dispose();
        second!.Dispose();

        Assert.Equal(0, _budget.Used);
        Assert.Equal(0, _meters.Sum("sluice.gateway.body_budget.used"));
    }

    [Fact]
    public async Task Who_finds_none_waits_and_gets_what_comes_free()
    {
        var first = await TakeAsync("a", 60);
        var waiting = TakeAsync("b", 50);
        Assert.False(waiting.IsCompleted);

        first!.Shrink(50);

        Assert.NotNull(await waiting);
        Assert.Equal(100, _budget.Used);
    }

    [Fact]
    public async Task Who_has_waited_long_enough_gets_nothing_and_leaves_nothing_behind()
    {
        var first = await TakeAsync("a", 60);
        var waiting = TakeAsync("b", 50);

        _time.Advance(Wait);

        Assert.Null(await waiting);
        Assert.Equal((60, 0), (_budget.Used, _budget.Waiting));
        Assert.Equal(1, _meters.Sum("sluice.gateway.body_budget.refusals"));
        first!.Dispose();
        Assert.Equal(0, _budget.Used);
    }

    [Fact]
    public async Task Who_leaves_while_waiting_leaves_nothing_behind()
    {
        var first = await TakeAsync("a", 60);
        using var leaving = new CancellationTokenSource();
        var waiting = _budget.TakeAsync("b", 50, leaving.Token).AsTask();

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, _budget.Waiting);
        first!.Dispose();
        Assert.Equal(0, _budget.Used);
    }

    [Fact]
    public async Task Later_small_bodies_do_not_starve_an_earlier_large_one()
    {
        var first = await TakeAsync("a", 60);
        var large = TakeAsync("b", 60);
        var small = TakeAsync("c", 10);
        Assert.False(small.IsCompleted);

        first!.Dispose();

        Assert.NotNull(await large);
        Assert.NotNull(await small);
    }

    [Fact]
    public async Task A_project_at_its_share_waits_without_holding_up_the_others()
    {
        var first = await TakeAsync("a", 60);
        var second = TakeAsync("a", 10);
        Assert.False(second.IsCompleted);

        Assert.NotNull(await TakeAsync("b", 40).WaitAsync(TimeSpan.FromMinutes(2), TimeProvider.System, TestContext.Current.CancellationToken));

        first!.Dispose();
        Assert.NotNull(await second);
    }

    [Fact]
    public async Task However_many_come_and_go_at_once_the_total_is_never_exceeded()
    {
        var held = 0L;
        var most = 0L;
        await Parallel.ForAsync(
            0,
            5_000,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = TestContext.Current.CancellationToken },
            async (i, token) =>
            {
                var bytes = 1 + i % 60;
                using var lease = await _budget.TakeAsync($"{i % 3}", bytes, token);
                var now = Interlocked.Add(ref held, bytes);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Add(ref held, -bytes);
            });

        Assert.InRange(most, 61, 100);
        Assert.Equal((0, 0), (_budget.Used, _budget.Waiting));
    }

    private static void InterlockedMax(ref long target, long value)
    {
        long seen;
        while (value > (seen = Interlocked.Read(ref target)) && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }

    private Task<BodyBudget.Lease?> TakeAsync(string project, long bytes) =>
        _budget.TakeAsync(project, bytes, TestContext.Current.CancellationToken).AsTask();
}
