using Sluice.Simulators;

namespace Sluice.Tests.Delivery;

/// <summary>The clock of the worlds moves when nothing goes on, and then at once.</summary>
public sealed class ActivityTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly Activity _activity = new();
    private readonly ManualClock _clock = new();

    /// <summary>Something that takes as long as somebody else likes.</summary>
    public interface IWork
    {
        Task<int> DoAsync();
    }

    [Fact]
    public async Task Whatever_follows_a_timer_is_over_before_the_next_one_strikes()
    {
        var began = _clock.GetUtcNow();
        var seen = new List<TimeSpan>();
        var running = _activity.RunAsync(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                await Task.Delay(TimeSpan.FromMinutes(1), _clock, TestContext.Current.CancellationToken);

                // Some hops from thread to thread, behind which the clock must not run on.
                for (var hop = 0; hop < 20; hop++)
                {
                    await Task.Yield();
                }

                seen.Add(_clock.GetUtcNow() - began);
            }
        });

        await _activity.PassAsync(_clock, Hour, Hour);
        await running;
        Assert.Equal(Enumerable.Range(1, 50).Select(i => TimeSpan.FromMinutes(i)), seen);
        Assert.Equal(Hour, _clock.GetUtcNow() - began);
    }

    [Fact]
    public async Task While_a_port_works_the_clock_stands()
    {
        var began = _clock.GetUtcNow();
        var work = new Work();
        var port = Watched<IWork>.Of(work, _activity);
        var running = _activity.RunAsync(async () => await port.DoAsync());
        var passing = _activity.PassAsync(_clock, Hour, Hour);
        await work.Begun.Task;
        Assert.Equal(began, _clock.GetUtcNow());
        Assert.False(passing.IsCompleted);

        work.End.SetResult(1);
        await passing;
        await running;
        Assert.Equal(began + Hour, _clock.GetUtcNow());
    }

    [Fact]
    public async Task What_waits_for_the_clock_at_the_other_end_does_not_stop_it()
    {
        var work = new Work();
        var port = Watched<IWork>.Of(work, _activity);
        _activity.Held = () => work.Begun.Task.IsCompleted && !work.End.Task.IsCompleted ? 1 : 0;
        var running = _activity.RunAsync(async () => await port.DoAsync());
        using var end = _clock.CreateTimer(_ => work.End.SetResult(1), null, TimeSpan.FromMinutes(30), Timeout.InfiniteTimeSpan);
        await _activity.UntilAsync(_clock, () => Task.FromResult(running.IsCompleted), Hour, () => Task.FromResult("It waits."));
        Assert.Equal(new ManualClock().GetUtcNow() + TimeSpan.FromMinutes(30), _clock.GetUtcNow());
    }

    [Fact]
    public async Task A_wait_that_nobody_has_told_of_is_a_failure()
    {
        var activity = new Activity { LongestWait = TimeSpan.FromMilliseconds(200) };
        activity.Begin();
        var began = _clock.GetUtcNow();
        var told = await Assert.ThrowsAsync<TimeoutException>(() => activity.PassAsync(_clock, Hour, Hour));
        Assert.Contains("1 go on, 0 of them wait for the clock", told.Message, StringComparison.Ordinal);
        Assert.Equal(began, _clock.GetUtcNow());
    }

    private sealed class Work : IWork
    {
        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<int> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<int> DoAsync()
        {
            Begun.SetResult();
            return End.Task;
        }
    }
}
