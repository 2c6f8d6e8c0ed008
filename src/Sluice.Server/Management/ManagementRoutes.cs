using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sluice.Core.Projects;

namespace Sluice.Server.Management;

/// <summary>Marks what belongs to the management API.</summary>
/// <param name="Repeatable">Whether the call may carry an idempotency key.</param>
internal sealed record ManagementMark(bool Repeatable);

/// <summary>The routes of the management API, one file an area.</summary>
internal static class ManagementRoutes
{
    public const string Prefix = "/api/v1";
    public const string RepeatKeyHeader = "Idempotency-Key";

    private static readonly object ProjectItem = new();

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Prefix).WithMetadata(new ManagementMark(Repeatable: false)).Refuses(401, 403, 503);
        ProjectRoutes.Map(group);
        ConnectorRoutes.Map(group);
        SyncRoutes.Map(group);
        UserGroupRoutes.Map(group);
        ProfileRoutes.Map(group);
        RunRoutes.Map(group);
        DeadLetterRoutes.Map(group);
        SuppressionRoutes.Map(group);
        MappingRoutes.Map(group);
        StatisticsRoutes.Map(group);
        BudgetRoutes.Map(group);
    }

    /// <summary>The project that the caller's keys open.</summary>
    /// <exception cref="InvalidOperationException">The gate was not passed.</exception>
    public static Project Project(this HttpContext context) => context.Items[ProjectItem] as Project
        ?? throw new InvalidOperationException("A handler of the management API was reached without credentials.");

    public static void SetProject(HttpContext context, Project project) => context.Items[ProjectItem] = project;

    /// <summary>Says what an operation does: its name in SDKs, a line, and the rest.</summary>
    public static RouteHandlerBuilder Is(this RouteHandlerBuilder route, string tag, string name, string summary, string description) =>
        route.WithName(name).WithTags(tag).WithSummary(summary).WithDescription(description);

    /// <summary>Says with which errors it may answer.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder route, params int[] statuses)
        where TBuilder : IEndpointConventionBuilder
    {
        foreach (var status in statuses)
        {
            route.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ApiProblem), [Refused.ContentType]));
        }

        return route;
    }

    /// <summary>It takes a body, which may be too large, of another type, or wrong.</summary>
    public static RouteHandlerBuilder TakesBody(this RouteHandlerBuilder route) => route.Refuses(400, 413, 415);

    /// <summary>It starts work: a call that is sent again under its key is answered as the first one was.</summary>
    public static RouteHandlerBuilder StartsWork(this RouteHandlerBuilder route) =>
        route.WithMetadata(new ManagementMark(Repeatable: true)).Refuses(409, 422);
}
