using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sluice.Brevo;

// Brevo's answers differ between endpoints, years and accounts: numbers come as texts, texts as numbers, optional things as null, "" or
// not at all.
// One odd field must not make a page of a thousand contacts unreadable, so a value of the wrong kind is read as absent.

/// <summary>A text, from a text, a number or a boolean. Anything else is absent.</summary>
internal sealed class LenientStringConverter : AnswerConverter<string?>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return Text(ref reader);
            case JsonTokenType.Number:
                return Encoding.UTF8.GetString(reader.ValueSpan);
            case JsonTokenType.True:
                return "true";
            case JsonTokenType.False:
                return "false";
            default:
                reader.Skip();
                return null;
        }
    }

    /// <summary>The text that the reader stands on; absent when it is broken UTF-8 or half a surrogate pair.</summary>
    public static string? Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>Texts of elements that are already parsed.</summary>
internal static class LenientText
{
    /// <summary>The element's text, or a number's digits; absent when it is another kind, broken UTF-8 or half a surrogate pair.</summary>
    public static string? Of(JsonElement element)
    {
        try
        {
            return element.ValueKind switch
            {
                JsonValueKind.String => element.GetString(),
                JsonValueKind.Number => element.GetRawText(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>A whole number, also written as a text or as <c>12.0</c>. Anything else is absent.</summary>
internal sealed class LenientInt64Converter : AnswerConverter<long?>
{
    public override long? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetInt64(out var whole):
                return whole;
            case JsonTokenType.Number when reader.TryGetDouble(out var number) && Math.Abs(number) < 9e15 && Math.Floor(number) == number:
                return (long)number;
            case JsonTokenType.String when long.TryParse(LenientStringConverter.Text(ref reader), NumberStyles.Integer, CultureInfo.InvariantCulture, out var parsed):
                return parsed;
            default:
                reader.Skip();
                return null;
        }
    }
}

/// <summary>The same where a number is expected in every answer. Without one it is 0, which no object of Brevo has as its id.</summary>
internal sealed class LenientIdConverter : AnswerConverter<long>
{
    private static readonly LenientInt64Converter Inner = new();

    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Inner.Read(ref reader, typeof(long?), options) ?? 0;
}

/// <summary>A number with a fraction, also written as a text. Anything else is absent.</summary>
internal sealed class LenientDecimalConverter : AnswerConverter<decimal?>
{
    public override decimal? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetDecimal(out var number):
                return number;
            case JsonTokenType.String when decimal.TryParse(LenientStringConverter.Text(ref reader), NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed):
                return parsed;
            default:
                reader.Skip();
                return null;
        }
    }
}

/// <summary>A boolean, also written as a number or a text. Anything else is absent, which is not false.</summary>
internal sealed class LenientBooleanConverter : AnswerConverter<bool?>
{
    public override bool? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.True:
                return true;
            case JsonTokenType.False:
                return false;
            case JsonTokenType.Number when reader.TryGetDouble(out var number):
                return number != 0;
            case JsonTokenType.String:
                return LenientStringConverter.Text(ref reader)?.Trim().ToUpperInvariant() switch
                {
                    "TRUE" or "1" => true,
                    "FALSE" or "0" => false,
                    _ => null,
                };
            default:
                reader.Skip();
                return null;
        }
    }
}

/// <summary>
/// A point in time: ISO 8601 with any offset (without one it is UTC), or seconds since 1970 as number or text. Anything else is absent.
/// </summary>
internal sealed class LenientTimeConverter : AnswerConverter<DateTimeOffset?>
{
    // The years 1 to 9999 in seconds since 1970.
    private const long FirstSecond = -62_135_596_800;
    private const long LastSecond = 253_402_300_799;

    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetInt64(out var seconds):
                return FromSeconds(seconds);
            case JsonTokenType.String:
                var text = LenientStringConverter.Text(ref reader);
                if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed))
                {
                    return FromSeconds(parsed);
                }

                return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
            default:
                reader.Skip();
                return null;
        }
    }

    private static DateTimeOffset? FromSeconds(long seconds) =>
        seconds is >= FirstSecond and <= LastSecond ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
}

/// <summary>An absolute http or https address. Anything else is absent.</summary>
internal sealed class LenientUriConverter : AnswerConverter<Uri?>
{
    public override Uri? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return Parse(LenientStringConverter.Text(ref reader));
        }

        reader.Skip();
        return null;
    }

    public static Uri? Parse(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is ("http" or "https") ? address : null;
}
