using System.ComponentModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Sluice.Core.Management;

namespace Sluice.Server.Management;

public sealed record BudgetView(
    [property: Description("`query`; `export` of raw events; `ingestion` of events, profiles and lookup tables; `gdpr`, retrievals and deletions of personal data; `schemas`.")] string Name,
    [property: Description("In what it is counted: `calls`, or `megabytes` of 1,000,000 bytes.")] BudgetUnit Unit,
    [property: Description("The time that the limit is for, in seconds: 3600, 60 or 1.")] int WindowSeconds,
    [property: Description("What Mixpanel allows in any such time, in units.")] long Limit,
    [property: Description("What a person can still spend, in units. A place among the calls that may run at once is another matter.")] long Left,
    [property: Description("What is kept for scheduled jobs beside that, in units.")] int Reserved,
    [property: Description("Calls without an answer; null for `ingestion`, which is not counted by calls.")] int? Running,
    [property: Description("When more comes; null while nothing is spent.")] DateTimeOffset? MoreAt,
    [property: Description("Until when Mixpanel itself refuses calls; null when it does not.")] DateTimeOffset? HeldUntil);

public sealed record BudgetList([property: Description("All budgets; empty while no Mixpanel project is connected.")] IReadOnlyList<BudgetView> Items);

/// <summary>What Mixpanel still lets the project do.</summary>
internal static class BudgetRoutes
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/budgets", ListAsync).Is(
        "Budgets", "listBudgets", "List the budgets",
        "What is left of the budgets that Mixpanel gives the project, and when more comes. All nodes share them, and so does whoever else calls for the same Mixpanel project by this Sluice. Mixpanel is not asked.");

    private static async Task<Ok<BudgetList>> ListAsync(HttpContext context, ManagementServices services, CancellationToken cancellationToken) =>
        TypedResults.Ok(new BudgetList([.. (await services.Budgets.ListAsync(context.Project().Id, cancellationToken)).Select(View)]));

    private static BudgetView View(BudgetStatus budget) => new(
        budget.Name, budget.Unit, (int)budget.Window.TotalSeconds, budget.Limit, budget.Left, budget.Reserved, budget.Running, budget.MoreAt, budget.HeldUntil);
}
