using System.Globalization;

namespace Sluice.Mixpanel.Json;

/// <summary>
/// Finds its way in JSON that is known to be valid, without white space between its tokens and with escapes in the one form
/// of <see cref="JsonEscapes"/>.
/// </summary>
internal static class CompactJson
{
    private const int MaxNumberCharacters = 400;

    /// <summary>How many bytes stand between the quotes of the text whose first byte is at <paramref name="start"/>.</summary>
    public static int TextLength(ReadOnlySpan<byte> json, int start)
    {
        var at = start;
        while (true)
        {
            at += json[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (json[at] == '"')
            {
                return at - start;
            }

            at += 2;
        }
    }

    /// <summary>Where the number, true, false or null that begins at <paramref name="start"/> ends.</summary>
    public static int LiteralEnd(ReadOnlySpan<byte> json, int start)
    {
        var length = json[start..].IndexOfAny((byte)',', (byte)'}', (byte)']');
        return length < 0 ? json.Length : start + length;
    }

    /// <summary>Where the value that begins at <paramref name="start"/> ends.</summary>
    public static int ValueEnd(ReadOnlySpan<byte> json, int start)
    {
        switch ((char)json[start])
        {
            case '"':
                return start + TextLength(json, start + 1) + 2;
            case not ('{' or '['):
                return LiteralEnd(json, start);
        }

        var depth = 0;
        var at = start;
        do
        {
            at += json[at..].IndexOfAny("\"{}[]"u8);
            switch ((char)json[at])
            {
                case '"':
                    at += TextLength(json, at + 1) + 1;
                    break;
                case '{' or '[':
                    depth++;
                    break;
                default:
                    depth--;
                    break;
            }

            at++;
        }
        while (depth > 0);

        return at;
    }

    public static bool IsNumber(ReadOnlySpan<byte> value) =>
        !value.IsEmpty && value[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9');

    /// <summary>What stands between the quotes of a text, or nothing.</summary>
    public static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> value) =>
        value.Length > 2 && value[0] == '"' ? value[1..^1] : default;

    /// <summary>A text without its quotes, or the digits of a number, or nothing.</summary>
    public static ReadOnlySpan<byte> TextOrNumber(ReadOnlySpan<byte> value) => IsNumber(value) ? value : Text(value);

    /// <summary>
    /// Whether a number is a finite double; true, false and null are fine. Mixpanel's numbers are doubles. Others are legal
    /// JSON, but one 1e999999 would make a database refuse everything that came with it.
    /// </summary>
    public static bool IsFiniteLiteral(ReadOnlySpan<byte> literal)
    {
        // Up to 17 characters without an exponent are a finite number whatever they are; true, false and null are short.
        if (literal.Length <= 17 && literal.IndexOfAny((byte)'e', (byte)'E') <= 0)
        {
            return true;
        }

        return literal[0] is (byte)'t' or (byte)'f'
            || (literal.Length <= MaxNumberCharacters
                && double.TryParse(literal, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && double.IsFinite(number)
                && (number != 0 || !HasNonZeroDigit(literal)));
    }

    private static bool HasNonZeroDigit(ReadOnlySpan<byte> literal)
    {
        var exponent = literal.IndexOfAny((byte)'e', (byte)'E');
        return (exponent < 0 ? literal : literal[..exponent]).IndexOfAnyInRange((byte)'1', (byte)'9') >= 0;
    }
}
