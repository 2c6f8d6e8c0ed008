namespace Sluice.Mixpanel.Client;

/// <summary>A call that asks to be let through.</summary>
/// <param name="Endpoint">The endpoint's path without ids, for logs and counters, for instance <c>/engage</c>.</param>
/// <param name="Budget">The limit that it counts against.</param>
public sealed record MixpanelCall(string Endpoint, MixpanelBudget Budget);

/// <summary>What became of a call.</summary>
/// <param name="Status">The status of the answer; null when none came.</param>
/// <param name="RetryAfter">How long Mixpanel asks to wait, where it says so; an hour at most.</param>
public sealed record MixpanelCallOutcome(int? Status, TimeSpan? RetryAfter);
