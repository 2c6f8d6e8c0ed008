using Sluice.Core.Delivery.Limiter;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel.Budgets;

/// <summary>What a limit bounds, and so who leaves a part of it to whom.</summary>
internal enum MixpanelLimitKind
{
    /// <summary>Calls in an hour: scarce, so that jobs leave a part to people, and a part can be kept for a job.</summary>
    Hourly,

    /// <summary>Calls in a second or a minute: whoever waits a moment has it again.</summary>
    Burst,

    /// <summary>Calls that run at the same time.</summary>
    AtOnce,
}

/// <summary>One published limit of a budget.</summary>
/// <param name="Share">How many of it jobs leave to people.</param>
internal sealed record MixpanelLimit(MixpanelLimitKind Kind, BudgetWindow Window, int Share)
{
    // A window as short as this holds hardly more than the calls without an answer: what occupies it are those that run.
    private static readonly TimeSpan Instant = BudgetWindow.MinLength;

    private static readonly Dictionary<MixpanelBudget, IReadOnlyList<MixpanelLimit>> Published = new()
    {
        [MixpanelBudget.Query] =
        [
            new(MixpanelLimitKind.Hourly, new BudgetWindow(60, TimeSpan.FromHours(1)), Share: 10), new(MixpanelLimitKind.AtOnce, new BudgetWindow(5, Instant), Share: 2),
        ],
        [MixpanelBudget.Export] =
        [
            new(MixpanelLimitKind.Hourly, new BudgetWindow(60, TimeSpan.FromHours(1)), Share: 10), new(MixpanelLimitKind.Burst, new BudgetWindow(3, TimeSpan.FromSeconds(1)), Share: 0),
            new(MixpanelLimitKind.AtOnce, new BudgetWindow(100, Instant), Share: 10),
        ],
        [MixpanelBudget.Gdpr] = [new(MixpanelLimitKind.Burst, new BudgetWindow(1, TimeSpan.FromSeconds(1)), Share: 0)],
        [MixpanelBudget.Schemas] = [new(MixpanelLimitKind.Burst, new BudgetWindow(5, TimeSpan.FromMinutes(1)), Share: 0)],
    };

    /// <summary>The limits of a budget, all of which hold at once; none where Mixpanel publishes none, and for ingestion, whose calls are counted in units.</summary>
    public static IReadOnlyList<MixpanelLimit> Of(MixpanelBudget budget) => Published.GetValueOrDefault(budget, []);
}
