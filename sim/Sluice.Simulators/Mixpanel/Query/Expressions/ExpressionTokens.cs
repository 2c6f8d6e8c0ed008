using System.Globalization;
using System.Text;

namespace Sluice.Simulators.Mixpanel.Query.Expressions;

internal enum TokenType
{
    End,
    Name,
    Text,
    Number,
    Symbol,
}

internal readonly record struct Token(TokenType Type, string Text, double Number, int At);

/// <summary>The words and signs of an expression.</summary>
internal static class ExpressionTokens
{
    private static readonly string[] Symbols = ["==", "!=", ">=", "<=", "=", ">", "<", "+", "-", "*", "/", "%", "(", ")", "[", "]", ","];

    public static IReadOnlyList<Token> Read(string text)
    {
        List<Token> tokens = [];
        var at = 0;
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            var start = at;
            if (text[at] == '"')
            {
                tokens.Add(new Token(TokenType.Text, Quoted(text, ref at), 0, start));
            }
            else if (char.IsAsciiDigit(text[at]))
            {
                at = EndOf(text, at, character => char.IsAsciiDigit(character) || character == '.');
                tokens.Add(new Token(TokenType.Number, "", Number(text[start..at], start), start));
            }
            else if (char.IsLetter(text[at]) || text[at] is '_' or '$')
            {
                at = EndOf(text, at, character => char.IsLetterOrDigit(character) || character is '_' or '$');
                tokens.Add(new Token(TokenType.Name, text[start..at], 0, start));
            }
            else if (Array.Find(Symbols, symbol => text.AsSpan(start).StartsWith(symbol, StringComparison.Ordinal)) is { } found)
            {
                at += found.Length;
                tokens.Add(new Token(TokenType.Symbol, found, 0, start));
            }
            else
            {
                throw new ExpressionException($"unexpected '{text[at]}' at {at}");
            }
        }

        tokens.Add(new Token(TokenType.End, "", 0, text.Length));
        return tokens;
    }

    private static int EndOf(string text, int at, Func<char, bool> belongs)
    {
        while (at < text.Length && belongs(text[at]))
        {
            at++;
        }

        return at;
    }

    private static double Number(string digits, int at) =>
        double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ExpressionException($"'{digits}' at {at} is no number");

    // Single quotes are documented nowhere, and are refused.
    private static string Quoted(string text, ref int at)
    {
        var result = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '"':
                    at++;
                    return result.ToString();
                case '\\' when at + 1 < text.Length:
                    result.Append(text[++at]);
                    break;
                default:
                    result.Append(text[at]);
                    break;
            }
        }

        throw new ExpressionException("a text is not closed");
    }
}
