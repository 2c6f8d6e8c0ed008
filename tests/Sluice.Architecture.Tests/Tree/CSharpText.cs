using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.Architecture.Tests.Tree;

/// <summary>The names that a C# source uses, without what only stands in comments and literals.</summary>
public static partial class CSharpText
{
    /// <summary>Every name, dotted names as one, with its line. Code inside the holes of interpolated strings counts.</summary>
    public static IEnumerable<(string Name, int Line)> Names(string source)
    {
        var code = WithoutCommentsAndLiterals(source);
        var line = 1;
        var position = 0;
        foreach (Match match in DottedName().Matches(code))
        {
            line += code.AsSpan(position, match.Index - position).Count('\n');
            position = match.Index;
            yield return (WhiteSpace().Replace(match.Value, "").Replace("@", "", StringComparison.Ordinal), line);
        }
    }

    /// <summary>The source with comments and the text of literals blanked out; line breaks stay.</summary>
    public static string WithoutCommentsAndLiterals(string source)
    {
        var code = new StringBuilder(source.Length);
        var position = 0;
        CopyCode(source, ref position, code, closingBraces: 0);
        return code.ToString();
    }

    // Copies code up to the end, or up to the braces that close the hole of an interpolated string.
    private static void CopyCode(string source, ref int position, StringBuilder code, int closingBraces)
    {
        var depth = 0;
        while (position < source.Length)
        {
            var c = source[position];
            if (closingBraces > 0 && depth == 0 && c == '}' && Run(source, position, '}') >= closingBraces)
            {
                position += closingBraces;
                return;
            }

            if (StartsWith(source, position, "//"))
            {
                Blank(source, ref position, code, IndexOrEnd(source, "\n", position));
            }
            else if (StartsWith(source, position, "/*"))
            {
                Blank(source, ref position, code, Math.Min(source.Length, IndexOrEnd(source, "*/", position + 2) + 2));
            }
            else if (c == '\'')
            {
                SkipEscaped(source, ref position, code, '\'');
            }
            else if (c is ('"' or '$' or '@') && LiteralStart().Match(source, position) is { Success: true } start)
            {
                SkipString(source, ref position, code, start);
            }
            else
            {
                depth += c == '{' ? 1 : c == '}' ? -1 : 0;
                code.Append(c);
                position++;
            }
        }
    }

    private static void SkipString(string source, ref int position, StringBuilder code, Match start)
    {
        var holes = start.Groups["marks"].Value.Count(mark => mark == '$');
        var isVerbatim = start.Groups["marks"].Value.Contains('@', StringComparison.Ordinal);
        var quotes = Run(source, start.Groups["quote"].Index, '"');
        var isRaw = quotes >= 3 && !isVerbatim;
        // Two quotes are an empty string, not the start of a longer one.
        var quoteLength = isRaw ? quotes : 1;
        Blank(source, ref position, code, start.Groups["quote"].Index + quoteLength);
        while (position < source.Length)
        {
            var c = source[position];
            if (c == '"' && Run(source, position, '"') is var run && (!isRaw || run >= quoteLength))
            {
                if (isVerbatim && run >= 2)
                {
                    Blank(source, ref position, code, position + 2);
                    continue;
                }

                Blank(source, ref position, code, position + (isRaw ? run : 1));
                return;
            }

            if (c == '\\' && !isRaw && !isVerbatim)
            {
                Blank(source, ref position, code, Math.Min(source.Length, position + 2));
            }
            else if (c == '{' && holes > 0)
            {
                var braces = Run(source, position, '{');
                if (!isRaw && braces % 2 == 0 || isRaw && braces < holes)
                {
                    Blank(source, ref position, code, position + braces);
                    continue;
                }

                Blank(source, ref position, code, position + braces);
                code.Append(' ');
                CopyCode(source, ref position, code, isRaw ? holes : 1);
                code.Append(' ');
            }
            else
            {
                Blank(source, ref position, code, position + 1);
            }
        }
    }

    private static void SkipEscaped(string source, ref int position, StringBuilder code, char end)
    {
        var close = position + 1;
        while (close < source.Length && source[close] != end && source[close] != '\n')
        {
            close += source[close] == '\\' ? 2 : 1;
        }

        Blank(source, ref position, code, Math.Min(source.Length, close + 1));
    }

    private static void Blank(string source, ref int position, StringBuilder code, int end)
    {
        for (; position < end; position++)
        {
            code.Append(source[position] == '\n' ? '\n' : ' ');
        }
    }

    private static bool StartsWith(string source, int position, string text)
    {
        return string.CompareOrdinal(source, position, text, 0, text.Length) == 0;
    }

    private static int IndexOrEnd(string source, string text, int from)
    {
        var index = from > source.Length ? -1 : source.IndexOf(text, from, StringComparison.Ordinal);
        return index < 0 ? source.Length : index;
    }

    private static int Run(string source, int position, char c)
    {
        var length = 0;
        while (position + length < source.Length && source[position + length] == c)
        {
            length++;
        }

        return length;
    }

    [GeneratedRegex("""\G(?<marks>[$@]*)(?<quote>")""")]
    private static partial Regex LiteralStart();

    [GeneratedRegex(@"@?[\p{L}_][\p{L}\p{N}_]*(\s*\.\s*@?[\p{L}_][\p{L}\p{N}_]*)*")]
    private static partial Regex DottedName();

    [GeneratedRegex(@"\s")]
    private static partial Regex WhiteSpace();
}
