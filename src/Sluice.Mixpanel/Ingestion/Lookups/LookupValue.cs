using System.Globalization;
using System.Text;
using System.Text.Json;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Ingestion.Lookups;

/// <summary>Finds the type of what stands in a column.</summary>
internal static class LookupValue
{
    /// <summary>Writes a value that is not empty.</summary>
    public static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> text)
    {
        if (IsNumber(text))
        {
            writer.WriteRawValue(text, skipInputValidation: true);
        }
        else if (Ascii.EqualsIgnoreCase(text, "true"u8))
        {
            writer.WriteBooleanValue(true);
        }
        else if (Ascii.EqualsIgnoreCase(text, "false"u8))
        {
            writer.WriteBooleanValue(false);
        }
        else if (text[0] == '[' && IsListOfTexts(text))
        {
            using var list = JsonDocument.Parse(text.ToArray());
            list.RootElement.WriteTo(writer);
        }
        else if (DateTimeOf(text) is { } time)
        {
            writer.WriteStringValue(time);
        }
        else
        {
            writer.WriteStringValue(text);
        }
    }

    /// <summary>
    /// A whole or decimal number as JSON has it. Digits behind a leading zero are a code, like that of a post office, and stay a text.
    /// </summary>
    private static bool IsNumber(ReadOnlySpan<byte> text)
    {
        var rest = text[0] == '-' ? text[1..] : text;
        var whole = Digits(rest);
        if (whole == 0 || (whole > 1 && rest[0] == '0'))
        {
            return false;
        }

        rest = rest[whole..];
        if (rest is [(byte)'.', .. var fraction])
        {
            var digits = Digits(fraction);
            if (digits == 0)
            {
                return false;
            }

            rest = fraction[digits..];
        }

        if (rest is [(byte)'e' or (byte)'E', .. var exponent])
        {
            exponent = exponent is [(byte)'+' or (byte)'-', .. var unsigned] ? unsigned : exponent;
            var digits = Digits(exponent);
            if (digits == 0)
            {
                return false;
            }

            rest = exponent[digits..];
        }

        return rest.IsEmpty && CompactJson.IsFiniteLiteral(text);
    }

    private static int Digits(ReadOnlySpan<byte> text)
    {
        var length = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return length < 0 ? text.Length : length;
    }

    private static bool IsListOfTexts(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.String)
            {
                // Half of a surrogate pair, or U+0000, is text that cannot be stored.
                if (reader.ValueIsEscaped && RecordText.Problem(reader.ValueSpan) is not null)
                {
                    return false;
                }
            }

            return reader.TokenType == JsonTokenType.EndArray && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>A time of RFC 3339, which always has an offset, in UTC; or null.</summary>
    private static string? DateTimeOf(ReadOnlySpan<byte> text)
    {
        if (text.Length is < 20 or > 33 || text[4] != '-' || text[10] != 'T')
        {
            return null;
        }

        var offset = text[^1] == 'Z' ? "'Z'" : "zzz";
        Span<char> characters = stackalloc char[33];
        return Ascii.ToUtf16(text, characters, out var length) == System.Buffers.OperationStatus.Done
            && DateTimeOffset.TryParseExact(
                characters[..length],
                $"yyyy-MM-dd'T'HH:mm:ss.FFFFFFF{offset}",
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var time)
            ? time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture)
            : null;
    }
}
