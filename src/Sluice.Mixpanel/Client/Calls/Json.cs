using System.Globalization;
using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>Reads answers leniently: what is absent or of another kind is null, and what is unknown does not matter.</summary>
internal static class Json
{
    private static readonly JsonElement NoMembers = JsonElement.Parse("{}"u8);

    /// <summary>The whole answer.</summary>
    /// <exception cref="MixpanelException">It is no JSON, or says that the query failed.</exception>
    public static JsonElement Root(MixpanelAnswer answer)
    {
        JsonElement root;
        try
        {
            var body = answer.Body.Span;
            root = JsonElement.Parse(body.StartsWith("\uFEFF"u8) ? body[3..] : body, new JsonDocumentOptions { MaxDepth = 256 });
        }
        catch (JsonException e)
        {
            // The exception itself may quote the body; the position cannot.
            throw MixpanelFailures.Unreadable(answer.Status, $"it is no JSON at line {e.LineNumber}, byte {e.BytePositionInLine}.");
        }

        return MixpanelFailures.InSuccess(answer.Status, root) is { } failure ? throw failure : root;
    }

    public static JsonElement? Member(this JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? value : null;

    public static JsonElement Members(this JsonElement of, string name) => of.Member(name) is { ValueKind: JsonValueKind.Object } value ? value : NoMembers;

    public static IEnumerable<JsonElement> Items(this JsonElement? of) => of is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>A text, or a number as it was written: ids come as both.</summary>
    public static string? Text(this JsonElement of, string name) => of.Member(name)?.Text();

    public static string? Text(this JsonElement value)
    {
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number => value.GetRawText(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }

    /// <summary>A whole number, also where it came as text.</summary>
    public static long? Long(this JsonElement of, string name) => of.Member(name) switch
    {
        { ValueKind: JsonValueKind.Number } value => value.TryGetInt64(out var number) ? number : value.TryGetDouble(out var real) && Math.Abs(real) < 9e15 ? (long)real : null,
        { ValueKind: JsonValueKind.String } value => long.TryParse(value.Text(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
        _ => null,
    };

    public static double? Double(this JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number : null;

    public static double? Double(this JsonElement of, string name) => of.Member(name)?.Double();

    /// <summary>A flag; Mixpanel writes some of them as 0 and 1.</summary>
    public static bool? Flag(this JsonElement of, string name) => of.Member(name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.Number } value => value.TryGetInt64(out var number) ? number != 0 : null,
        _ => null,
    };

    /// <summary>The members whose value can be read, in their order; of two with one name the last.</summary>
    public static Dictionary<string, T> Map<T>(this JsonElement of, Func<JsonElement, T?> read)
        where T : class
    {
        var map = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var member in Members(of))
        {
            if (read(member.Value) is { } value)
            {
                map[member.Name] = value;
            }
        }

        return map;
    }

    public static Dictionary<string, double> Numbers(this JsonElement of)
    {
        var map = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var member in Members(of))
        {
            if (member.Value.Double() is { } value)
            {
                map[member.Name] = value;
            }
        }

        return map;
    }

    public static IReadOnlyList<string> Texts(this JsonElement? of) => [.. of.Items().Select(i => i.Text()).OfType<string>()];

    private static JsonElement.ObjectEnumerator Members(JsonElement of) => (of.ValueKind == JsonValueKind.Object ? of : NoMembers).EnumerateObject();
}
