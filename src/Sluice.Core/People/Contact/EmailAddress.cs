using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Sluice.Core.People.Contact;

/// <summary>
/// The one form in which an e-mail address is stored, compared and sent: trimmed, in lower case, the domain in ASCII. List calls of
/// marketing systems compare addresses letter by letter with what they stored in lower case.
/// </summary>
/// <remarks>
/// Accepted is what mailbox providers hand out: a local part of letters, digits, single dots and <c>!#$%&amp;'*+/=?^_`{|}~-</c>, and a
/// domain name of at least two labels. Quoted local parts, comments, display names and numeric addresses are refused although the mail
/// standard knows them. A domain with letters outside ASCII becomes its <c>xn--</c> form, so that both ways of writing it are one address;
/// letters written as a base and a separate accent, and letters of double width, are refused there, because their <c>xn--</c> form would
/// name another domain.
/// </remarks>
public static class EmailAddress
{
    private const int MaxLocalLength = 64;
    private const int MaxLength = 254;
    private const int MaxLabelLength = 63;
    private const char FirstCombiningAccent = '\u0300';
    private const char LastCombiningAccent = '\u036F';
    private const char FirstWideForm = '\uFF00';
    private const char LastWideForm = '\uFFEF';

    private static readonly SearchValues<char> LocalCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.!#$%&'*+/=?^_`{|}~-");
    private static readonly SearchValues<char> LabelCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private static readonly IdnMapping Idn = new();

    /// <summary>Brings an address into its one form.</summary>
    /// <param name="raw">The address as it came.</param>
    /// <param name="normalised">The one form; empty when there is none.</param>
    /// <param name="reason">Null on success, else one of <see cref="ContactReason"/>.</param>
    /// <returns>Whether the value is an address.</returns>
    public static bool TryNormalise(string? raw, out string normalised, [NotNullWhen(false)] out string? reason)
    {
        normalised = "";
        var text = raw.AsSpan().Trim();
        if (text.IsEmpty)
        {
            reason = ContactReason.Missing;
            return false;
        }

        var at = text.IndexOf('@');
        if (at <= 0 || at == text.Length - 1 || text[(at + 1)..].Contains('@'))
        {
            reason = ContactReason.Malformed;
            return false;
        }

        // No accepted domain shrinks to an eighth of its length in ASCII; longer input is not looked at.
        if (at > MaxLocalLength || text.Length > MaxLength * 8)
        {
            reason = ContactReason.TooLong;
            return false;
        }

        var local = text[..at].ToString().ToLowerInvariant();
        reason = CheckLocal(local) ?? NormaliseDomain(text[(at + 1)..], out var domain) ?? Join(local, domain, out normalised);
        return reason is null;
    }

    private static string? CheckLocal(string local)
    {
        if (!Ascii.IsValid(local))
        {
            return local.Any(char.IsControl) ? ContactReason.Malformed : ContactReason.NonAsciiLocalPart;
        }

        var isValid = !local.AsSpan().ContainsAnyExcept(LocalCharacters)
            && local[0] != '.'
            && local[^1] != '.'
            && !local.Contains("..", StringComparison.Ordinal);
        return isValid ? null : ContactReason.Malformed;
    }

    private static string? NormaliseDomain(ReadOnlySpan<char> written, out string domain)
    {
        domain = written.ToString().ToLowerInvariant();
        if (!Ascii.IsValid(domain))
        {
            if (!IsInternationalName(domain) || !TryToAscii(domain, out domain))
            {
                return ContactReason.Malformed;
            }
        }

        var labels = 0;
        foreach (var range in domain.AsSpan().Split('.'))
        {
            var label = domain.AsSpan(range);
            if (label.IsEmpty || label[0] == '-' || label[^1] == '-' || label.ContainsAnyExcept(LabelCharacters))
            {
                return ContactReason.Malformed;
            }

            if (label.Length > MaxLabelLength)
            {
                return ContactReason.TooLong;
            }

            labels++;
        }

        // A last label without a letter belongs to a numeric address or to a slip of the pen; no such top-level domain exists.
        var last = domain.AsSpan(domain.LastIndexOf('.') + 1);
        return labels >= 2 && last.Length >= 2 && last.ContainsAnyInRange('a', 'z') ? null : ContactReason.Malformed;
    }

    private static bool IsInternationalName(string domain)
    {
        foreach (var rune in domain.EnumerateRunes())
        {
            var isPart = rune.IsAscii || Rune.IsLetterOrDigit(rune)
                || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
            if (!isPart || rune.Value is (>= FirstCombiningAccent and <= LastCombiningAccent) or (>= FirstWideForm and <= LastWideForm))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryToAscii(string domain, out string ascii)
    {
        try
        {
            ascii = Idn.GetAscii(domain).ToLowerInvariant();
            return true;
        }
        catch (ArgumentException)
        {
            ascii = "";
            return false;
        }
    }

    private static string? Join(string local, string domain, out string normalised)
    {
        var isFit = local.Length + 1 + domain.Length <= MaxLength;
        normalised = isFit ? $"{local}@{domain}" : "";
        return isFit ? null : ContactReason.TooLong;
    }
}
