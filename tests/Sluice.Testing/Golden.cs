using System.Text.RegularExpressions;

using Xunit;

namespace Sluice.Testing;

/// <summary>
/// Compares with files that are checked in: what goes over the wire or is shown to people changes only on purpose.
/// <c>SLUICE_UPDATE_GOLDEN=1</c> rewrites the files instead; the build server never does.
/// </summary>
/// <param name="folder">The full path of the folder with the files.</param>
/// <param name="update">Rewrite instead of compare.</param>
public sealed class Golden(string folder, bool update)
{
    /// <summary>Set to 1, the files are rewritten.</summary>
    public const string UpdateVariable = "SLUICE_UPDATE_GOLDEN";

    /// <summary>The golden files in a folder of the repository, for instance <c>tests/Sluice.Brevo.Tests/Golden</c>.</summary>
    public static Golden In(string folderInRepository)
    {
        return new Golden(Repository.Combine(folderInRepository), Environment.GetEnvironmentVariable(UpdateVariable) == "1" && !Prerequisite.OnBuildServer);
    }

    /// <summary>Compares JSON by value: order of keys and white space do not count, order in arrays and the spelling of numbers do.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="json">What was produced.</param>
    /// <param name="scrub">Values that the test itself generated, and the name each stands under in the file. Only a string that is wholly such a value is replaced.</param>
    public void MatchesJson(string name, string json, IReadOnlyDictionary<string, string>? scrub = null)
    {
        Compare(name, CanonicalJson.Format(json, scrub));
    }

    /// <summary>Compares text line by line; CRLF counts as LF and the text ends with one line feed.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="text">What was produced.</param>
    /// <param name="scrub">As in <see cref="MatchesJson"/>; in text, a value is replaced only where it stands as a word of its own.</param>
    public void MatchesText(string name, string text, IReadOnlyDictionary<string, string>? scrub = null)
    {
        var scrubbed = text.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        foreach (var (value, placeholder) in scrub ?? new Dictionary<string, string>())
        {
            scrubbed = Regex.Replace(scrubbed, $@"(?<!\w){Regex.Escape(value)}(?!\w)", $"{{{placeholder}}}".Replace("$", "$$", StringComparison.Ordinal));
        }

        Compare(name, scrubbed);
    }

    private void Compare(string name, string actual)
    {
        var path = Path.Combine(folder, name);
        if (update)
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(path, actual);
            return;
        }

        if (!File.Exists(path))
        {
            Assert.Fail($"There is no golden file {path}. {UpdateVariable}=1 writes it. Actual:\n{actual}");
        }

        var expected = File.ReadAllText(path).ReplaceLineEndings("\n");
        if (!string.Equals(expected, actual, StringComparison.Ordinal))
        {
            Assert.Fail($"{FirstDifference(expected, actual)}\nin {path}. If the change is meant, {UpdateVariable}=1 rewrites the file. Actual:\n{actual}");
        }
    }

    private static string FirstDifference(string expected, string actual)
    {
        var expectedLines = expected.Split('\n');
        var actualLines = actual.Split('\n');
        var line = expectedLines.Zip(actualLines).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"Line {line + 1} differs\n  expected: {LineAt(expectedLines)}\n  actual:   {LineAt(actualLines)}";

        string LineAt(string[] lines)
        {
            return line < lines.Length ? lines[line] : "(no such line)";
        }
    }
}
