using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.App;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.Gdpr;

/// <summary><c>/api/app/data-retrievals/v3.0</c>: everything that is known of some people, as a file that is ready after a while.</summary>
internal static class RetrievalEndpoints
{
    private const int MaxIds = 2_000;

    public static MixpanelAnswer Create(World world, IngestionRequest request)
    {
        var project = DeletionEndpoints.Project(world, request);
        JsonObject? body;
        try
        {
            body = JsonNode.Parse(request.Body) as JsonObject;
        }
        catch (JsonException)
        {
            return AppAnswer.Error(400, "the body is not JSON");
        }

        var compliance = JsonTree.AsText(body?["compliance_type"])?.ToUpperInvariant() ?? "GDPR";
        if (body?["distinct_ids"] is not JsonArray { Count: > 0 and <= MaxIds } ids || ids.Any(id => JsonTree.AsText(id) is null))
        {
            return AppAnswer.Error(400, $"distinct_ids must be a list of 1 to {MaxIds} strings");
        }

        if (compliance is not ("GDPR" or "CCPA"))
        {
            return AppAnswer.Error(400, "compliance_type must be GDPR or CCPA");
        }

        if (body["disclosure_type"] is { } disclosure && (compliance != "CCPA" || JsonTree.AsText(disclosure) is not ("Data" or "Categories" or "Sources")))
        {
            return AppAnswer.Error(400, "disclosure_type is Data, Categories or Sources, and for CCPA only");
        }

        var id = project.Retrievals.Add([.. ids.Select(one => JsonTree.AsText(one)!)], compliance, world.Now);
        return DeletionEndpoints.Created(world, project, id, JsonTree.AsText(body["disclosure_type"]) ?? "Data", compliance, ids.Count) with { ProjectId = project.Settings.Id, Records = ids.Count, Accepted = ids.Count };
    }

    public static MixpanelAnswer Show(World world, IngestionRequest request, string id)
    {
        var project = DeletionEndpoints.Project(world, request);
        if (project.Retrievals.Find(id, world.Now) is not { } found)
        {
            return AppAnswer.Error(404, $"data retrieval {id} was not found");
        }

        // One published sample has the link under one key, the schema under the other.
        var link = found.Status == "SUCCESS" ? new Uri(request.Address!, $"/api/app/data-retrievals/v3.0/{id}/file").AbsoluteUri : "";
        return AppAnswer.Ok(new JsonObject
        {
            ["status"] = found.Status,
            ["result"] = link,
            ["results"] = link,
            ["distinct_ids"] = new JsonArray([.. found.DistinctIds.Select(one => JsonValue.Create(one))]),
        }) with { ProjectId = project.Settings.Id };
    }

    /// <summary>The file behind a link; whoever has the link has the file, as with a signed address.</summary>
    public static MixpanelAnswer Download(World world, IngestionRequest request, string id)
    {
        foreach (var project in world.Projects.Where(project => project.Settings.Residency == request.Residency))
        {
            if (project.Retrievals.Find(id, world.Now) is { Status: "SUCCESS" } found)
            {
                return MixpanelAnswer.Text(Lines(project, found.DistinctIds), "application/x-ndjson") with { ProjectId = project.Settings.Id };
            }
        }

        return AppAnswer.Error(404, "Not found");
    }

    private static string Lines(ProjectState project, IReadOnlyList<string> distinctIds)
    {
        var ids = distinctIds.Select(project.Identity.Canonical).ToHashSet(StringComparer.Ordinal);
        var lines = new StringBuilder();
        foreach (var id in ids.Where(project.Profiles.All.ContainsKey))
        {
            lines.Append(Line(new JsonObject { ["$distinct_id"] = id, ["$properties"] = project.Profiles.Find(id)!.DeepClone() }));
        }

        foreach (var view in project.Events.Views.Where(view => ids.Contains(project.Identity.Canonical(view.DistinctId))))
        {
            lines.Append(Line(new JsonObject { ["event"] = view.Name, ["properties"] = JsonNode.Parse(view.PropertiesJson) }));
        }

        return lines.ToString();

        static string Line(JsonObject record) => record.ToJsonString(MixpanelAnswer.Plain) + "\n";
    }
}
