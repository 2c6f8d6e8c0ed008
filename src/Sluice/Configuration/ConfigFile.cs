namespace Sluice.Configuration;

/// <summary>Where the config file is.</summary>
public static class ConfigFile
{
    /// <summary>The environment variable that names the file.</summary>
    public const string Variable = "SLUICE_CONFIG";

    /// <summary>The file when nothing names one.</summary>
    public const string DefaultName = "sluice.yaml";

    /// <summary>
    /// The value of <c>--config</c>, else of <c>SLUICE_CONFIG</c>, else <c>sluice.yaml</c> in the current folder. Empty counts as not given.
    /// </summary>
    /// <param name="option">The value of <c>--config</c>, or null.</param>
    /// <param name="environment">Gives the value of a variable, or null.</param>
    public static string Find(string? option, Func<string, string?> environment) =>
        !string.IsNullOrEmpty(option) ? option
        : environment(Variable) is { Length: > 0 } named ? named
        : DefaultName;
}
