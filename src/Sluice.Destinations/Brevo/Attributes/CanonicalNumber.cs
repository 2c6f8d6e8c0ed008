using System.Globalization;

namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>The one way to write a number, so that <c>1.50</c>, <c>1.5</c> and <c>"15e-1"</c> are the same payload.</summary>
internal static class CanonicalNumber
{
    /// <summary>Room for every number in this form.</summary>
    public const int MaxLength = 40;

    // Between these a decimal holds every digit that profiles come with, and is written without an exponent.
    private const double SmallestDecimal = 1e-10;
    private const double LargestDecimal = 1e28;

    /// <summary>Writes a number. Signs, a point and an exponent are read; thousands separators, units and the not-numbers are
    /// not.</summary>
    public static bool TryWrite(ReadOnlySpan<byte> text, Span<byte> target, out int length)
    {
        length = 0;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
        {
            return false;
        }

        var size = Math.Abs(number);
        if (size is >= SmallestDecimal and < LargestDecimal && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact))
        {
            // Dividing by one with many zeros drops the zeros at the end.
            return (exact / 1.0000000000000000000000000000m).TryFormat(target, out length, default, CultureInfo.InvariantCulture);
        }

        // The sign of a zero means nothing to anybody here.
        return (number == 0 ? 0 : number).TryFormat(target, out length, "R", CultureInfo.InvariantCulture);
    }
}
