namespace Sluice.Mixpanel.Client;

/// <summary>A call that asks to be let through.</summary>
/// <param name="Endpoint">The endpoint's path without ids, for logs and counters, for instance <c>/engage</c>.</param>
/// <param name="Budget">The limit that it counts against.</param>
public sealed record MixpanelCall(string Endpoint, MixpanelBudget Budget)
{
    /// <summary>What is sent of records or files, before compression; null where that is not known beforehand.</summary>
    public long? Bytes { get; init; }

    /// <summary>How many records are sent.</summary>
    public int Records { get; init; }

    /// <summary>How long a call that sends records or files may take at most, from the gate on.</summary>
    public TimeSpan Length { get; init; }
}

/// <summary>What became of a call.</summary>
/// <param name="Status">The status of the answer; null when none came.</param>
/// <param name="RetryAfter">How long Mixpanel asks to wait, where it says so; an hour at most.</param>
public sealed record MixpanelCallOutcome(int? Status, TimeSpan? RetryAfter)
{
    /// <summary>No answer came, and nobody waits for it any more; but the call may be with Mixpanel, which then goes on working at it.</summary>
    public bool MayStillRun { get; init; }
}
