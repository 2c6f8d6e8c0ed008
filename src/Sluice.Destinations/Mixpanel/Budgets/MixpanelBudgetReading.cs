using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel.Budgets;

/// <summary>What is left of a budget.</summary>
/// <param name="Limit">
/// Calls an hour, or in the budget's own window; of ingestion, parts of a minute's 2 GB and 1.8 million events. 0 where there is no limit.
/// </param>
/// <param name="Left">How many of them a person can still make; a place among those that run at once is another matter.</param>
/// <param name="Reserved">How many more are kept for jobs.</param>
/// <param name="Running">Calls without an answer.</param>
/// <param name="MoreAt">When one more comes; null when the window is empty.</param>
/// <param name="HeldUntil">Until when Mixpanel itself refuses calls; null when it does not.</param>
public sealed record MixpanelBudgetReading(MixpanelBudget Budget, int Limit, int Left, int Reserved, int Running, DateTimeOffset? MoreAt, DateTimeOffset? HeldUntil)
{
    /// <summary>What holds where a call needs all of them: the least of what is left.</summary>
    internal static MixpanelBudgetReading Together(IReadOnlyList<MixpanelBudgetReading> readings) => readings.MinBy(r => r.Left)! with
    {
        Reserved = readings.Max(r => r.Reserved), Running = readings.Max(r => r.Running), HeldUntil = readings.Max(r => r.HeldUntil),
    };
}
