using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.Query.Reports;

/// <summary>Counts events by series and bucket: all of them, people, or events a person.</summary>
internal sealed class Tally(Buckets buckets, string type)
{
    private readonly SortedDictionary<string, Dictionary<string, Cell>> _series = new(StringComparer.Ordinal);

    public void Add(string series, ReportEvent found)
    {
        if (!_series.TryGetValue(series, out var cells))
        {
            _series[series] = cells = new Dictionary<string, Cell>(StringComparer.Ordinal);
        }

        var bucket = buckets.Of(found.TimeMs);
        if (!cells.TryGetValue(bucket, out var cell))
        {
            cells[bucket] = cell = new Cell();
        }

        cell.Count++;
        cell.People.Add(found.DistinctId);
    }

    /// <summary>A series that is there even when nothing was counted in it.</summary>
    public void Ensure(string series) => _series.TryAdd(series, new Dictionary<string, Cell>(StringComparer.Ordinal));

    /// <summary>The answer of segmentation and its relatives, with the largest series when there are too many.</summary>
    public JsonObject Answer(int limit)
    {
        var kept = _series.OrderByDescending(series => series.Value.Sum(cell => cell.Value.Count)).Take(limit).ToArray();
        return new JsonObject
        {
            ["legend_size"] = kept.Length,
            ["data"] = new JsonObject
            {
                ["series"] = new JsonArray([.. buckets.All.Select(name => JsonValue.Create(name))]),
                ["values"] = new JsonObject(kept.Select(series => KeyValuePair.Create(series.Key, (JsonNode?)Values(series.Value)))),
            },
        };
    }

    /// <summary>The same in the format that the call asks for.</summary>
    public MixpanelAnswer Answer(QueryCall call, int limit) =>
        call.OneOf("format", "json", "json", "csv") == "csv" ? Csv(Answer(limit)) : QueryAnswer.Json(Answer(limit));

    // The columns are published for no endpoint.
    private static MixpanelAnswer Csv(JsonObject answer)
    {
        var data = answer["data"]!;
        var names = ((JsonObject)data["values"]!).Select(series => series.Key).ToArray();
        var lines = data["series"]!.AsArray().Select(bucket => string.Join(',', [
            $"{bucket}", .. names.Select(name => data["values"]![name]![$"{bucket}"]!.ToJsonString())]));
        return MixpanelAnswer.Text(string.Join('\n', [$"date,{string.Join(',', names.Select(Quoted))}", .. lines]) + "\n", "text/csv");

        static string Quoted(string name) => name.AsSpan().ContainsAny(",\"\n") ? $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : name;
    }

    private JsonObject Values(Dictionary<string, Cell> cells) =>
        new(buckets.All.Select(name => KeyValuePair.Create(name, (JsonNode?)(cells.TryGetValue(name, out var cell) ? Number(cell) : JsonValue.Create(0)))));

    private JsonValue Number(Cell cell) => type switch
    {
        "unique" => JsonValue.Create(cell.People.Count),
        "average" => JsonValue.Create((double)cell.Count / cell.People.Count),
        _ => JsonValue.Create(cell.Count),
    };

    private sealed class Cell
    {
        public int Count { get; set; }

        public HashSet<string> People { get; } = new(StringComparer.Ordinal);
    }
}
