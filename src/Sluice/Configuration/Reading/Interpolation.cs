using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.Configuration.Reading;

/// <summary>A scalar after <c>${NAME}</c> was replaced.</summary>
/// <param name="Text">The text to interpret.</param>
/// <param name="Variables">The variables that stand in it, in order.</param>
/// <param name="Unset">Those of them that the environment does not have.</param>
/// <param name="IsWhole">Whether one variable is the whole value.</param>
/// <param name="IsMalformed">Whether some <c>${</c> is not followed by a name and <c>}</c>.</param>
internal sealed record Interpolated(string Text, IReadOnlyList<string> Variables, IReadOnlyList<string> Unset, bool IsWhole, bool IsMalformed);

/// <summary>Replaces <c>${NAME}</c> from the environment; <c>$${</c> stands for <c>${</c>. What a variable holds is not looked into again.</summary>
internal static partial class Interpolation
{
    /// <summary>Of a variable's name; also the schema's pattern for a value that is read from the environment.</summary>
    public const string VariablePattern = @"\$\{[A-Za-z_][A-Za-z0-9_]*\}";

    public static Interpolated Resolve(string text, Func<string, string?> environment)
    {
        if (!text.Contains("${", StringComparison.Ordinal))
        {
            return new Interpolated(text, [], [], IsWhole: false, IsMalformed: false);
        }

        var resolved = new StringBuilder();
        var variables = new List<string>();
        var unset = new List<string>();
        var isMalformed = false;
        var position = 0;
        foreach (Match match in Token().Matches(text))
        {
            resolved.Append(text, position, match.Index - position);
            position = match.Index + match.Length;
            if (match.Value == "$${")
            {
                resolved.Append("${");
            }
            else if (match.Groups["name"].Success)
            {
                var name = match.Groups["name"].Value;
                variables.Add(name);
                if (environment(name) is { } value)
                {
                    resolved.Append(value);
                }
                else
                {
                    unset.Add(name);
                }
            }
            else
            {
                isMalformed = true;
            }
        }

        resolved.Append(text, position, text.Length - position);
        var isWhole = variables.Count == 1 && text.Length == variables[0].Length + "${}".Length;
        return new Interpolated(resolved.ToString(), variables, unset, isWhole, isMalformed);
    }

    [GeneratedRegex(@"\$\$\{|\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)\}|\$\{")]
    private static partial Regex Token();
}
