using System.Globalization;
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
            || (Values(text) ?? AllPieces(text)).Distinct(StringComparer.Ordinal).Any(v => Is(tombstones, project, v))
            || (FromBase64(text) is { } bytes && AllPieces(bytes).Distinct(StringComparer.Ordinal).Any(v => Is(tombstones, project, v)));
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

    /// <summary>The pieces of a text as it stands, and as it reads without its escapes.</summary>
    private static IEnumerable<string> AllPieces(string text) => text.Contains('\\', StringComparison.Ordinal)
        ? [.. Pieces(text), .. Pieces(WithoutEscapes(text)), .. JsonText().Matches(text).Select(m => WithoutEscapes(m.Groups[1].Value))]
        : Pieces(text);

    /// <summary>Decodes what JSON would read as an escape, wherever it stands; what would be none stays.</summary>
    private static string WithoutEscapes(string text) => Escape().Replace(text, static match => match.ValueSpan[1] switch
    {
        'u' => ((char)ushort.Parse(match.ValueSpan[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToString(),
        'b' => "\b",
        'f' => "\f",
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        var self => self.ToString(),
    });

    /// <summary>What stands between quotes, and what stands between blanks and signs.</summary>
    private static IEnumerable<string> Pieces(string text) =>
        Quoted().Matches(text).Select(m => m.Groups[1].Value).Concat(text.Split([' ', '\t', '\r', '\n', '"', '\'', ',', ';', '=', '&', '{', '}', '[', ']', '(', ')', '<', '>'],
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static string? FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return text.Length % 4 == 0 && Convert.TryFromBase64String(text, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }

    [GeneratedRegex("""\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])""")]
    private static partial Regex Escape();

    // A quote behind a backslash begins nothing: so a text without an end is looked through once.
    [GeneratedRegex("""
        (?<!\\)"((?>(?:[^"\\]|\\.)*))"
        """, RegexOptions.Singleline)]
    private static partial Regex JsonText();

    [GeneratedRegex("\"([^\"]*)\"")]
    private static partial Regex Quoted();
}
