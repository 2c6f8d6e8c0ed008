using System.Runtime.CompilerServices;
using System.Text;
using Sluice.Configuration;

namespace Sluice.Tests.Configuration;

/// <summary>Config files as text, and the folders of the working tree.</summary>
internal static class Given
{
    public static readonly string Folder = Path.GetTempPath();

    public static ConfigResult Config(string yaml, params (string Name, string Value)[] environment) =>
        ConfigLoader.Parse(Encoding.UTF8.GetBytes(yaml), "sluice.yaml", Folder, Environment(environment));

    public static SluiceSettings Settings(string yaml, params (string Name, string Value)[] environment)
    {
        var result = Config(yaml, environment);
        Assert.Equal("", ConfigReport.ToText(result with { Warnings = [] }));
        return result.Settings!;
    }

    public static ProjectSettings Project(string yaml, params (string Name, string Value)[] environment) =>
        Assert.Single(Settings(yaml, environment).Projects);

    /// <summary>Problems and warnings as <c>line:column: key — message; remedy</c>.</summary>
    public static string Findings(string yaml, params (string Name, string Value)[] environment) =>
        ConfigReport.ToText(Config(yaml, environment)).Replace("sluice.yaml:", "", StringComparison.Ordinal).TrimEnd('\n');

    public static Func<string, string?> Environment(params (string Name, string Value)[] variables) =>
        name => variables.Where(variable => variable.Name == name).Select(variable => variable.Value).FirstOrDefault();

    /// <summary>A path below the root of the working tree, which is above this file or, where builds hide such paths, above the built tests.</summary>
    public static string InRepository(params string[] path)
    {
        foreach (var start in new[] { ThisFile(), AppContext.BaseDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Sluice.slnx")))
                {
                    return Path.Combine([folder.FullName, .. path]);
                }
            }
        }

        throw new InvalidOperationException("The working tree that the tests were built from is not there.");
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
