using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.Query.Reports;

/// <summary>What some people did, whichever of their ids is asked for.</summary>
internal static class ActivityStream
{
    public static MixpanelAnswer Handle(QueryCall call)
    {
        var (from, to) = call.Days();
        call.Required("distinct_ids");
        var people = call.Texts("distinct_ids")!.Select(call.Project.Identity.Canonical).ToHashSet(StringComparer.Ordinal);
        var events = EventReader.Days(call.Project, from, to).Where(found => people.Contains(found.DistinctId)).ToArray();
        return QueryAnswer.Json(new JsonObject
        {
            ["status"] = "ok",
            ["results"] = new JsonObject { ["events"] = new JsonArray([.. events.Select(Describe)]) },
        });
    }

    // The two rows of the published sample spell the id in two ways, and so do these.
    private static JsonObject Describe(ReportEvent found, int index)
    {
        var properties = (JsonObject)found.Properties.DeepClone();
        properties.Remove("distinct_id");
        properties["time"] = found.TimeMs / 1_000;
        properties[index % 2 == 0 ? "$distinct_id" : "distinct_id"] = found.DistinctId;
        return new JsonObject { ["event"] = found.Name, ["properties"] = properties };
    }
}
