namespace Sluice.Core.Delivery.Limiter;

/// <content>What the remote's own numbers change.</content>
public sealed partial class PermitBook
{
    // A published limit comes in tiers; the largest is six times the smallest. Beyond these factors a reading speaks of another kind of
    // window.
    private const double LargestRise = 6;
    private const double LargestFall = 4;

    private void Observe(in BudgetReading reading, in InFlightPermit entry, long now)
    {
        // Resets are told in whole seconds, rounded either way.
        var hold = new RemoteHold(
            now + Micros.Ceiling(reading.Reset) + Micros.PerSecond,
            (int)Math.Clamp((long)reading.Remaining - _inFlightCalls, 0, int.MaxValue));
        var index = Match(reading);
        if (index < 0)
        {
            _unlistedHold = _unlistedHold.Tightened(hold);
            return;
        }

        var window = _windows[index];
        if (window.Limit != reading.Limit)
        {
            window.Limit = reading.Limit;
            window.Hold = default;
        }

        // Whenever the remote counted this call, its window held no call of ours but those that occupied ours before the grant or were
        // granted since.
        var ours = entry.UsedBefore[index] + (_granted - entry.Number);
        if ((long)reading.Limit - reading.Remaining > ours)
        {
            window.Hold = window.Hold.Tightened(hold);
        }
    }

    private int Match(in BudgetReading reading)
    {
        var best = -1;
        var bestDistance = double.MaxValue;
        for (var i = 0; i < _windows.Count; i++)
        {
            var factor = (double)reading.Limit / _windows[i].PublishedLimit;
            var distance = Math.Abs(Math.Log(factor));
            var fits = factor is <= LargestRise and >= 1 / LargestFall && Micros.Ceiling(reading.Reset) <= _windows[i].Length + Micros.PerSecond;
            if (fits && distance < bestDistance)
            {
                (best, bestDistance) = (i, distance);
            }
        }

        return best;
    }
}
