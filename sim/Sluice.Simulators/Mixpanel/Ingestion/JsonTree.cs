using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>Records as trees that can be changed: of a key that stands twice the last value counts.</summary>
internal static class JsonTree
{
    /// <summary>Builds a tree and notes the path of the first text that is not valid Unicode.</summary>
    public static JsonNode? Build(JsonElement element, string path, ref string? invalid)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var tree = new JsonObject();
                foreach (var property in element.EnumerateObject())
                {
                    var name = Text(() => property.Name);
                    if (name is null)
                    {
                        invalid ??= path;
                        continue;
                    }

                    tree[name] = Build(property.Value, path.Length == 0 ? name : $"{path}.{name}", ref invalid);
                }

                return tree;
            case JsonValueKind.Array:
                var list = new JsonArray();
                foreach (var item in element.EnumerateArray())
                {
                    list.Add(Build(item, path, ref invalid));
                }

                return list;
            case JsonValueKind.String:
                var text = Text(element.GetString);
                invalid = text is null ? invalid ?? path : invalid;
                return JsonValue.Create(text ?? "");
            case JsonValueKind.Number:
                return JsonValue.Create(element.Clone());
            case JsonValueKind.True:
                return JsonValue.Create(true);
            case JsonValueKind.False:
                return JsonValue.Create(false);
            default:
                return null;
        }
    }

    /// <summary>The text at the end of a path of names, without building the tree.</summary>
    public static string? TextAt(JsonElement? element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element is not { ValueKind: JsonValueKind.Object } inner)
            {
                return null;
            }

            element = null;
            foreach (var property in inner.EnumerateObject())
            {
                element = Text(() => property.Name) == name ? property.Value : element;
            }
        }

        return element is { ValueKind: JsonValueKind.String } text ? Text(text.GetString) : null;
    }

    public static int Bytes(JsonElement element) => JsonMarshal.GetRawUtf8Value(element).Length;

    public static int Bytes(JsonNode node) => JsonSerializer.SerializeToUtf8Bytes(node, MixpanelAnswer.Plain).Length;

    /// <summary>The text of a string; null for everything else.</summary>
    public static string? AsText(JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    /// <summary>An id, which is always taken as text, whatever it was sent as.</summary>
    public static string? AsId(JsonNode? node) => AsText(node) ?? node?.ToJsonString(MixpanelAnswer.Plain);

    public static double? AsNumber(JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.Number
        && double.TryParse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && double.IsFinite(number)
            ? number
            : null;

    /// <summary>True, or a text that says so: one official client sends flags as strings.</summary>
    public static bool IsTrue(JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.True || string.Equals(AsText(node), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>At most so many characters, or bytes of UTF-8; never half of a character.</summary>
    public static string Cut(string text, int limit, bool inBytes)
    {
        if (text.Length <= limit && (!inBytes || Encoding.UTF8.GetByteCount(text) <= limit))
        {
            return text;
        }

        var used = 0;
        var end = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            used += inBytes ? rune.Utf8SequenceLength : rune.Utf16SequenceLength;
            if (used > limit)
            {
                break;
            }

            end += rune.Utf16SequenceLength;
        }

        return text[..end];
    }

    private static string? Text(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            // Bytes that are no UTF-8, or half of a surrogate pair.
            return null;
        }
    }
}
