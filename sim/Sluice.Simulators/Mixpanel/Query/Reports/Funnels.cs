using System.Globalization;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.Query.Reports;

/// <summary>Saved funnels: who did the steps in their order, within the window after the first.</summary>
internal static class Funnels
{
    private const long MsPerDay = 86_400_000;

    public static MixpanelAnswer List(QueryCall call) => QueryAnswer.Json(new JsonArray([.. call.Project.Funnels.Values.Select(funnel => new JsonObject
    {
        ["funnel_id"] = funnel.Id, ["name"] = funnel.Name,
    })]));

    public static MixpanelAnswer Handle(QueryCall call)
    {
        var text = call.Required("funnel_id");
        var funnel = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? call.Project.Funnels.GetValueOrDefault(id) : null;
        funnel = funnel ?? throw call.Bad($"There is no funnel {text}");
        var (from, to) = call.Days();
        var on = call.Expression("on");
        var where = call.Expression("where");
        var limit = call.Number("limit", 1, 10_000) ?? 255;
        var window = Window(call, funnel);
        var buckets = Buckets.Read(call, from, to, "day", "week", "month");
        var entries = new List<(string Bucket, string Segment, long[] Times)>();
        var (start, end) = (call.Project.Zone.StartOf(from), call.Project.Zone.StartOf(to.AddDays(1)));
        var events = EventReader.All(call.Project, start, end + window).Where(found => found.DistinctId.Length > 0 && where?.Keeps(found.Scope) != false);
        foreach (var person in events.GroupBy(found => found.DistinctId, StringComparer.Ordinal).Select(group => group.ToArray()))
        {
            // A person enters once a bucket, with the first of its first steps.
            var entering = Enumerable.Range(0, person.Length)
                .Where(at => person[at].Name == funnel.Steps[0] && person[at].TimeMs < end)
                .DistinctBy(at => buckets.Of(person[at].TimeMs));
            foreach (var at in entering)
            {
                entries.Add((buckets.Of(person[at].TimeMs), on is null ? "" : on.Evaluate(person[at].Scope).Label, Walk(person, at, funnel, window)));
            }
        }

        var byBucket = entries.ToLookup(entry => entry.Bucket);
        return QueryAnswer.Json(new JsonObject
        {
            ["meta"] = new JsonObject { ["dates"] = new JsonArray([.. buckets.All.Select(bucket => JsonValue.Create(bucket))]) },
            ["data"] = new JsonObject(buckets.All.Select(bucket => KeyValuePair.Create(bucket, (JsonNode?)(on is null
                ? Whole(funnel, [.. byBucket[bucket].Select(entry => entry.Times)])
                : Segments(funnel, byBucket[bucket], limit))))),
        });
    }

    private static long Window(QueryCall call, MixpanelFunnel funnel)
    {
        if (call.Number("length", 1, int.MaxValue) is not { } length)
        {
            return (long)funnel.Window.TotalMilliseconds;
        }

        var unit = call.OneOf("length_unit", "day", "second", "minute", "hour", "day") switch
        {
            "second" => 1_000L,
            "minute" => 60_000L,
            "hour" => 3_600_000L,
            _ => MsPerDay,
        };
        return length * unit <= 90 * MsPerDay ? length * unit : throw call.Bad("length must not exceed 90 days");
    }

    // When each step was reached, as far as the person came.
    private static long[] Walk(ReportEvent[] person, int first, MixpanelFunnel funnel, long window)
    {
        List<long> times = [person[first].TimeMs];
        for (var at = first + 1; at < person.Length && times.Count < funnel.Steps.Count && person[at].TimeMs - times[0] <= window; at++)
        {
            if (person[at].Name == funnel.Steps[times.Count])
            {
                times.Add(person[at].TimeMs);
            }
        }

        return [.. times];
    }

    private static JsonObject Whole(MixpanelFunnel funnel, IReadOnlyList<long[]> walks)
    {
        var counts = funnel.Steps.Select((_, step) => walks.Count(times => times.Length > step)).ToArray();
        var worst = Enumerable.Range(1, Math.Max(0, counts.Length - 1)).DefaultIfEmpty(0).MinBy(step => step == 0 ? 1 : Ratio(counts[step], counts[step - 1]));
        return new JsonObject
        {
            ["steps"] = Steps(funnel, walks),
            ["analysis"] = new JsonObject
            {
                ["completion"] = counts[^1], ["starting_amount"] = counts[0], ["steps"] = counts.Length, ["worst"] = worst,
            },
        };
    }

    private static JsonObject Segments(MixpanelFunnel funnel, IEnumerable<(string Bucket, string Segment, long[] Times)> entries, int limit)
    {
        var all = entries.ToArray();
        var answer = new JsonObject { ["$overall"] = Steps(funnel, [.. all.Select(entry => entry.Times)]) };
        foreach (var segment in all.GroupBy(entry => entry.Segment, StringComparer.Ordinal).OrderByDescending(group => group.Count()).Take(limit))
        {
            answer[segment.Key] = Steps(funnel, [.. segment.Select(entry => entry.Times)]);
        }

        return answer;
    }

    private static JsonArray Steps(MixpanelFunnel funnel, IReadOnlyList<long[]> walks) => new([.. funnel.Steps.Select((name, step) =>
    {
        var reached = walks.Where(times => times.Length > step).ToArray();
        return new JsonObject
        {
            ["count"] = reached.Length,
            ["goal"] = name,
            ["event"] = name,
            ["step_conv_ratio"] = step == 0 ? 1 : Ratio(reached.Length, walks.Count(times => times.Length >= step)),
            ["overall_conv_ratio"] = step == 0 ? 1 : Ratio(reached.Length, walks.Count),
            ["avg_time"] = step == 0 || reached.Length == 0 ? null : reached.Average(times => times[step] - times[step - 1]) / 1_000,
            ["avg_time_from_start"] = step == 0 || reached.Length == 0 ? null : reached.Average(times => times[step] - times[0]) / 1_000,
        };
    })]);

    private static double Ratio(int part, int whole) => whole == 0 ? 0 : (double)part / whole;
}
