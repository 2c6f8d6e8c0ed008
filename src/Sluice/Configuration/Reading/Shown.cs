using System.Globalization;
using System.Text;

namespace Sluice.Configuration.Reading;

/// <summary>How text from the file appears in a message: quoted, printable, and cut before it could be a whole API key.</summary>
internal static class Shown
{
    private const int Longest = 60;
    private const int Kept = 16;

    public static string Quoted(string text)
    {
        var shown = new StringBuilder("'");
        foreach (var rune in (text.Length > Longest ? text[..Kept] : text).EnumerateRunes())
        {
            if (Rune.IsControl(rune) || rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            }
            else
            {
                shown.Append(rune.ToString());
            }
        }

        return shown.Append(text.Length > Longest ? "…'" : "'").ToString();
    }

    /// <summary>"a", "a or b", "a, b or c".</summary>
    public static string Choice(IReadOnlyList<string> words) =>
        words.Count < 2 ? string.Concat(words) : $"{string.Join(", ", words.Take(words.Count - 1))} or {words[^1]}";
}
