namespace Sluice.Core.Delivery.Limiter;

/// <summary>How full one window is, for people to look at.</summary>
/// <param name="Window">The window with the limit that holds now.</param>
/// <param name="PublishedLimit">The limit before the remote's own answers corrected it.</param>
/// <param name="InFlight">Calls without an answer so far.</param>
/// <param name="Answered">Calls that were answered and still occupy the window.</param>
/// <param name="Free">How many permits a caller without a reserve could take from this window now.</param>
public readonly record struct WindowUsage(BudgetWindow Window, int PublishedLimit, int InFlight, int Answered, int Free);
