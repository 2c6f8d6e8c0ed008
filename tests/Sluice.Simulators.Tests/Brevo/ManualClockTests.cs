namespace Sluice.Simulators.Tests.Brevo;

public sealed class ManualClockTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Time_stands_still_until_it_is_advanced()
    {
        var before = _clock.GetUtcNow();
        var stamp = _clock.GetTimestamp();
        Assert.Equal(before, _clock.GetUtcNow());

        _clock.Advance(TimeSpan.FromHours(3));

        Assert.Equal(before.AddHours(3), _clock.GetUtcNow());
        Assert.Equal(TimeSpan.FromHours(3), _clock.GetElapsedTime(stamp));
    }

    [Fact]
    public void Timers_run_in_order_and_see_the_moment_they_were_due()
    {
        var start = _clock.GetUtcNow();
        List<(string Name, TimeSpan At)> ran = [];
        using var late = Timer("late", TimeSpan.FromSeconds(2));
        using var early = Timer("early", TimeSpan.FromSeconds(1));

        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal([("early", TimeSpan.FromSeconds(1)), ("late", TimeSpan.FromSeconds(2))], ran);
        Assert.Equal(start.AddSeconds(5), _clock.GetUtcNow());

        ITimer Timer(string name, TimeSpan due) =>
            _clock.CreateTimer(_ => ran.Add((name, _clock.GetUtcNow() - start)), null, due, Timeout.InfiniteTimeSpan);
    }

    [Fact]
    public void A_timer_set_by_a_timer_runs_in_the_same_advance()
    {
        var ran = 0;
        ITimer? second = null;
        using var first = _clock.CreateTimer(
            _ => second = _clock.CreateTimer(_ => ran++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan),
            null,
            TimeSpan.FromSeconds(1),
            Timeout.InfiniteTimeSpan);

        _clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(1, ran);
        second!.Dispose();
    }

    [Fact]
    public void A_periodic_timer_runs_once_a_period_until_it_is_disposed()
    {
        var ran = 0;
        var timer = _clock.CreateTimer(_ => ran++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(3.5));
        Assert.Equal(3, ran);

        timer.Dispose();
        _clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(3, ran);
        Assert.Equal(0, _clock.WaitingTimers);
    }

    [Fact]
    public async Task A_delay_and_a_timed_token_follow_the_clock()
    {
        var delay = Task.Delay(TimeSpan.FromHours(1), _clock, TestContext.Current.CancellationToken);
        using var source = new CancellationTokenSource(TimeSpan.FromHours(2), _clock);
        Assert.Equal(2, _clock.WaitingTimers);

        _clock.Advance(TimeSpan.FromHours(1));
        await delay.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        Assert.False(source.IsCancellationRequested);

        _clock.Advance(TimeSpan.FromHours(1));
        Assert.True(source.IsCancellationRequested);
    }
}
