using System.Xml.Linq;

namespace Sluice.Architecture.Tests.Tree;

/// <summary>What the rules need of one project file.</summary>
/// <param name="Name">The project's name.</param>
/// <param name="Area">The top folder: src, sim, tests or bench.</param>
/// <param name="References">The names of the projects it references.</param>
/// <param name="Packages">The packages it references.</param>
/// <param name="Frameworks">The shared frameworks it references.</param>
/// <param name="ForeignSources">Source files that it compiles from outside its own folder.</param>
public sealed record ProjectFile(
    string Name,
    string Area,
    IReadOnlyList<string> References,
    IReadOnlyList<string> Packages,
    IReadOnlyList<string> Frameworks,
    IReadOnlyList<string> ForeignSources)
{
    public static ProjectFile Parse(SourceFile file)
    {
        var root = XDocument.Parse(file.Text).Root!;
        return new ProjectFile(
            Path.GetFileNameWithoutExtension(file.Path),
            file.Path.Split('/')[0],
            [.. Includes("ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')))],
            [.. Includes("PackageReference")],
            [.. Includes("FrameworkReference")],
            [.. Includes("Compile").Concat(Includes("Reference")).Where(path => path.StartsWith("..", StringComparison.Ordinal))]);

        IEnumerable<string> Includes(string element)
        {
            return root.Descendants(element).SelectMany(item => (item.Attribute("Include")?.Value ?? "").Split(';'))
                .Select(include => include.Trim()).Where(include => include.Length > 0);
        }
    }
}
