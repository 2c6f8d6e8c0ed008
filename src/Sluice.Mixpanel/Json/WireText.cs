using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Sluice.Mixpanel.Json;

/// <summary>Texts of an envelope: few and short, so they become strings at once.</summary>
internal static class WireText
{
    private const char Replacement = '\uFFFD';

    /// <summary>Decodes what stands between the quotes of a JSON string.</summary>
    /// <param name="raw">The bytes, known to hold no broken escape.</param>
    /// <param name="maxCharacters">Where decoding stops.</param>
    /// <param name="isCut">Whether there was more than that.</param>
    /// <param name="isWellFormed">Whether nothing had to be replaced by U+FFFD.</param>
    public static string Decode(ReadOnlySpan<byte> raw, int maxCharacters, out bool isCut, out bool isWellFormed)
    {
        var text = new StringBuilder();
        isWellFormed = true;
        while (!raw.IsEmpty && text.Length <= maxCharacters)
        {
            if (raw[0] == '\\')
            {
                text.Append(Unescape(raw, out var length));
                raw = raw[length..];
                continue;
            }

            var run = raw.IndexOf((byte)'\\');
            run = run < 0 ? raw.Length : run;

            // A character takes at most four bytes, so this many bytes are more than can still be needed.
            var taken = raw[..Math.Min(run, 4 * (maxCharacters - text.Length + 2))];
            isWellFormed &= taken.Length < run || Utf8.IsValid(taken);
            text.Append(Encoding.UTF8.GetString(taken));
            raw = raw[taken.Length..];
        }

        isCut = text.Length > maxCharacters;
        if (isCut)
        {
            text.Length = char.IsHighSurrogate(text[maxCharacters - 1]) ? maxCharacters - 1 : maxCharacters;
        }

        var decoded = text.ToString();
        var wellFormed = MakeWellFormed(decoded);
        isWellFormed &= ReferenceEquals(decoded, wellFormed);
        return wellFormed;
    }

    /// <summary>Replaces NUL characters and halves of surrogate pairs; returns the same string when there are none.</summary>
    public static string MakeWellFormed(string text)
    {
        char[]? mended = null;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\0' && !char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                i++;
                continue;
            }

            mended ??= text.ToCharArray();
            mended[i] = Replacement;
        }

        return mended is null ? text : new string(mended);
    }

    private static char Unescape(ReadOnlySpan<byte> raw, out int length)
    {
        length = 2;
        switch ((char)raw[1])
        {
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u':
                length = 6;
                return (char)ushort.Parse(raw.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            default:
                return (char)raw[1];
        }
    }
}
