namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>An allowance of bytes or calls in a window that rolls: what was taken is free again exactly one span later.</summary>
internal sealed class VolumeWindow(long limit, TimeSpan span)
{
    private readonly Queue<(long Time, long Amount)> _accepted = new();
    private readonly Queue<(long Time, long Amount)> _arrived = new();
    private long _inWindow;
    private long _arrivedInWindow;
    private long _maxArrived;

    /// <summary>Takes an amount, or says how long until it would fit. A refused amount takes nothing.</summary>
    public bool TryTake(DateTimeOffset time, long amount, out TimeSpan wait)
    {
        var now = time.UtcTicks;
        _inWindow -= Forget(_accepted, now);
        _arrivedInWindow -= Forget(_arrived, now);
        _arrived.Enqueue((now, amount));
        _arrivedInWindow += amount;
        _maxArrived = Math.Max(_maxArrived, _arrivedInWindow);
        wait = TimeSpan.Zero;
        if (_inWindow + amount <= limit)
        {
            _accepted.Enqueue((now, amount));
            _inWindow += amount;
            return true;
        }

        wait = span;
        var missing = _inWindow + amount - limit;
        foreach (var (taken, size) in _accepted)
        {
            missing -= size;
            if (missing <= 0)
            {
                wait = TimeSpan.FromTicks(taken + span.Ticks - now);
                break;
            }
        }

        return false;
    }

    public MixpanelVolumeView View(DateTimeOffset time)
    {
        _inWindow -= Forget(_accepted, time.UtcTicks);
        return new MixpanelVolumeView(_inWindow, _maxArrived);
    }

    private long Forget(Queue<(long Time, long Amount)> entries, long now)
    {
        long gone = 0;
        while (entries.TryPeek(out var oldest) && oldest.Time + span.Ticks <= now)
        {
            gone += entries.Dequeue().Amount;
        }

        return gone;
    }
}
