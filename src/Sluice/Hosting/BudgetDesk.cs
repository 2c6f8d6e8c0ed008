using Sluice.Configuration;
using Sluice.Core.Delivery;
using Sluice.Core.Management;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Hosting;

/// <summary>Reads what is left of a project's budgets, for the command and for the management API.</summary>
/// <param name="find">The project with what is connected now; null when the config has none of this id.</param>
internal sealed class BudgetDesk(Func<string, ProjectSettings?> find, IPermitBooks books, TimeProvider time) : IBudgetDesk
{
    // Ingestion is counted in parts of what a minute takes; a person thinks in what they send.
    private const long MegabytesAMinute = 2_000;

    private static readonly (MixpanelBudget Budget, string Name, TimeSpan Window)[] Families =
    [
        (MixpanelBudget.Query, "query", TimeSpan.FromHours(1)), (MixpanelBudget.Export, "export", TimeSpan.FromHours(1)),
        (MixpanelBudget.Ingestion, "ingestion", TimeSpan.FromMinutes(1)), (MixpanelBudget.Gdpr, "gdpr", TimeSpan.FromSeconds(1)),
        (MixpanelBudget.Schemas, "schemas", TimeSpan.FromMinutes(1)),
    ];

    public async Task<IReadOnlyList<BudgetStatus>> ListAsync(string project, CancellationToken cancellationToken)
    {
        // A block without any name of the Mixpanel project opens nothing there, so nothing can be spent of it.
        if (find(project)?.Mixpanel is not { } mixpanel || mixpanel is { ProjectId: null, ProjectToken: null, ProjectSecret: null })
        {
            return [];
        }

        var budgets = new MixpanelBudgets(books, MixpanelAccess.AccountsOf(mixpanel), time);
        var list = new List<BudgetStatus>(Families.Length);
        foreach (var (budget, name, window) in Families)
        {
            list.Add(Status(await budgets.ReadAsync(budget, cancellationToken), name, window));
        }

        return list;
    }

    private static BudgetStatus Status(MixpanelBudgetReading reading, string name, TimeSpan window) => reading.Budget == MixpanelBudget.Ingestion
        ? new BudgetStatus(
            name, BudgetUnit.Megabytes, window, MegabytesAMinute, MegabytesAMinute * reading.Left / reading.Limit, 0, null, reading.MoreAt, reading.HeldUntil)
        : new BudgetStatus(
            name, BudgetUnit.Calls, window, reading.Limit, reading.Left, reading.Reserved, reading.Running, reading.MoreAt, reading.HeldUntil);
}
