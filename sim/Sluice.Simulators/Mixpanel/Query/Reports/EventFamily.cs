using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query.Expressions;

namespace Sluice.Simulators.Mixpanel.Query.Reports;

/// <summary>The endpoints below <c>/events</c>: what events there are, and what properties they have.</summary>
internal static class EventFamily
{
    private const int MostNames = 5_000;

    private static readonly string[] Types = ["general", "unique", "average"];
    private static readonly string[] Units = ["minute", "hour", "day", "week", "month"];

    public static MixpanelAnswer Counts(QueryCall call)
    {
        call.Required("event");
        var names = call.Texts("event")!;
        var (tally, events) = Start(call);
        foreach (var name in names)
        {
            tally.Ensure(name);
        }

        foreach (var found in events.Where(found => names.Contains(found.Name)))
        {
            tally.Add(found.Name, found);
        }

        return tally.Answer(call, int.MaxValue);
    }

    public static MixpanelAnswer Properties(QueryCall call)
    {
        var name = call.Required("event");
        var property = call.Required("name");
        var values = call.Texts("values");
        var (tally, events) = Start(call);
        foreach (var found in events.Where(found => found.Name == name && found.Properties.ContainsKey(property)))
        {
            var label = ExpressionValue.Of(found.Properties, property).Label;
            if (values?.Contains(label) != false)
            {
                tally.Add(label, found);
            }
        }

        return tally.Answer(call, call.Number("limit", 1, 10_000) ?? 255);
    }

    public static MixpanelAnswer Top(QueryCall call)
    {
        var type = call.OneOf("type", "general", Types);
        var today = CountsOf(call, call.Today, type);
        var yesterday = CountsOf(call, call.Today.AddDays(-1), type);
        return QueryAnswer.Json(new JsonObject
        {
            ["type"] = type,
            ["events"] = new JsonArray([.. today.OrderByDescending(entry => entry.Value).Take(call.Number("limit", 1, MostNames) ?? 100).Select(entry => new JsonObject
            {
                ["event"] = entry.Key,
                ["amount"] = entry.Value,
                ["percent_change"] = yesterday.GetValueOrDefault(entry.Key) is > 0 and var before ? (double)(entry.Value - before) / before : 0,
            })]),
        });
    }

    public static MixpanelAnswer Names(QueryCall call)
    {
        var (from, to) = call.Days(call.Today.AddDays(-30), call.Today);
        var limit = Math.Min(call.Number("limit", 1, int.MaxValue) ?? 255, MostNames);
        return QueryAnswer.Json(new JsonArray([.. EventReader.Days(call.Project, from, to)
            .GroupBy(found => found.Name, StringComparer.Ordinal).OrderByDescending(group => group.Count()).Take(limit)
            .Select(group => JsonValue.Create(group.Key))]));
    }

    public static MixpanelAnswer TopProperties(QueryCall call) => QueryAnswer.Json(new JsonObject(
        Recent(call).SelectMany(found => found.Properties.Select(property => property.Key))
            .GroupBy(name => name, StringComparer.Ordinal).OrderByDescending(group => group.Count()).Take(call.Number("limit", 1, 10_000) ?? 10)
            .Select(group => KeyValuePair.Create(group.Key, (JsonNode?)new JsonObject { ["count"] = group.Count() }))));

    public static MixpanelAnswer Values(QueryCall call)
    {
        var property = call.Required("name");
        return QueryAnswer.Json(new JsonArray([.. Recent(call).Where(found => found.Properties.ContainsKey(property))
            .GroupBy(found => ExpressionValue.Of(found.Properties, property).Label, StringComparer.Ordinal).OrderByDescending(group => group.Count())
            .Take(call.Number("limit", 1, 10_000) ?? 255)
            .Select(group => JsonValue.Create(group.Key))]));
    }

    // Either the last so many units, today's included, or the days that are named.
    private static (Tally Tally, IEnumerable<ReportEvent> Events) Start(QueryCall call)
    {
        var type = call.OneOf("type", "general", Types);
        var unit = call.OneOf("unit", call.Text("unit") is null ? throw call.Bad("Missing required parameter: unit") : "", Units);
        if (unit == "hour" && type == "unique")
        {
            throw call.Bad("hourly uniques are not available");
        }

        var interval = call.Number("interval", 1, 10_000);
        if (interval is not null && call.Text("from_date") is not null)
        {
            throw call.Bad("interval and from_date exclude each other");
        }

        var back = interval - 1;
        var (from, to) = interval is null ? call.Days() : (unit switch
        {
            "week" => call.Today.AddDays(-7 * back!.Value),
            "month" => call.Today.AddMonths(-back!.Value),
            "hour" => call.Today.AddDays(-(back!.Value / 24)),
            "minute" => call.Today.AddDays(-(back!.Value / 1_440)),
            _ => call.Today.AddDays(-back!.Value),
        }, call.Today);
        return (new Tally(Buckets.Of(call, unit, from, to), type), EventReader.Days(call.Project, from, to));
    }

    private static Dictionary<string, int> CountsOf(QueryCall call, DateOnly day, string type) => EventReader.Days(call.Project, day, day)
        .GroupBy(found => found.Name, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => type == "unique" ? group.DistinctBy(found => found.DistinctId).Count() : group.Count(), StringComparer.Ordinal);

    private static IEnumerable<ReportEvent> Recent(QueryCall call)
    {
        var name = call.Required("event");
        return EventReader.Days(call.Project, call.Today.AddDays(-30), call.Today).Where(found => found.Name == name);
    }
}
