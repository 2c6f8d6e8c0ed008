using System.ComponentModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Sluice.Core.Delivery;

namespace Sluice.Server.Management;

public sealed record RunView(
    [property: Description("Names the run.")] string Id,
    [property: Description("Where it wrote to.")] string Destination,
    [property: Description("Brevo's id of the list; null when it was about several, or none.")] long? ListId,
    [property: Description("`walk` over a whole list, `change` of a few people, `events` or `companies` sent, `forward` to Mixpanel, `pull` with the name of what was fetched from there, `sync` that somebody asked for.")] string Kind,
    [property: Description("`running`, `done`, `held` or `failed`.")] string State,
    [property: Description("When it began.")] DateTimeOffset StartedAt,
    [property: Description("When it ended; null while it runs.")] DateTimeOffset? EndedAt,
    [property: Description("What was done, as numbers of people, records or calls by name.")] IReadOnlyDictionary<string, long> Counts,
    [property: Description("What a person should know; null when nothing.")] string? Note);

public sealed record RunPage(
    [property: Description("Runs, newest first.")] IReadOnlyList<RunView> Items,
    [property: Description("Asks for the next page; null on the last one.")] string? NextCursor);

/// <summary>What was sent, and what became of it.</summary>
internal static class RunRoutes
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/runs", ListAsync).Refuses(400).Is(
        "Runs", "listRuns", "List the runs", "Executions of syncs with their counts and their durations, newest first; they are kept for a while.");

    private static async Task<Results<Ok<RunPage>, Refused>> ListAsync(
        HttpContext context, [AsParameters] PageRequest page, ManagementServices services, CancellationToken cancellationToken)
    {
        if (page.Problem is { } problem)
        {
            return problem;
        }

        if (!page.TryRead(out var after))
        {
            return PageRequest.BadCursor;
        }

        var (items, next) = PageOf.Cut(
            page, await services.Records.RunsAsync(context.Project().Id, after, page.Reads, cancellationToken), View,
            r => PageRequest.CursorOf(PageRequest.TextOf(r.StartedAt), r.Id));
        return TypedResults.Ok(new RunPage(items, next));
    }

    private static RunView View(Run run) => new(run.Id, run.Destination, run.List, run.Kind, run.State, run.StartedAt, run.EndedAt, run.Counts, run.Note);
}
