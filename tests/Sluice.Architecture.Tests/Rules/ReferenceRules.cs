using Sluice.Architecture.Tests.Tree;

namespace Sluice.Architecture.Tests.Rules;

/// <summary>The walls between the projects: references point inwards, and only along these arrows.</summary>
public static class ReferenceRules
{
    /// <summary>The program, where everything is wired; it may reference all of src and sim.</summary>
    private const string Program = "Sluice";

    private const string WebFramework = "Microsoft.AspNetCore.App";

    private static readonly Dictionary<string, string[]> AllowedArrows = new(StringComparer.Ordinal)
    {
        ["Sluice.Mixpanel"] = [],
        ["Sluice.Brevo"] = [],
        ["Sluice.Client"] = [],
        ["Sluice.Core"] = [],
        ["Sluice.Destinations"] = ["Sluice.Core", "Sluice.Brevo", "Sluice.Mixpanel"],
        ["Sluice.Storage"] = ["Sluice.Core"],
        ["Sluice.Server"] = ["Sluice.Core", "Sluice.Mixpanel"],
    };

    /// <summary>Usable alone, by anyone: they bring nothing along.</summary>
    private static readonly string[] WithoutPackages = ["Sluice.Core", "Sluice.Brevo", "Sluice.Mixpanel", "Sluice.Client"];

    private static readonly string[] WithWebFramework = [Program, "Sluice.Server"];

    public static IEnumerable<string> Violations(IReadOnlyCollection<ProjectFile> projects)
    {
        var areas = projects.ToDictionary(project => project.Name, project => project.Area, StringComparer.Ordinal);
        foreach (var project in projects)
        {
            foreach (var reference in project.References)
            {
                if (!areas.TryGetValue(reference, out var area))
                {
                    yield return $"{project.Name} → {reference}: there is no such project";
                }
                else if (!IsAllowed(project, reference, area))
                {
                    yield return $"{project.Name} → {reference}: no such arrow";
                }
            }

            foreach (var source in project.ForeignSources)
            {
                yield return $"{project.Name} takes {source} from outside its folder";
            }

            foreach (var violation in OfSource(project))
            {
                yield return violation;
            }
        }
    }

    private static bool IsAllowed(ProjectFile from, string to, string toArea)
    {
        return from.Area switch
        {
            "tests" or "bench" => true,
            "sim" => toArea == "sim",
            "src" when from.Name == Program => toArea is "src" or "sim",
            "src" => AllowedArrows.GetValueOrDefault(from.Name, []).Contains(to),
            _ => false,
        };
    }

    private static IEnumerable<string> OfSource(ProjectFile project)
    {
        if (project.Area != "src")
        {
            yield break;
        }

        if (project.Name != Program && !AllowedArrows.ContainsKey(project.Name))
        {
            yield return $"{project.Name} is not in the table of arrows: a new project needs a reason and a place there";
        }

        foreach (var package in project.Packages.Where(_ => WithoutPackages.Contains(project.Name)))
        {
            yield return $"{project.Name} references the package {package}, and must reference none";
        }

        foreach (var framework in project.Frameworks.Where(name => name != WebFramework || !WithWebFramework.Contains(project.Name)))
        {
            yield return $"{project.Name} references the framework {framework}";
        }
    }
}
