using System.Diagnostics.CodeAnalysis;

using Xunit;

namespace Sluice.Testing;

/// <summary>What a test needs from the machine. Missing on a developer's machine it skips the test; on the build server it fails it.</summary>
public static class Prerequisite
{
    /// <summary>True when <c>CI=true</c>: there, a skipped test would be a green lie.</summary>
    public static bool OnBuildServer => string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Ends the running test because <paramref name="what"/> is not on this machine.</summary>
    [DoesNotReturn]
    public static void Missing(string what)
    {
        Missing(what, OnBuildServer);
    }

    /// <inheritdoc cref="Missing(string)"/>
    [DoesNotReturn]
    public static void Missing(string what, bool onBuildServer)
    {
        var message = $"Missing prerequisite: {what}";
        if (onBuildServer)
        {
            Assert.Fail(message);
        }

        Assert.Skip(message);
    }

    /// <summary>The full path of a program on the PATH; ends the test when there is none.</summary>
    public static string Program(string name)
    {
        var path = FindProgram(name);
        if (path is null)
        {
            Missing($"the program '{name}' on the PATH");
        }

        return path;
    }

    internal static IEnumerable<string> FoldersOfPath()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static string? FindProgram(string name)
    {
        return FoldersOfPath().Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }
}
