namespace Sluice.Tests.Doctor;

/// <summary>A clock that stands, and whose timers end when the test says so, once they are held.</summary>
internal sealed class DoctorTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<(TimeSpan Due, TimerCallback Callback, object? State)> _held = [];

    public DateTimeOffset Now { get; set; } = new(2026, 11, 2, 9, 0, 0, TimeSpan.Zero);

    /// <summary>Whether timers wait for the test.</summary>
    public bool Holds { get; set; }

    public override DateTimeOffset GetUtcNow() => Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (!Holds)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        lock (_lock)
        {
            _held.Add((dueTime, callback, state));
        }

        return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends the timers of this length.</summary>
    public void End(TimeSpan due)
    {
        List<(TimeSpan Due, TimerCallback Callback, object? State)> ended;
        lock (_lock)
        {
            ended = _held.FindAll(t => t.Due == due);
        }

        Assert.NotEmpty(ended);
        ended.ForEach(t => t.Callback(t.State));
    }
}
