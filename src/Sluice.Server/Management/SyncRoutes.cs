using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Sluice.Core.Delivery;
using Sluice.Core.Management;

namespace Sluice.Server.Management;

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CohortSyncRequest(
    [property: Description("Brevo's id of the list, at least 1.")] long TargetList,
    [property: Description("What may be done to the list. mirror: it holds the cohort's people, of those whom Sluice put there; exclusive: them and nobody else; add: nobody is removed; remove: they are taken off the list; update: attributes only. Default: mirror.")] ListMode SyncMode = ListMode.Mirror,
    [property: Description("How long to wait for the end, in seconds, 1 to 600. Default: 120.")] int WaitSeconds = CohortSyncRequest.DefaultWait)
{
    internal const int DefaultWait = 120;
    internal const int LongestWait = 600;
}

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CohortPreviewRequest(
    [property: Description("Brevo's id of the list, at least 1.")] long TargetList,
    [property: Description("What may be done to the list; as in a sync. Default: mirror.")] ListMode SyncMode = ListMode.Mirror);

public sealed record CohortSyncView(
    [property: Description("The cohort's name.")] string CohortName,
    [property: Description("People in the cohort.")] long MembersCount,
    [property: Description("People of the cohort who are in the list in Brevo.")] long SyncedToBrevo,
    [property: Description("Brevo's id of the list.")] long ListId,
    [property: Description("`done`; `held` when removals wait for a person; `running` when it took longer than the call waited: it goes on.")] string State,
    [property: Description("Removals that the safety stop holds.")] long RemovalsHeld);

public sealed record ReasonView(
    [property: Description("A stable code.")] string Reason,
    [property: Description("How many people it is about.")] long Count);

public sealed record CallShapeView(
    [property: Description("`single`: a call a person; `list`: people who are known go to and from the list by the call-full; `import`: additions in files.")] string Shape,
    [property: Description("Calls it would take; null when that cannot be known without Brevo.")] long? Calls,
    [property: Description("Whether the engine would take this way.")] bool Taken);

public sealed record CohortPreviewView(
    [property: Description("The cohort's name.")] string CohortName,
    [property: Description("People in the cohort.")] long MembersCount,
    [property: Description("Brevo's id of the list.")] long ListId,
    [property: Description("The list's name; null when Brevo was not asked.")] string? ListName,
    [property: Description("Who judged people: `brevo`, or `offline` by addresses and numbers alone when Brevo could not be asked.")] string Mapping,
    [property: Description("People who would be put into the list.")] long Additions,
    [property: Description("People in the list whose attributes would be sent.")] long Updates,
    [property: Description("People who would be taken off the list.")] long Removals,
    [property: Description("Of the removals, those that follow a suppression.")] long SuppressedRemovals,
    [property: Description("Whether the safety stop would hold the removals.")] bool RemovalsHeld,
    [property: Description("People for whom there is nothing to do.")] long Unchanged,
    [property: Description("People who wait for an import that is under way.")] long Waiting,
    [property: Description("People whom the list wants and does not get, by reason.")] IReadOnlyList<ReasonView> Skipped,
    [property: Description("Brevo attributes that would be created first.")] IReadOnlyList<string> AttributesToCreate,
    [property: Description("Whether the list's own members have still to be read: they do not count here.")] bool MembersUnread,
    [property: Description("The ways it could be done, with their cost in calls.")] IReadOnlyList<CallShapeView> Shapes);

