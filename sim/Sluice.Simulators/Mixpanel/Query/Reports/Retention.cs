using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.Query.Reports;

/// <summary>
/// Retention by the plain definition: who did the first event in a bucket, and in which intervals after it they did the other one again.
/// </summary>
internal static class Retention
{
    private const long MsPerDay = 86_400_000;

    public static MixpanelAnswer Handle(QueryCall call)
    {
        var (from, to) = call.Days();
        var compounded = call.OneOf("retention_type", "birth", "birth", "compounded") == "compounded";
        var born = compounded ? call.Text("event") : call.Required("born_event");
        var bornWhere = compounded ? call.Expression("where") : call.Expression("born_where");
        var returning = call.Text("event") is { Length: > 0 } name ? name : null;
        var where = call.Expression("where");
        var unit = call.OneOf("unit", "day", "day", "week", "month");
        var buckets = Buckets.Read(call, from, to, "day", "week", "month");
        var length = unit switch { "week" => 7, "month" => 30, _ => call.Number("interval", 1, 90) ?? 1 } * MsPerDay;
        var intervals = (call.Number("interval_count", 1, 400) ?? 1) + 1;
        if (call.Text("on") is { Length: > 0 })
        {
            throw call.Bad("the simulator does not know the shape of retention with on");
        }

        var people = EventReader.All(call.Project, call.Project.Zone.StartOf(from), call.World.Now.ToUnixTimeMilliseconds() + 1)
            .GroupBy(found => found.DistinctId, StringComparer.Ordinal);
        var cohorts = buckets.All.ToDictionary(bucket => bucket, _ => new int[intervals + 1], StringComparer.Ordinal);
        foreach (var events in people.Where(person => person.Key.Length > 0).Select(person => person.ToArray()))
        {
            var births = Enumerable.Range(0, events.Length)
                .Where(at => events[at].TimeMs < call.Project.Zone.StartOf(to.AddDays(1)) && (born is null or "" || events[at].Name == born)
                    && bornWhere?.Keeps(events[at].Scope) != false)
                .DistinctBy(at => compounded ? buckets.Of(events[at].TimeMs) : "");
            foreach (var birth in births)
            {
                Count(cohorts[buckets.Of(events[birth].TimeMs)], events, birth);
            }
        }

        return QueryAnswer.Json(new JsonObject(cohorts.Select(cohort => KeyValuePair.Create(cohort.Key, (JsonNode?)new JsonObject
        {
            ["first"] = cohort.Value[0], ["counts"] = new JsonArray([.. cohort.Value[1..].Select(count => JsonValue.Create(count))]),
        }))));

        void Count(int[] cohort, ReportEvent[] events, int birth)
        {
            cohort[0]++;
            var active = events[(birth + 1)..]
                .Where(found => (returning is null || found.Name == returning) && where?.Keeps(found.Scope) != false)
                .Select(found => (found.TimeMs - events[birth].TimeMs) / length)
                .Where(interval => interval < intervals)
                .ToHashSet();
            for (var interval = 0; interval < intervals; interval++)
            {
                var isActive = call.Flag("unbounded_retention") == true ? active.Any(later => later >= interval) : active.Contains(interval);
                cohort[interval + 1] += isActive ? 1 : 0;
            }
        }
    }
}
