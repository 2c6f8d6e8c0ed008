namespace Sluice.Simulators.Brevo;

/// <summary>What the three headers of an answer say.</summary>
internal readonly record struct RateLimitState(int Limit, int Remaining, int ResetSeconds);

/// <summary>Decides, at the receiver, whether a call is within the account's allowances.</summary>
internal sealed class RateLimiter
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly BrevoLimits _limits;
    private Dictionary<BrevoBucket, SlidingWindow[]> _windows;

    public RateLimiter(TimeProvider clock, BrevoLimits limits)
    {
        _clock = clock;
        _start = clock.GetTimestamp();
        _limits = limits;
        _windows = Build(limits);
    }

    /// <summary>Counts an arrival. A refused call takes nothing from the allowance.</summary>
    public bool TryTake(BrevoBucket bucket, out RateLimitState? state)
    {
        lock (_gate)
        {
            var now = _clock.GetElapsedTime(_start).Ticks;
            var windows = _windows[bucket];
            foreach (var window in windows)
            {
                window.Arrive(now);
            }

            var free = Array.TrueForAll(windows, window => window.HasRoom(now));
            if (free)
            {
                foreach (var window in windows)
                {
                    window.Accept(now);
                }
            }

            state = Describe(windows, now);
            return free;
        }
    }

    /// <summary>The state without counting a call: for callers that the account does not know.</summary>
    public RateLimitState? Peek(BrevoBucket bucket)
    {
        lock (_gate)
        {
            return Describe(_windows[bucket], _clock.GetElapsedTime(_start).Ticks);
        }
    }

    public IReadOnlyList<BrevoWindowUse> Use(BrevoBucket bucket)
    {
        lock (_gate)
        {
            var now = _clock.GetElapsedTime(_start).Ticks;
            return Array.ConvertAll(_windows[bucket], window =>
            {
                window.HasRoom(now);
                return new BrevoWindowUse(window.Window, window.InWindow, window.MaxArrived);
            });
        }
    }

    public void Reset()
    {
        lock (_gate)
        {
            _windows = Build(_limits);
        }
    }

    private static Dictionary<BrevoBucket, SlidingWindow[]> Build(BrevoLimits limits) =>
        Enum.GetValues<BrevoBucket>().ToDictionary(
            bucket => bucket,
            bucket => limits.Of(bucket).Select(window => new SlidingWindow(window)).ToArray());

    // With two windows the headers speak of the one that binds first.
    private static RateLimitState? Describe(SlidingWindow[] windows, long now)
    {
        SlidingWindow? tightest = null;
        foreach (var window in windows)
        {
            window.HasRoom(now);
            if (tightest is null || window.Remaining < tightest.Remaining
                || (window.Remaining == 0 && tightest.Remaining == 0 && window.UntilFree(now) > tightest.UntilFree(now)))
            {
                tightest = window;
            }
        }

        return tightest is null
            ? null
            : new RateLimitState(
                tightest.Window.Limit, tightest.Remaining, (int)Math.Ceiling(tightest.UntilFree(now).TotalSeconds));
    }
}
