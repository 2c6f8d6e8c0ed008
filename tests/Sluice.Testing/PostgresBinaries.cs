using System.Globalization;

namespace Sluice.Testing;

/// <summary>Finds PostgreSQL's server programs.</summary>
public static class PostgresBinaries
{
    /// <summary>The oldest PostgreSQL that Sluice supports.</summary>
    public const int OldestVersion = 15;

    private const string DebianFolder = "/usr/lib/postgresql";

    /// <summary>The folder with <c>initdb</c> and <c>postgres</c>, newest version first, or null.</summary>
    public static string? Find()
    {
        return Find(DebianFolder, Prerequisite.FoldersOfPath());
    }

    /// <summary>Looks into <c>VERSION/bin</c> under the first folder (Debian's layout, not on the PATH), then into the others.</summary>
    public static string? Find(string versionedFolder, IEnumerable<string> otherFolders)
    {
        var versions = Directory.Exists(versionedFolder) ? Directory.GetDirectories(versionedFolder) : [];
        return versions
            .Select(folder => (Folder: Path.Combine(folder, "bin"), Version: VersionOf(folder)))
            .Where(candidate => candidate.Version >= OldestVersion)
            .OrderByDescending(candidate => candidate.Version)
            .Select(candidate => candidate.Folder)
            .Concat(otherFolders)
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    private static int VersionOf(string folder)
    {
        return int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;
    }
}
