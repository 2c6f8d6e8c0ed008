using Sluice.Core.Delivery.Limiter;

namespace Sluice.Destinations.Mixpanel;

/// <summary>What bounds only what is passed on: a project takes 100 lookup tables in any 24 hours. How much may be sent is the project's budget of ingestion.</summary>
internal static class ForwardBudgets
{
    public const string Lookups = "lookups";

    private static readonly IReadOnlyList<BudgetWindow> Tables = [new BudgetWindow(100, TimeSpan.FromHours(24))];

    public static IReadOnlyList<BudgetWindow>? Windows(string bucket) => bucket == Lookups ? Tables : null;
}
