using System.CommandLine;
using Sluice.Configuration;

namespace Sluice.Commands;

/// <summary>Options that several commands have, and how they read the config.</summary>
internal static class CommonOptions
{
    public static Option<string?> Config() => new("--config", "-c")
    {
        Description = "The config file. Default: the environment's SLUICE_CONFIG, else ./sluice.yaml.",
    };

    public static Option<OutputFormat> Format() => new("--format")
    {
        Description = "text for people, json for machines. Default: text.", DefaultValueFactory = _ => OutputFormat.Text,
    };

    /// <summary>The settings; null when the file has problems, which then stand on the error output.</summary>
    public static async Task<SluiceSettings?> LoadAsync(string? config, TextWriter error, CancellationToken cancellationToken)
    {
        var result = ConfigLoader.Load(ConfigFile.Find(config, Environment.GetEnvironmentVariable), Environment.GetEnvironmentVariable);
        if (result.Settings is null || result.Warnings.Count > 0)
        {
            await error.WriteAsync(ConfigReport.ToText(result).AsMemory(), cancellationToken);
        }

        return result.Settings;
    }
}

/// <summary>How a command writes its data.</summary>
internal enum OutputFormat
{
    Text,
    Json,
}
