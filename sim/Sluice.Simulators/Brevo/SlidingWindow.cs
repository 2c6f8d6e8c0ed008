namespace Sluice.Simulators.Brevo;

/// <summary>Counts calls in a true sliding window: a call leaves it exactly one span after it came.</summary>
internal sealed class SlidingWindow(BrevoWindow window)
{
    private readonly Queue<long> _accepted = new();
    private readonly Queue<long> _arrived = new();

    public BrevoWindow Window => window;

    public int Remaining => Math.Max(0, window.Limit - _accepted.Count);

    public int InWindow => _accepted.Count;

    /// <summary>The most arrivals, refused ones included, that ever fell into one window.</summary>
    public int MaxArrived { get; private set; }

    public void Arrive(long now)
    {
        Forget(_accepted, now);
        Forget(_arrived, now);
        _arrived.Enqueue(now);
        MaxArrived = Math.Max(MaxArrived, _arrived.Count);
    }

    public bool HasRoom(long now)
    {
        Forget(_accepted, now);
        return _accepted.Count < window.Limit;
    }

    public void Accept(long now) => _accepted.Enqueue(now);

    /// <summary>Time until the oldest call leaves, that is, until one more call is free.</summary>
    public TimeSpan UntilFree(long now) =>
        _accepted.TryPeek(out var oldest) ? TimeSpan.FromTicks(oldest + window.Span.Ticks - now) : TimeSpan.Zero;

    private void Forget(Queue<long> times, long now)
    {
        while (times.TryPeek(out var oldest) && oldest + window.Span.Ticks <= now)
        {
            times.Dequeue();
        }
    }
}
