using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.Gdpr;

/// <summary><c>/api/app/data-deletions/v3.0</c>: bearer tokens only, and one call a second.</summary>
internal static class DeletionEndpoints
{
    private const int MaxIds = 1_999;
    private const string Deletion = "data deletion";
    private const string RequestingUser = "simulator@example.test";

    public static MixpanelAnswer Create(World world, IngestionRequest request)
    {
        var project = Project(world, request);
        JsonNode? body;
        try
        {
            body = JsonNode.Parse(request.Body);
        }
        catch (JsonException)
        {
            return Error(400, "the body is not JSON");
        }

        var ids = (body as JsonObject)?["distinct_ids"] as JsonArray;
        var compliance = (body as JsonObject)?["compliance_type"]?.ToString() ?? "GDPR";
        if (ids is null || ids.Count is 0 or > MaxIds || ids.Any(id => id is not JsonValue value || !value.TryGetValue<string>(out _)))
        {
            return Error(400, $"distinct_ids must be a list of 1 to {MaxIds} strings");
        }

        if (compliance.ToUpperInvariant() is not ("GDPR" or "CCPA"))
        {
            return Error(400, "compliance_type must be GDPR or CCPA");
        }

        var id = project.Deletions.Add([.. ids.Select(one => one!.GetValue<string>())], compliance.ToUpperInvariant(), world.Now);
        return Created(world, project, id, "Data", compliance, ids.Count) with { ProjectId = project.Settings.Id, Records = ids.Count, Accepted = ids.Count };
    }

    public static MixpanelAnswer Show(World world, IngestionRequest request, string id)
    {
        var project = Project(world, request);
        return project.Deletions.Find(id, world.Now) is not { } found
            ? Error(404, $"{Deletion} {id} was not found")
            : Ok(200, new JsonObject
            {
                ["tracking_id"] = found.TrackingId,
                ["status"] = found.Status,
                ["requesting_user"] = RequestingUser,
                ["compliance_type"] = found.ComplianceType,
                ["project_id"] = long.Parse(project.Settings.Id, CultureInfo.InvariantCulture),
                ["date_requested"] = Date(found.RequestedAt),
                ["distinct_ids"] = new JsonArray([.. found.DistinctIds.Select(one => JsonValue.Create(one))]),
            }) with { ProjectId = project.Settings.Id };
    }

    public static MixpanelAnswer Cancel(World world, IngestionRequest request, string id)
    {
        var project = Project(world, request);
        if (project.Deletions.Find(id, world.Now) is null)
        {
            return Error(404, $"{Deletion} {id} was not found");
        }

        return project.Deletions.TryCancel(id, world.Now)
            ? new MixpanelAnswer(204, ReadOnlyMemory<byte>.Empty, "application/json") { ProjectId = project.Settings.Id }
            : Error(405, $"{Deletion} {id} has started");
    }

    public static ProjectState Project(World world, IngestionRequest request)
    {
        var project = world.ByToken(request.Parameter("token"), request.Residency);
        if (project is null || Credentials.Bearer(request.Authorization) is not { } bearer || !world.Opens(bearer, project))
        {
            throw new MixpanelRefusal(Error(401, "Invalid credentials"));
        }

        return project.Deletions.TryCall(world.Now)
            ? project
            : throw new MixpanelRefusal(Error(429, MixpanelAnswer.RateLimitText) with { OverBudget = true, RetryAfterSeconds = 1 });
    }

    /// <summary>What is said of a job that was just made.</summary>
    public static MixpanelAnswer Created(World world, ProjectState project, string id, string disclosure, string compliance, int count) => Ok(201, !world.Options.Query.ListsNewJobs
        ? new JsonObject { ["task_id"] = id }
        : new JsonArray(new JsonObject
        {
            ["status"] = "PENDING",
            ["disclosure_type"] = disclosure.ToUpperInvariant(),
            ["date_requested"] = Date(world.Now),
            ["tracking_id"] = id,
            ["project_id"] = long.Parse(project.Settings.Id, CultureInfo.InvariantCulture),
            ["compliance_type"] = compliance.ToLowerInvariant(),
            ["destination_url"] = null,
            ["requesting_user"] = RequestingUser,
            ["distinct_id_count"] = count,
        }));

    private static string Date(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);

    private static MixpanelAnswer Ok(int status, JsonNode results) => MixpanelAnswer.Json(status, new JsonObject { ["status"] = "ok", ["results"] = results });

    private static MixpanelAnswer Error(int status, string error) => MixpanelAnswer.Json(status, new JsonObject { ["error"] = error, ["status"] = "error" });
}
