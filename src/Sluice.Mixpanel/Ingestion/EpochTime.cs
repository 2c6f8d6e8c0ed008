using System.Buffers.Text;
using System.Globalization;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Ingestion;

/// <summary>Reads times that are sent as seconds or milliseconds since 1970.</summary>
internal static class EpochTime
{
    // As milliseconds this is the beginning of 1971, the earliest time that Mixpanel takes; as seconds it is the year 2969.
    private const double FirstMilliseconds = 31_536_000_000;

    // The earliest and the last time that a DateTimeOffset can hold.
    private const double EarliestMilliseconds = -62_135_596_800_000;
    private const double LastMilliseconds = 253_402_300_799_999;

    /// <summary>Reads a JSON number, or its digits as a text where <paramref name="allowText"/>.</summary>
    /// <returns>Null when it is no number, or outside the years 1 to 9999.</returns>
    public static long? ReadMs(ReadOnlySpan<byte> value, bool allowText)
    {
        var digits = CompactJson.IsNumber(value) ? value : allowText ? CompactJson.Text(value) : default;
        if (Utf8Parser.TryParse(digits, out long whole, out var read) && read == digits.Length)
        {
            var ms = Math.Abs((double)whole) < FirstMilliseconds ? whole * 1000 : whole;
            return ms is >= (long)EarliestMilliseconds and <= (long)LastMilliseconds ? ms : null;
        }

        if (!CompactJson.IsNumber(digits)
            || !double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        number = Math.Abs(number) < FirstMilliseconds ? number * 1000 : number;
        return number is >= EarliestMilliseconds and <= LastMilliseconds ? (long)Math.Round(number) : null;
    }
}
