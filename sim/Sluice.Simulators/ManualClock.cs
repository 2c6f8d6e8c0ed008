namespace Sluice.Simulators;

/// <summary>A clock that stands still until it is told to move; its timers run inside <see cref="Advance"/>, in order.</summary>
/// <remarks>
/// A callback sees the moment it was due as the current time, and may set new timers, which run in the same
/// <see cref="Advance"/> when they fall into it. A timer that is due at once runs on the thread pool, as a real one does.
/// </remarks>
public sealed class ManualClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly SortedSet<ManualTimer> _timers = new(Comparer<ManualTimer>.Create(
        static (left, right) => left.Due != right.Due ? left.Due.CompareTo(right.Due) : left.Order.CompareTo(right.Order)));

    private readonly long _start;
    private long _now;
    private long _order;

    /// <summary>Starts the clock at a fixed, unremarkable moment.</summary>
    public ManualClock()
        : this(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Starts the clock at a given moment.</summary>
    /// <param name="start">The first current time.</param>
    public ManualClock(DateTimeOffset start)
    {
        _start = start.UtcTicks;
        _now = _start;
    }

    /// <inheritdoc />
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc />
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>How many timers are waiting: what a test looks at to know that somebody has begun to wait.</summary>
    public int WaitingTimers
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count;
            }
        }
    }

    /// <summary>When the next timer is due; null when none waits.</summary>
    public DateTimeOffset? NextTimer
    {
        get
        {
            lock (_gate)
            {
                return _timers.Min is { } timer ? new DateTimeOffset(timer.Due, TimeSpan.Zero) : null;
            }
        }
    }

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _now), TimeSpan.Zero);

    /// <inheritdoc />
    public override long GetTimestamp() => Interlocked.Read(ref _now) - _start;

    /// <summary>Moves the clock and runs what falls due on the way.</summary>
    /// <param name="by">How far; zero runs what is due already.</param>
    /// <exception cref="ArgumentOutOfRangeException">The span is negative.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var target = Interlocked.Read(ref _now) + by.Ticks;
        while (TakeDue(target) is { } timer)
        {
            timer.Run();
        }
    }

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private ManualTimer? TakeDue(long target)
    {
        lock (_gate)
        {
            var timer = _timers.Min;
            if (timer is null || timer.Due > target)
            {
                _now = Math.Max(_now, target);
                return null;
            }

            _timers.Remove(timer);
            _now = Math.Max(_now, timer.Due);
            if (timer.Period > 0)
            {
                Schedule(timer, timer.Due + timer.Period);
            }

            return timer;
        }
    }

    private void Schedule(ManualTimer timer, long due)
    {
        timer.Due = due;
        timer.Order = _order++;
        _timers.Add(timer);
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private bool _disposed;

        public long Due { get; set; }

        public long Order { get; set; }

        public long Period { get; private set; }

        public void Run() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                if (_disposed)
                {
                    return false;
                }

                clock._timers.Remove(this);
                Period = period > TimeSpan.Zero ? period.Ticks : 0;
                if (dueTime > TimeSpan.Zero)
                {
                    clock.Schedule(this, clock._now + dueTime.Ticks);
                }
                else if (dueTime == TimeSpan.Zero)
                {
                    if (Period > 0)
                    {
                        clock.Schedule(this, clock._now + Period);
                    }

                    ThreadPool.UnsafeQueueUserWorkItem(static timer => timer.Run(), this, preferLocal: false);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                _disposed = true;
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
