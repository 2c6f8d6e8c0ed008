using System.Globalization;

namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>Reads a calendar day out of what profiles hold.</summary>
internal static class CalendarDay
{
    /// <summary>The length of <c>YYYY-MM-DD</c>.</summary>
    public const int Length = 10;

    // Smaller numbers are not times but ages, years and counts: 100,000,000 seconds is a day in 1973. From the same day on, milliseconds.
    private const double FirstSeconds = 100_000_000;
    private const double FirstMilliseconds = 100_000_000_000;
    private const double LastMilliseconds = 253_402_300_799_999;

    /// <summary>
    /// Whether a text is an ISO date, or an ISO date with a time behind it. The day is then its first ten bytes: it is the day on the
    /// calendar of whoever wrote it, whatever the offset.
    /// </summary>
    public static bool IsIso(ReadOnlySpan<byte> text)
    {
        if (text.Length < Length || text[4] != '-' || text[7] != '-'
            || !TryNumber(text[..4], out var year) || !TryNumber(text[5..7], out var month) || !TryNumber(text[8..10], out var day))
        {
            return false;
        }

        var isDay = year >= 1 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month);
        return isDay && (text.Length == Length || (text[Length] is (byte)'T' or (byte)'t' or (byte)' ' && IsTime(text[(Length + 1)..])));
    }

    /// <summary>Takes a number for a Unix time in seconds or milliseconds, by its size, and writes its day in a time zone.</summary>
    public static bool TryFromUnix(double time, TimeZoneInfo timeZone, Span<byte> target)
    {
        if (time is not (>= FirstSeconds and <= LastMilliseconds))
        {
            return false;
        }

        var milliseconds = (long)(time < FirstMilliseconds ? time * 1000 : time);
        var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), timeZone);
        return local.TryFormat(target, out _, "yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    // HH:mm, HH:mm:ss or with a fraction; then nothing, Z, ±HH:mm, ±HHmm or ±HH.
    private static bool IsTime(ReadOnlySpan<byte> text)
    {
        if (!TakeNumber(ref text, 23) || !TakeCharacter(ref text, ':') || !TakeNumber(ref text, 59))
        {
            return false;
        }

        if (TakeCharacter(ref text, ':'))
        {
            // 60 is a leap second.
            if (!TakeNumber(ref text, 60))
            {
                return false;
            }

            if (TakeCharacter(ref text, '.') || TakeCharacter(ref text, ','))
            {
                var digits = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
                digits = digits < 0 ? text.Length : digits;
                if (digits == 0)
                {
                    return false;
                }

                text = text[digits..];
            }
        }

        TakeCharacter(ref text, ' ');
        if (text.IsEmpty || text is [(byte)'Z' or (byte)'z'])
        {
            return true;
        }

        if (!TakeCharacter(ref text, '+') && !TakeCharacter(ref text, '-'))
        {
            return false;
        }

        if (!TakeNumber(ref text, 23) || text.IsEmpty)
        {
            return text.IsEmpty;
        }

        TakeCharacter(ref text, ':');
        return TakeNumber(ref text, 59) && text.IsEmpty;
    }

    private static bool TakeCharacter(ref ReadOnlySpan<byte> text, char character)
    {
        if (text.IsEmpty || text[0] != character)
        {
            return false;
        }

        text = text[1..];
        return true;
    }

    private static bool TakeNumber(ref ReadOnlySpan<byte> text, int most)
    {
        if (text.Length < 2 || !TryNumber(text[..2], out var number) || number > most)
        {
            return false;
        }

        text = text[2..];
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<byte> digits, out int number)
    {
        number = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            number = (number * 10) + (digit - '0');
        }

        return true;
    }
}
