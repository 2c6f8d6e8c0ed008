using System.Diagnostics.CodeAnalysis;

namespace Sluice.Core.People.Contact;

/// <summary>The one form in which a phone number is stored, compared and sent: its digits from the country code on, without <c>+</c> or
/// <c>00</c>.</summary>
/// <remarks>
/// <para>
/// A message to a wrong number reaches a stranger, so a number is accepted only when its country is certain. After <c>+</c> or <c>00</c> it
/// is: 7 to 15 digits of which the first is not 0. Bare digits are taken for a number with a country code from 12 digits on; shorter ones
/// are national numbers in some country (11 digits in China, Brazil or Germany, where they also look like American ones) and are refused
/// with <see cref="ContactReason.NoCountryCode"/>, as is everything that begins with a single 0.
/// </para>
/// <para>
/// Spaces, hyphens, brackets, dots and slashes are dropped; the <c>(0)</c> that some write behind the country code is dropped with its
/// digit. Anything else, an extension included, makes the value malformed.
/// </para>
/// </remarks>
public static class PhoneNumber
{
    private const int MinDigits = 7;
    private const int MaxDigits = 15;
    private const int MinBareDigits = 12;

    // Room for a number with generous punctuation; longer input is no phone number.
    private const int MaxWrittenLength = 64;

    /// <summary>Brings a number into its one form.</summary>
    /// <param name="raw">The number as it came.</param>
    /// <param name="normalised">The one form; empty when there is none.</param>
    /// <param name="reason">Null on success, else one of <see cref="ContactReason"/>.</param>
    /// <returns>Whether the value is a number whose country is certain.</returns>
    public static bool TryNormalise(string? raw, out string normalised, [NotNullWhen(false)] out string? reason)
    {
        normalised = "";
        Span<char> digits = stackalloc char[MaxWrittenLength];
        reason = Normalise(raw, digits, out var length);
        if (reason is null)
        {
            normalised = digits[..length].ToString();
        }

        return reason is null;
    }

    /// <summary>Brings a number into its one form without a string of its own.</summary>
    /// <param name="raw">The number as it came.</param>
    /// <param name="digits">Takes the digits; at least as long as <paramref name="raw"/>, or 64 characters.</param>
    /// <param name="length">How many digits were written; 0 on failure.</param>
    /// <returns>Null on success, else one of <see cref="ContactReason"/>.</returns>
    /// <exception cref="ArgumentException"><paramref name="digits"/> is too short.</exception>
    public static string? Normalise(ReadOnlySpan<char> raw, Span<char> digits, out int length)
    {
        length = 0;
        var text = raw.Trim();
        if (text.IsEmpty)
        {
            return ContactReason.Missing;
        }

        if (text.Length > MaxWrittenLength)
        {
            return ContactReason.TooLong;
        }

        if (digits.Length < text.Length)
        {
            throw new ArgumentException("The target is shorter than the number.", nameof(digits));
        }

        var hasPlus = false;
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (character == '+' && count == 0 && !hasPlus)
            {
                hasPlus = true;
            }
            else if (IsTrunkZero(text[i..]) && (hasPlus || digits[..count].StartsWith("00")))
            {
                i += 2;
            }
            else if (char.IsAsciiDigit(character))
            {
                digits[count++] = character;
            }
            else if (!IsPunctuation(character))
            {
                return ContactReason.Malformed;
            }
        }

        if (count == 0)
        {
            return ContactReason.Malformed;
        }

        var isInternational = hasPlus;
        if (!hasPlus && digits[..count].StartsWith("00"))
        {
            isInternational = true;
            count -= 2;
            digits.Slice(2, count).CopyTo(digits);
        }

        var reason = Check(digits[..count], isInternational);
        length = reason is null ? count : 0;
        return reason;
    }

    private static string? Check(ReadOnlySpan<char> digits, bool isInternational)
    {
        if (isInternational)
        {
            return digits.Length switch
            {
                < MinDigits => ContactReason.TooShort,
                > MaxDigits => ContactReason.TooLong,
                _ => digits[0] == '0' ? ContactReason.Malformed : null,
            };
        }

        return digits.Length switch
        {
            < MinDigits => ContactReason.TooShort,
            > MaxDigits => ContactReason.TooLong,
            < MinBareDigits => ContactReason.NoCountryCode,
            _ => digits[0] == '0' ? ContactReason.NoCountryCode : null,
        };
    }

    private static bool IsTrunkZero(ReadOnlySpan<char> text) => text.StartsWith("(0)");

    private static bool IsPunctuation(char character) =>
        character is ' ' or '\t' or '-' or '(' or ')' or '.' or '/' or '\u00A0' or '\u2009' or '\u202F' or '\u2010' or '\u2011' or '\u2013';
}
