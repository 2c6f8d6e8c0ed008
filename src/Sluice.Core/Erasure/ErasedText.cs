using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sluice.Core.Erasure;

/// <summary>Looks for erased people in what was refused, which can be of any shape: whole JSON, the beginning of it, or bytes as base64.</summary>
public static partial class ErasedText
{
    public static bool Mentions(TombstoneSet tombstones, string project, string text)
    {
        if (tombstones.IsEmpty || text.Length == 0)
        {
            return false;
        }

        return tombstones.HasText(project, text)
            || (Values(text) ?? Pieces(text)).Distinct(StringComparer.Ordinal).Any(v => Is(tombstones, project, v))
            || (FromBase64(text) is { } bytes && Pieces(bytes).Distinct(StringComparer.Ordinal).Any(v => Is(tombstones, project, v)));
    }

    private static bool Is(TombstoneSet tombstones, string project, string value) =>
        tombstones.HasText(project, value) || tombstones.HasId(project, "$device:" + value);

    /// <summary>Every name, text and number of a JSON value; null when it is none.</summary>
    private static List<string>? Values(string text)
    {
        var values = new List<string>();
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                {
                    values.Add(reader.GetString()!);
                }
                else if (reader.TokenType == JsonTokenType.Number)
                {
                    values.Add(Encoding.UTF8.GetString(reader.ValueSpan));
                }
            }

            return values;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>What stands between quotes, and what stands between blanks and signs.</summary>
    private static IEnumerable<string> Pieces(string text) =>
        Quoted().Matches(text).Select(m => m.Groups[1].Value).Concat(text.Split([' ', '\t', '\r', '\n', '"', '\'', ',', ';', '=', '&', '{', '}', '[', ']', '(', ')', '<', '>'],
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static string? FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return text.Length % 4 == 0 && Convert.TryFromBase64String(text, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }

    [GeneratedRegex("\"([^\"]*)\"")]
    private static partial Regex Quoted();
}
