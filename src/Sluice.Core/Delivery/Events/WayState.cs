namespace Sluice.Core.Delivery.Events;

/// <summary>How many calls of a way are under way, and whether it rests.</summary>
internal sealed class WayState
{
    public int InFlight { get; set; }

    public int Failures { get; set; }

    public DateTimeOffset RestsUntil { get; private set; }

    /// <summary>A budget says when it is free again; a line that fails is tried less and less often.</summary>
    public void Rest(Decision decision, DateTimeOffset now, TimeSpan longest)
    {
        var length = decision.After;
        if (decision.Reason is not ("budget" or "rate_limited"))
        {
            var failing = TimeSpan.FromSeconds(Math.Min(longest.TotalSeconds, 1 << Math.Min(Failures, 10)));
            length = length > failing ? length : failing;
            Failures++;
        }

        var until = now + length;
        RestsUntil = until > RestsUntil ? until : RestsUntil;
    }
}
