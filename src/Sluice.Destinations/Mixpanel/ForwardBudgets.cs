using Sluice.Core.Delivery.Limiter;

namespace Sluice.Destinations.Mixpanel;

/// <summary>
/// The budgets of what is passed on to Mixpanel, as calls: a project may send 2 GB and about 1.8 million events in any minute, and a call of ours is never larger
/// than 2 MiB and 2,000 records.
/// </summary>
internal static class ForwardBudgets
{
    public const string Ingestion = "ingestion";
    public const string Lookups = "lookups";

    private static readonly Dictionary<string, IReadOnlyList<BudgetWindow>> Published = new(StringComparer.Ordinal)
    {
        [Ingestion] = [new BudgetWindow(900, TimeSpan.FromMinutes(1))],
        [Lookups] = [new BudgetWindow(100, TimeSpan.FromHours(24))],
    };

    public static IReadOnlyList<BudgetWindow>? Windows(string bucket) => Published.GetValueOrDefault(bucket);
}
