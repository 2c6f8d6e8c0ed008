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
        var on = call.Expression("on");
        var limit = call.Number("limit", 1, 10_000);
        if (on is null && limit is not null)
        {
            throw call.Bad("limit needs on");
        }

        var people = EventReader.All(call.Project, call.Project.Zone.StartOf(from), call.World.Now.ToUnixTimeMilliseconds() + 1)
            .GroupBy(found => found.DistinctId, StringComparer.Ordinal);
        var cohorts = new Dictionary<(string Bucket, string Segment), int[]>();
        foreach (var events in people.Where(person => person.Key.Length > 0).Select(person => person.ToArray()))
        {
            var births = Enumerable.Range(0, events.Length)
                .Where(at => events[at].TimeMs < call.Project.Zone.StartOf(to.AddDays(1)) && (born is null or "" || events[at].Name == born)
                    && bornWhere?.Keeps(events[at].Scope) != false)
                .DistinctBy(at => compounded ? buckets.Of(events[at].TimeMs) : "");
            foreach (var birth in births)
            {
                // Whose segment it is, the first event says.
                var key = (buckets.Of(events[birth].TimeMs), on is null ? "" : on.Evaluate(events[birth].Scope).Label);
                if (!cohorts.TryGetValue(key, out var cohort))
                {
                    cohorts[key] = cohort = new int[intervals + 1];
                }

                Count(cohort, events, birth);
            }
        }

        // The shape with segments is published nowhere: this is that of funnels, by day and then by segment. Nothing may depend on it.
        var segments = cohorts.GroupBy(cohort => cohort.Key.Segment, StringComparer.Ordinal)
            .OrderByDescending(segment => segment.Sum(cohort => cohort.Value[0])).ThenBy(segment => segment.Key, StringComparer.Ordinal)
            .Take(limit ?? int.MaxValue).Select(segment => segment.Key).ToArray();
        return QueryAnswer.Json(new JsonObject(buckets.All.Select(bucket => KeyValuePair.Create(bucket, (JsonNode?)(on is null
            ? Row(cohorts.GetValueOrDefault((bucket, "")) ?? new int[intervals + 1])
            : new JsonObject(segments.Where(segment => cohorts.ContainsKey((bucket, segment)))
                .Select(segment => KeyValuePair.Create(segment, (JsonNode?)Row(cohorts[(bucket, segment)])))))))));

        static JsonObject Row(int[] cohort) => new()
        {
            ["first"] = cohort[0], ["counts"] = new JsonArray([.. cohort[1..].Select(count => JsonValue.Create(count))]),
        };

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
