using System.Threading.Channels;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;

namespace Sluice.Core.Tests.Delivery;

public sealed class LeaseKeeperTests
{
    private static readonly TimeSpan Length = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_renewal_that_takes_longer_than_the_lease_and_holds_ends_nothing()
    {
        var leases = new Leases { Takes = Length * 2 };
        await using var keeper = new LeaseKeeper(leases, new Lease("work", "node", 1), Length, TimeProvider.System, TestContext.Current.CancellationToken);
        await leases.AskedAsync(times: 3);
        Assert.False(keeper.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task A_lease_that_has_gone_to_another_ends_the_work()
    {
        var leases = new Leases { IsOurs = false };
        await using var keeper = new LeaseKeeper(leases, new Lease("work", "node", 1), Length, TimeProvider.System, TestContext.Current.CancellationToken);
        await EndsAsync(keeper);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_ends_the_work_when_the_lease_has_run_out()
    {
        var leases = new Leases { IsUnavailable = true };
        var clock = new HeldClock();
        await using var keeper = new LeaseKeeper(leases, new Lease("work", "node", 1), Length, clock, TestContext.Current.CancellationToken);
        await leases.AskedAsync(times: 1);
        Assert.False(keeper.Token.IsCancellationRequested);
        clock.Elapsed = Length;
        await EndsAsync(keeper);
    }

    private static async Task EndsAsync(LeaseKeeper keeper)
    {
        var ended = new TaskCompletionSource();
        await using var registration = keeper.Token.Register(ended.SetResult);
        await ended.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    /// <summary>Waits take their time, and yet no time passes but what the test says.</summary>
    private sealed class HeldClock : TimeProvider
    {
        private long _ticks;

        public TimeSpan Elapsed
        {
            set => Volatile.Write(ref _ticks, value.Ticks);
        }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _ticks);
    }

    private sealed class Leases : ILeases
    {
        private readonly Channel<bool> _asked = Channel.CreateUnbounded<bool>();

        public TimeSpan Takes { get; init; }

        public bool IsOurs { get; init; } = true;

        public bool IsUnavailable { get; init; }

        public async Task AskedAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                await _asked.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
            }
        }

        public Task<Lease?> TryTakeAsync(string name, string owner, TimeSpan length, CancellationToken cancellationToken) => throw new NotSupportedException();

        public async Task<bool> RenewAsync(Lease lease, TimeSpan length, CancellationToken cancellationToken)
        {
            await Task.Delay(Takes, TimeProvider.System, cancellationToken);
            _asked.Writer.TryWrite(true);
            return IsUnavailable ? throw new StoreUnavailableException("busy") : IsOurs;
        }

        public Task ReleaseAsync(Lease lease, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
