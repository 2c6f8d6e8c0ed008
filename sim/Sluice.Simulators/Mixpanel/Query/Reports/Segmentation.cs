using System.Globalization;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query.Expressions;

namespace Sluice.Simulators.Mixpanel.Query.Reports;

/// <summary>Segmentation: one event by day, and what its properties add up to.</summary>
internal static class Segmentation
{
    private const int MostRanges = 10;

    private static readonly string[] Types = ["general", "unique", "average"];

    public static MixpanelAnswer Counts(QueryCall call)
    {
        var (from, to) = call.Days();
        var name = call.Required("event");
        var on = call.Expression("on");
        var buckets = Buckets.Read(call, from, to, "minute", "hour", "day", "month");
        var tally = new Tally(buckets, call.OneOf("type", "general", Types));
        var limit = on is null && call.Text("limit") is { Length: > 0 } ? throw call.Bad("limit needs on") : call.Number("limit", 1, 10_000) ?? 60;
        if (on is null)
        {
            tally.Ensure(name);
        }

        foreach (var found in Events(call, name, from, to))
        {
            tally.Add(on is null ? name : on.Evaluate(found.Scope).Label, found);
        }

        return tally.Answer(call, limit);
    }

    public static MixpanelAnswer Numeric(QueryCall call)
    {
        var (from, to) = call.Days();
        var name = call.Required("event");
        var numbers = Numbers(call, name, from, to);
        var tally = new Tally(Buckets.Of(call, call.OneOf("unit", "day", "hour", "day"), from, to), call.OneOf("type", "general", Types));
        if (numbers.Count > 0)
        {
            var (least, width) = Ranges(numbers.Min(entry => entry.Number), numbers.Max(entry => entry.Number));
            foreach (var (found, number) in numbers)
            {
                var low = least + (Math.Floor((number - least) / width) * width);
                tally.Add(string.Create(CultureInfo.InvariantCulture, $"{low:#,0.###} - {low + width:#,0.###}"), found);
            }
        }

        return QueryAnswer.Json(tally.Answer(int.MaxValue));
    }

    public static MixpanelAnswer Sum(QueryCall call)
    {
        var answer = ByBucket(call, numbers => numbers.Sum(), withEmpty: true);
        answer["computed_at"] = call.World.Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture);
        return QueryAnswer.Json(answer);
    }

    // A day without a number has no average: it is missing, as it may be at Mixpanel.
    public static MixpanelAnswer Average(QueryCall call) => QueryAnswer.Json(ByBucket(call, numbers => numbers.Average(), withEmpty: false));

    /// <summary>The events of a name that the <c>where</c> keeps.</summary>
    public static IEnumerable<ReportEvent> Events(QueryCall call, string? name, DateOnly from, DateOnly to)
    {
        var where = call.Expression("where");
        return EventReader.Days(call.Project, from, to)
            .Where(found => (name is null || found.Name == name) && where?.Keeps(found.Scope) != false);
    }

    private static JsonObject ByBucket(QueryCall call, Func<IEnumerable<double>, double> value, bool withEmpty)
    {
        var (from, to) = call.Days();
        var buckets = Buckets.Of(call, call.OneOf("unit", "day", "hour", "day"), from, to);
        var sums = Numbers(call, call.Required("event"), from, to)
            .GroupBy(entry => buckets.Of(entry.Found.TimeMs), entry => entry.Number).ToDictionary(group => group.Key, group => value(group));
        return new JsonObject
        {
            ["status"] = "ok",
            ["results"] = new JsonObject(buckets.All.Where(name => withEmpty || sums.ContainsKey(name))
                .Select(name => KeyValuePair.Create(name, (JsonNode?)JsonValue.Create(sums.GetValueOrDefault(name))))),
        };
    }

    private static List<(ReportEvent Found, double Number)> Numbers(QueryCall call, string name, DateOnly from, DateOnly to)
    {
        _ = call.Required("on");
        var on = call.Expression("on")!;
        return [.. Events(call, name, from, to)
            .Select(found => (found, on.Evaluate(found.Scope)))
            .Where(entry => entry.Item2.Type == ExpressionType.Number)
            .Select(entry => (entry.found, entry.Item2.Number))];
    }

    // Ranges of a round width, so few that they can be read.
    private static (double Least, double Width) Ranges(double least, double most)
    {
        var width = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(most - least, 1e-9))));
        while ((most - least) / width >= MostRanges)
        {
            width *= 2;
        }

        return (Math.Floor(least / width) * width, width);
    }
}
