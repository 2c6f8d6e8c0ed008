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

    public static Option<string?> Project() => new("--project", "-p")
    {
        Description = "The project's id. Needed only when the config has several.",
    };

    public static Option<int> Limit(int value, string what)
    {
        var limit = new Option<int>("--limit") { Description = $"At most so many {what}. Default: {value}.", DefaultValueFactory = _ => value };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--limit is a number from 1 on.");
            }
        });
        return limit;
    }

    /// <summary>The settings; null when the file has problems, which then stand on the error output.</summary>
    public static Task<SluiceSettings?> LoadAsync(string? config, TextWriter error, CancellationToken cancellationToken) =>
        LoadAsync(config, Environment.GetEnvironmentVariable, error, cancellationToken);

    /// <inheritdoc cref="LoadAsync(string?, TextWriter, CancellationToken)"/>
    public static async Task<SluiceSettings?> LoadAsync(
        string? config, Func<string, string?> environment, TextWriter error, CancellationToken cancellationToken)
    {
        var result = ConfigLoader.Load(ConfigFile.Find(config, environment), environment);
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
