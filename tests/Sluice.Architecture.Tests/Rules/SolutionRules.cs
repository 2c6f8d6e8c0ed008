using System.Xml.Linq;

using Sluice.Architecture.Tests.Tree;

namespace Sluice.Architecture.Tests.Rules;

/// <summary>What lies in the tree is built, tested and restored to exact versions.</summary>
public static class SolutionRules
{
    public static IEnumerable<string> Violations(string solution, IReadOnlyCollection<SourceFile> files)
    {
        var listed = XDocument.Parse(solution).Root!.Descendants("Project").Select(project => project.Attribute("Path")!.Value)
            .ToHashSet(StringComparer.Ordinal);
        var paths = files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var project in paths.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            if (!listed.Contains(project))
            {
                yield return $"{project} is not in the solution, so nobody builds or tests it";
            }

            if (!paths.Contains(project[..(project.LastIndexOf('/') + 1)] + "packages.lock.json"))
            {
                yield return $"{project} has no packages.lock.json, and a locked restore of it fails";
            }
        }

        foreach (var missing in listed.Except(paths).Order(StringComparer.Ordinal))
        {
            yield return $"The solution lists {missing}, which is not there";
        }
    }
}
