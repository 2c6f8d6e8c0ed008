using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Sluice.Architecture.Tests.Rules;

/// <summary>Every package, of whichever registry, has a row in the document that says why it is there; and no row outlives its package.</summary>
public static partial class DependencyRules
{
    private const string Heading = "## What we use";

    /// <summary>The packages of a central version file.</summary>
    public static IEnumerable<string> CentralPackages(string packagesProps)
    {
        return XDocument.Parse(packagesProps).Root!.Descendants()
            .Where(element => element.Name.LocalName is "PackageVersion" or "GlobalPackageReference")
            .Select(element => element.Attribute("Include")!.Value);
    }

    /// <summary>The direct dependencies of a package.json.</summary>
    public static IEnumerable<string> NodePackages(string packageJson)
    {
        using var document = JsonDocument.Parse(packageJson);
        return [.. document.RootElement.EnumerateObject()
            .Where(property => property.Name is "dependencies" or "devDependencies" or "peerDependencies" or "optionalDependencies")
            .SelectMany(property => property.Value.EnumerateObject().Select(package => package.Name))];
    }

    public static IEnumerable<string> Violations(IEnumerable<string> packages, string document)
    {
        var start = document.IndexOf(Heading, StringComparison.Ordinal);
        if (start < 0)
        {
            return [$"docs/dependencies.md has no part '{Heading}'"];
        }

        var end = document.IndexOf("\n## ", start + Heading.Length, StringComparison.Ordinal);
        var rows = FirstCell().Matches(end < 0 ? document[start..] : document[start..end]).Select(row => row.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        var used = packages.ToHashSet(StringComparer.Ordinal);
        return used.Except(rows).Order(StringComparer.Ordinal).Select(name => $"docs/dependencies.md has no row for {name}")
            .Concat(rows.Except(used).Order(StringComparer.Ordinal).Select(name => $"docs/dependencies.md has a row for {name}, which is not used"));
    }

    [GeneratedRegex(@"^\| `(?<name>[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex FirstCell();
}
