using System.Text.RegularExpressions;

using Sluice.Architecture.Tests.Tree;

namespace Sluice.Architecture.Tests.Rules;

/// <summary>What no kept file may hold: one machine's paths, a package host's name, more than it can be read in one go.</summary>
public static partial class FileRules
{
    private const int MaximumLines = 400;

    private static readonly string[] SourceExtensions = [".cs", ".razor", ".sql", ".sh", ".ts", ".js", ".mjs", ".css"];

    private static readonly string[] ProseExtensions = [".md", ".txt"];

    // In two pieces, or this file would break its own rule.
    private static readonly string[] PackageHosts = ["nuget" + ".org", "npmjs" + ".org", "npmjs" + ".com", "deb." + "debian"];

    /// <summary>Paths of one machine, and package hosts: a package comes from wherever the machine is told to look.</summary>
    public static IEnumerable<string> PlaceViolations(SourceFile file)
    {
        var isTest = file.Path.StartsWith("tests/", StringComparison.Ordinal);
        var isProse = ProseExtensions.Contains(file.Extension);
        var lines = file.Text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (MachinePath().Match(lines[i]) is { Success: true } path)
            {
                yield return $"{file.Path}:{i + 1}: the path {path.Value} of one machine";
            }

            if (!isTest && !isProse && TemporaryPath().IsMatch(lines[i]))
            {
                yield return $"{file.Path}:{i + 1}: a fixed place for temporary files; ask the system for it";
            }

            foreach (var host in PackageHosts.Where(host => lines[i].Contains(host, StringComparison.OrdinalIgnoreCase)))
            {
                yield return $"{file.Path}:{i + 1}: the package host {host}";
            }
        }
    }

    /// <summary>A long source says why it is one, on a line of its own: <c>// Long because: …</c>, with its language's comment mark.</summary>
    public static IEnumerable<string> LengthViolations(SourceFile file)
    {
        var lines = file.Text.AsSpan().TrimEnd('\n').Count('\n') + 1;
        if (SourceExtensions.Contains(file.Extension) && lines > MaximumLines && !LongBecause().IsMatch(file.Text))
        {
            yield return $"{file.Path}: {lines} lines, over {MaximumLines}, and no line 'Long because: …'";
        }
    }

    [GeneratedRegex(@"(?<![\w./$}~-])/(work|root|home|Users)/\w")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"(?<![\w./$}~-])/tmp/")]
    private static partial Regex TemporaryPath();

    [GeneratedRegex(@"^\s*(//|#|--|/\*|@\*)\s*Long because: \S", RegexOptions.Multiline)]
    private static partial Regex LongBecause();
}
