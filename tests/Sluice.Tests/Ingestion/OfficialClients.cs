using Sluice.Testing;

namespace Sluice.Tests.Ingestion;

/// <summary>Where Mixpanel's own clients are installed. Without them, Node or the browser these tests fail: nothing else can stand for them.</summary>
internal static class OfficialClients
{
    public const string Browser = "chromium";

    public static string Folder { get; } = Repository.Combine("tests/Sluice.Simulators.Tests/official-clients");

    /// <summary>A file of an installed client.</summary>
    public static string File(string path)
    {
        var file = Path.Combine(Folder, "node_modules", path);
        Assert.True(System.IO.File.Exists(file), $"{path} is not installed: npm ci in {Path.GetRelativePath(Repository.Root, Folder)}");
        return file;
    }

    /// <summary>The full path of a program that a test cannot do without.</summary>
    public static string Program(string name)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)).FirstOrDefault(System.IO.File.Exists);
        Assert.True(found is not null, $"The program '{name}' is not on the PATH.");
        return found!;
    }
}
