using System.Globalization;
using System.Text;
using System.Text.Json;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Cohorts;

/// <summary>What was found under one key of the envelope.</summary>
internal enum EnvelopeState
{
    /// <summary>The key is not there, or is null.</summary>
    Missing,
    Present,
    WrongType,

    /// <summary>A text that is not made of characters.</summary>
    Malformed,
    TooLong,
}

/// <summary>A text of the envelope, or why there is none.</summary>
internal readonly record struct EnvelopeText(EnvelopeState State, string? Value)
{
    /// <summary>An id: a text as it is, or a whole number by its digits.</summary>
    public static EnvelopeText ReadId(ref Utf8JsonReader reader, int maxBytes)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            var digits = reader.ValueSpan;
            return digits.Length > maxBytes || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
                ? new(EnvelopeState.WrongType, null)
                : new(EnvelopeState.Present, Encoding.UTF8.GetString(digits));
        }

        var text = ReadText(ref reader, maxBytes, cut: false, mend: false);
        return text.Value is not null && Encoding.UTF8.GetByteCount(text.Value) > maxBytes
            ? new(EnvelopeState.TooLong, null)
            : text;
    }

    /// <summary>A text. An empty one counts as missing.</summary>
    public static EnvelopeText ReadText(ref Utf8JsonReader reader, int maxCharacters, bool cut, bool mend)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return new(reader.TokenType == JsonTokenType.Null ? EnvelopeState.Missing : EnvelopeState.WrongType, null);
        }

        var text = WireText.Decode(reader.ValueSpan, maxCharacters, out var isCut, out var isWellFormed);
        return text switch
        {
            _ when isCut && !cut => new(EnvelopeState.TooLong, null),
            _ when !isWellFormed && !mend => new(EnvelopeState.Malformed, null),
            "" => default,
            _ => new(EnvelopeState.Present, text),
        };
    }
}

/// <summary>A page number of the envelope, or why there is none.</summary>
internal readonly record struct EnvelopeNumber(EnvelopeState State, int Value)
{
    /// <summary>A whole number, also when it is sent as a text of digits.</summary>
    public static EnvelopeNumber Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return default;
        }

        var canBeNumber = reader.TokenType is JsonTokenType.Number or JsonTokenType.String;
        return canBeNumber
            && long.TryParse(reader.ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? new(EnvelopeState.Present, (int)Math.Clamp(value, int.MinValue, int.MaxValue))
            : new(EnvelopeState.WrongType, 0);
    }
}
