using System.Text.RegularExpressions;

namespace Sluice.Brevo;

/// <summary>Takes people's data and keys out of texts that Brevo wrote, before they are kept in an exception.</summary>
internal static partial class Redaction
{
    // A text of a hostile or broken server must not make the patterns expensive.
    private const int LongestInput = 4096;

    public static string? Clean(string? text, int maxLength)
    {
        if (text is null)
        {
            return null;
        }

        var clean = text.Length > LongestInput ? text[..LongestInput] : text;
        clean = Key().Replace(clean, "***");
        clean = Email().Replace(clean, "(e-mail)");
        clean = LongNumber().Replace(clean, "(number)");
        clean = Control().Replace(clean, " ");
        if (clean.Length > maxLength)
        {
            clean = clean[..(char.IsHighSurrogate(clean[maxLength - 2]) ? maxLength - 2 : maxLength - 1)] + "…";
        }

        return clean;
    }

    [GeneratedRegex(@"x(?:key|smtp)sib-[0-9A-Za-z_-]*", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Key();

    // Wide on purpose: anything around an @, also percent-encoded.
    [GeneratedRegex(@"[^\s""'<>,;:()\[\]{}]*(?:@|%40)[^\s""'<>,;()\[\]{}]*", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex Email();

    // Phone numbers, with the usual separators. IP addresses stay readable: their parts have at most three digits.
    [GeneratedRegex(@"\+?[0-9](?:[ -]?[0-9]){7,}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex LongNumber();

    [GeneratedRegex(@"[\p{Cc}\u2028\u2029]+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Control();
}
