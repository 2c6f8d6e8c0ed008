using System.Globalization;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query.Expressions;
using Sluice.Simulators.Mixpanel.Query.Reports;

namespace Sluice.Simulators.Mixpanel.Query;

/// <summary>How often people did what a profile query's <c>behaviors</c> describe: <c>behaviors["name"]</c> in its <c>where</c>.</summary>
internal sealed class BehaviorCounts
{
    private readonly Dictionary<string, Dictionary<string, int>> _counts = new(StringComparer.Ordinal);

    private BehaviorCounts()
    {
    }

    public static BehaviorCounts Read(QueryCall call)
    {
        var counts = new BehaviorCounts();
        if (call.Json("behaviors") is not { } behaviors)
        {
            return counts;
        }

        var asOf = call.Text("as_of_timestamp") is { Length: > 0 } text
            ? long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 1e11
                ? seconds * 1_000
                : throw call.Bad("Invalid value for as_of_timestamp")
            : call.World.Now.ToUnixTimeMilliseconds();
        foreach (var behavior in behaviors as JsonArray ?? throw call.Bad("behaviors must be a JSON array"))
        {
            counts.Add(call, behavior as JsonObject ?? throw call.Bad("a behavior must be an object"), asOf);
        }

        return counts;
    }

    public ExpressionValue Count(string distinctId, string name) => _counts.TryGetValue(name, out var people)
        ? ExpressionValue.Of(people.GetValueOrDefault(distinctId))
        : throw new ExpressionException($"unknown behavior {name}");

    private void Add(QueryCall call, JsonObject behavior, long asOf)
    {
        var window = JsonTree.AsText(behavior["window"]) ?? "";
        if (!window.EndsWith('d') || !int.TryParse(window[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var days)
            || JsonTree.AsText(behavior["name"]) is not { Length: > 0 } name || behavior["event_selectors"] is not JsonArray selectors)
        {
            throw call.Bad("a behavior has a window like 30d, a name and event_selectors");
        }

        var tests = selectors.Select(selector => (
            Event: JsonTree.AsText(selector?["event"]),
            Where: JsonTree.AsText(selector?["selector"]) is { Length: > 0 } text ? Expression.Parse(text) : null)).ToArray();
        var people = _counts[name] = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var found in EventReader.All(call.Project, asOf - (days * 86_400_000L), asOf + 1))
        {
            if (tests.Any(test => (test.Event is null || test.Event == found.Name) && test.Where?.Keeps(found.Scope) != false))
            {
                people[found.DistinctId] = people.GetValueOrDefault(found.DistinctId) + 1;
            }
        }
    }
}
