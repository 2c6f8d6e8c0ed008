namespace Sluice.Simulators.Mixpanel;

/// <summary>
/// Knows who is working and who waits for the clock, so that a test which drives the clock can tell when there is nothing left to happen at
/// the present instant.
/// </summary>
internal sealed class ClockActivity(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<object, DateTimeOffset?> _actors = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The earliest instant that somebody waits for.</summary>
    public DateTimeOffset? NextAt
    {
        get
        {
            lock (_gate)
            {
                var next = _actors.Values.Min();
                return next == DateTimeOffset.MaxValue ? null : next;
            }
        }
    }

    public void Working(object actor) => Set(actor, null);

    /// <summary>
    /// The actor has armed its timer and does nothing until then, or for ever with <see cref="DateTimeOffset.MaxValue"/>.
    /// </summary>
    public void Waiting(object actor, DateTimeOffset until) => Set(actor, until);

    public void Gone(object actor)
    {
        lock (_gate)
        {
            _actors.Remove(actor);
            Announce();
        }
    }

    public async Task DelayAsync(object actor, TimeSpan delay, CancellationToken cancellationToken)
    {
        var until = time.GetUtcNow() + delay;
        var pause = Task.Delay(delay, time, cancellationToken);
        Waiting(actor, until);
        try
        {
            await pause;
        }
        finally
        {
            Working(actor);
        }
    }

    public async Task WaitUntilQuietAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                var now = time.GetUtcNow();
                if (_actors.Values.All(until => until > now))
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private void Set(object actor, DateTimeOffset? until)
    {
        lock (_gate)
        {
            _actors[actor] = until;
            Announce();
        }
    }

    private void Announce()
    {
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
