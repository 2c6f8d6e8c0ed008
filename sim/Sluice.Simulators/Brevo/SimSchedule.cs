namespace Sluice.Simulators.Brevo;

/// <summary>Things that will happen on the simulator's clock. Everything pending is forgotten on reset and at the end.</summary>
internal sealed class SimSchedule(TimeProvider clock, Lock gate) : IDisposable
{
    private readonly HashSet<ITimer> _timers = [];
    private bool _closed;

    /// <summary>Runs an action under the account's lock after a time; at once when the time is zero.</summary>
    public void After(TimeSpan span, Action action)
    {
        if (span <= TimeSpan.Zero)
        {
            lock (gate)
            {
                action();
            }

            return;
        }

        ITimer? timer = null;
        lock (gate)
        {
            if (_closed)
            {
                return;
            }

            timer = clock.CreateTimer(_ => Run(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timers.Add(timer);
        }

        timer.Change(span, Timeout.InfiniteTimeSpan);

        void Run()
        {
            lock (gate)
            {
                if (_timers.Remove(timer!))
                {
                    timer!.Dispose();
                    action();
                }
            }
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            foreach (var timer in _timers)
            {
                timer.Dispose();
            }

            _timers.Clear();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            _closed = true;
            Clear();
        }
    }
}
