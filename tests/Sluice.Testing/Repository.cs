using System.Runtime.CompilerServices;

namespace Sluice.Testing;

/// <summary>Where the sources and what was built from them lie.</summary>
public static class Repository
{
    private const string Mark = "Sluice.slnx";

    private static readonly Lazy<string> LazyRoot = new(() => FindRoot([AppContext.BaseDirectory, Environment.CurrentDirectory, ThisFile()]));

    /// <summary>The full path of the folder that holds the solution file.</summary>
    public static string Root => LazyRoot.Value;

    /// <summary>The full path of something in the repository, given relative to its root with forward slashes.</summary>
    public static string Combine(string relativePath)
    {
        return Path.GetFullPath(Path.Combine(Root, relativePath));
    }

    /// <summary>The built program, from the same build (folder and configuration) as the running tests.</summary>
    public static string SluiceProgram
    {
        get
        {
            // …/bin/<test project>/<configuration>/ → …/bin/Sluice/<configuration>/
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            var program = Path.Combine(here.Parent!.Parent!.FullName, "Sluice", here.Name, "sluice.dll");
            return File.Exists(program) ? program : throw new FileNotFoundException("The program sluice is not built.", program);
        }
    }

    /// <summary>The first folder that holds the solution file, going up from each of the given places in turn.</summary>
    public static string FindRoot(IEnumerable<string> places)
    {
        var tried = new List<string>();
        foreach (var place in places)
        {
            for (var folder = new DirectoryInfo(place); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, Mark)))
                {
                    return folder.FullName;
                }
            }

            tried.Add(place);
        }

        throw new DirectoryNotFoundException($"No {Mark} at or above any of: {string.Join(", ", tried)}");
    }

    // For a build whose artifacts lie outside the repository. A deterministic build does not know its folder; there the other places do.
    private static string ThisFile([CallerFilePath] string path = "")
    {
        return path;
    }
}
