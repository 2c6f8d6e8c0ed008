using Sluice.Testing;

namespace Sluice.Architecture.Tests.Tree;

/// <summary>One text file of the repository.</summary>
/// <param name="Path">Relative to the root, with forward slashes.</param>
/// <param name="Text">Its content.</param>
public sealed record SourceFile(string Path, string Text)
{
    public string Extension => System.IO.Path.GetExtension(Path);
}

/// <summary>The files of the repository that are kept, read once: what .gitignore leaves out is left out here.</summary>
public static class SourceTree
{
    private static readonly string[] BinaryExtensions = [".png", ".ico", ".jpg", ".gif", ".woff2", ".gz", ".db", ".pdf"];

    private static readonly Lazy<IReadOnlyList<SourceFile>> LazyFiles = new(() => Read(Repository.Root));

    public static IReadOnlyList<SourceFile> Files => LazyFiles.Value;

    public static IEnumerable<SourceFile> Under(string folder)
    {
        return Files.Where(file => file.Path.StartsWith(folder + "/", StringComparison.Ordinal));
    }

    public static IReadOnlyList<SourceFile> Read(string root)
    {
        // Of .gitignore's language this repository uses two forms: "folder/" and "*.extension".
        var ignored = File.ReadAllLines(Path.Combine(root, ".gitignore"));
        var folders = ignored.Where(line => line.EndsWith('/')).Select(line => line.Trim('/')).Append(".git").ToHashSet(StringComparer.Ordinal);
        var extensions = ignored.Where(line => line.StartsWith("*.", StringComparison.Ordinal)).Select(line => line[1..])
            .Concat(BinaryExtensions).ToHashSet(StringComparer.Ordinal);
        var files = new List<SourceFile>();
        Visit(new DirectoryInfo(root));
        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];

        void Visit(DirectoryInfo folder)
        {
            files.AddRange(folder.EnumerateFiles()
                .Where(file => !extensions.Contains(file.Extension))
                .Select(file => new SourceFile(Path.GetRelativePath(root, file.FullName).Replace('\\', '/'), File.ReadAllText(file.FullName))));
            foreach (var child in folder.EnumerateDirectories().Where(child => !folders.Contains(child.Name)))
            {
                Visit(child);
            }
        }
    }
}
