using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.Query.Reports;

/// <summary>How often people come: how many were active in at least so many hours of a day, or days of a week.</summary>
internal static class Addiction
{
    public static MixpanelAnswer Handle(QueryCall call)
    {
        var (from, to) = call.Days();
        call.Required("unit");
        call.Required("addiction_unit");
        if (call.Text("on") is { Length: > 0 })
        {
            throw call.Bad("the simulator does not know the shape of addiction with on");
        }

        var unit = call.OneOf("unit", "", "day", "week", "month");
        var small = call.OneOf("addiction_unit", "", "hour", "day");
        var length = (unit, small) switch { ("day", "day") => 1, ("day", _) => 24, ("week", "day") => 7, ("week", _) => 168, (_, "day") => 31, _ => 744 };
        var buckets = Buckets.Of(call, unit, from, to);
        var parts = Buckets.Of(call, small, from, to);
        var active = Segmentation.Events(call, call.Text("event") is { Length: > 0 } name ? name : null, from, to)
            .Where(found => found.DistinctId.Length > 0)
            .GroupBy(found => (Bucket: buckets.Of(found.TimeMs), found.DistinctId))
            .Select(group => (group.Key.Bucket, Units: group.Select(found => parts.Of(found.TimeMs)).Distinct(StringComparer.Ordinal).Count()))
            .ToLookup(entry => entry.Bucket, entry => entry.Units);
        return QueryAnswer.Json(new JsonObject
        {
            ["data"] = new JsonObject(buckets.All.Select(bucket => KeyValuePair.Create(bucket, (JsonNode?)new JsonArray(
                [.. Enumerable.Range(1, length).Select(least => JsonValue.Create(active[bucket].Count(units => units >= least)))])))),
        });
    }
}