/// <summary>Bringing lists in step because somebody asks.</summary>
internal static class SyncRoutes
{
    private const string Tag = "Connectors";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/connectors/mixpanel/cohorts/{cohortId}/sync", SyncAsync)
            .Produces<CohortSyncView>(StatusCodes.Status202Accepted).TakesBody().Refuses(404, 409, 502).StartsWork().Is(
                Tag, "syncCohort", "Sync a cohort to a list",
                "Fetches the cohort from Mixpanel where its credentials are connected, brings the Brevo list in step with it, and waits for the end. 200: it has ended; 202: it goes on. Refused for a list that the config file keeps in step otherwise.");
        routes.MapPost("/connectors/mixpanel/cohorts/{cohortId}/preview", PreviewAsync).TakesBody().Refuses(404, 409, 502).Is(
            Tag, "previewCohortSync", "Preview a sync", "Says what a sync would do, with its cost in calls, and does nothing: the dry run.");
    }

    private static async Task<Results<Ok<CohortSyncView>, Accepted<CohortSyncView>, Refused>> SyncAsync(
        HttpContext context, [Description("Mixpanel's id of the cohort.")] string cohortId, CohortSyncRequest request, ManagementServices services,
        CancellationToken cancellationToken)
    {
        if (Problem(cohortId, request.TargetList) is { } problem)
        {
            return problem;
        }

        if (request.WaitSeconds is < 1 or > CohortSyncRequest.LongestWait)
        {
            return Refused.Invalid("waitSeconds", $"is not a number from 1 to {CohortSyncRequest.LongestWait}");
        }

        try
        {
            var wish = new ListSyncRequest(context.Project().Id, cohortId, request.TargetList, request.SyncMode);
            var result = await services.Syncs.SyncAsync(wish, TimeSpan.FromSeconds(request.WaitSeconds), cancellationToken);
            var view = new CohortSyncView(result.CohortName, result.Members, result.InList, request.TargetList, result.State, result.Held);
            return result.State == "running" ? TypedResults.Accepted((string?)null, view) : TypedResults.Ok(view);
        }
        catch (ListSyncException e)
        {
            return Refusal(e);
        }
    }

    private static async Task<Results<Ok<CohortPreviewView>, Refused>> PreviewAsync(
        HttpContext context, [Description("Mixpanel's id of the cohort.")] string cohortId, CohortPreviewRequest request, ManagementServices services,
        CancellationToken cancellationToken)
    {
        if (Problem(cohortId, request.TargetList) is { } problem)
        {
            return problem;
        }

        try
        {
            var preview = await services.Syncs.PreviewAsync(
                new ListSyncRequest(context.Project().Id, cohortId, request.TargetList, request.SyncMode), cancellationToken);
            var count = preview.Count;
            return TypedResults.Ok(new CohortPreviewView(
                preview.CohortName, preview.Members, request.TargetList, preview.ListName, preview.Mapping, count.Additions, count.Updates, count.Removals,
                count.SuppressedRemovals, count.RemovalsHeld, count.Unchanged, count.Waiting, [.. count.Skipped.Select(s => new ReasonView(s.Key, s.Value))],
                preview.AttributesToCreate, preview.Unread, [.. count.Shapes.Select(s => new CallShapeView(s.Name, s.Calls, s.Taken))]));
        }
        catch (ListSyncException e)
        {
            return Refusal(e);
        }
    }

    private static Refused? Problem(string cohortId, long list)
    {
        if (cohortId.Length > 64)
        {
            return Refused.NotFound("No cohort has an id this long.");
        }

        return list < 1 ? Refused.Invalid("targetList", string.Create(CultureInfo.InvariantCulture, $"is {list}, and no list's id")) : null;
    }

    private static Refused Refusal(ListSyncException exception) => exception.Problem switch
    {
        ListSyncProblem.UnknownCohort or ListSyncProblem.UnknownList => Refused.NotFound(exception.Message),
        ListSyncProblem.Declared => Refused.Conflict("declared-in-config", exception.Message, "targetList"),
        ListSyncProblem.Taken => Refused.Conflict("taken", exception.Message, "targetList"),
        ListSyncProblem.NotDelivering => Refused.Conflict("not-connected", exception.Message),
        ListSyncProblem.Busy => Refused.Conflict("busy", exception.Message),
        _ => new Refused(StatusCodes.Status502BadGateway, "not-reachable", "The other side could not be asked.", exception.Message),
    };
}
