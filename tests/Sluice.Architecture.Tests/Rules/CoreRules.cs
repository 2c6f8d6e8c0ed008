using System.Text.RegularExpressions;

using Sluice.Architecture.Tests.Tree;

namespace Sluice.Architecture.Tests.Rules;

/// <summary>The core names neither HTTP nor SQL nor a destination, and has no clock of its own.</summary>
public static partial class CoreRules
{
    public static IEnumerable<string> Violations(SourceFile file)
    {
        foreach (var (name, line) in CSharpText.Names(file.Text))
        {
            if (ForeignNamespace().IsMatch(name) || name.Split('.').Any(part => ForeignWord().IsMatch(part)))
            {
                yield return $"{file.Path}:{line}: {name} does not belong in the core";
            }
            else if (Clock().IsMatch(name))
            {
                yield return ReadsClock(file, line, name);
            }
        }

        var code = CSharpText.WithoutCommentsAndLiterals(file.Text);
        foreach (Match call in IdWithoutTime().Matches(code))
        {
            yield return ReadsClock(file, 1 + code.AsSpan(0, call.Index).Count('\n'), call.Value);
        }
    }

    private static string ReadsClock(SourceFile file, int line, string what)
    {
        return $"{file.Path}:{line}: {what} reads the machine's clock; the time comes from a TimeProvider that was handed in";
    }

    [GeneratedRegex(@"(^|\.)(System\.Net\.Http|System\.Net\.Sockets|System\.Data|Microsoft\.AspNetCore|Microsoft\.Data|Npgsql|Dapper|SQLitePCL)(\.|$)")]
    private static partial Regex ForeignNamespace();

    // A word inside a name: BrevoContact, _httpClient, SqliteStore; but not Sqlarge or Https as part of another word.
    [GeneratedRegex(@"(?i:brevo|sqlite|npgsql|postgres)|(^|_|[a-z])I?(Http|Sql)s?($|_|[A-Z0-9])|^_?(http|sql)($|[A-Z_])")]
    private static partial Regex ForeignWord();

    [GeneratedRegex(@"(^|\.)((DateTime|DateTimeOffset)\.(Now|UtcNow|Today)|TimeProvider\.System|Stopwatch|Environment\.TickCount(64)?)(\.|$)")]
    private static partial Regex Clock();

    // With an argument it takes the time that it is given.
    [GeneratedRegex(@"\bCreateVersion7\s*\(\s*\)")]
    private static partial Regex IdWithoutTime();
}
