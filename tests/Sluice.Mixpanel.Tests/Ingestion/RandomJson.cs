using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Mixpanel.Tests.Ingestion;

/// <summary>Valid JSON made at random, always the same for one seed.</summary>
internal sealed class RandomJson(Random random)
{
    private static readonly string[] Texts =
        ["", "a", "plan", "Zoë", "😀", "한국어", "\"", "\\", "\n", "\u0001", "$device:d", "a b", "<script>", "\u2028", "x\ty", "null"];

    public string Text() => Texts[random.Next(Texts.Length)] + Texts[random.Next(Texts.Length)];

    public JsonObject Properties(int maxCount)
    {
        var properties = new JsonObject();
        for (var count = random.Next(maxCount); count > 0; count--)
        {
            properties["p" + Text()] = Value(3);
        }

        return properties;
    }

    /// <summary>The same JSON in one of several ways to write it.</summary>
    public string Write(JsonNode node) => node.ToJsonString(new JsonSerializerOptions
    {
        Encoder = random.Next(2) == 0 ? JavaScriptEncoder.Default : JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = random.Next(2) == 0,
    });

    private JsonNode? Value(int depth) => random.Next(depth > 0 ? 8 : 6) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => random.Next(-1000, 1000),
        3 => random.NextDouble() * 1e6,
        4 or 5 => Text(),
        6 => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Value(depth - 1))]),
        _ => new JsonObject(Enumerable.Range(0, random.Next(4)).ToDictionary(i => i + Text(), _ => Value(depth - 1))),
    };
}
