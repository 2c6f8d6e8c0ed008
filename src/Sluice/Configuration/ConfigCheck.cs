namespace Sluice.Configuration;

/// <summary>How <c>config check</c> answers.</summary>
public enum ConfigCheckFormat
{
    /// <summary>One line for each problem and warning.</summary>
    Text,

    /// <summary>One JSON object.</summary>
    Json,
}

/// <summary>The work of <c>sluice config check</c>: reads the config file with the loader that <c>serve</c> uses, and starts nothing.</summary>
public static class ConfigCheck
{
    /// <summary>The file is valid; there may be warnings.</summary>
    public const int Valid = 0;

    /// <summary>The file is missing, unreadable or wrong. The number that BSD's <c>sysexits</c> calls EX_CONFIG.</summary>
    public const int Invalid = 78;

    /// <summary>Checks the file and writes what was found.</summary>
    /// <param name="configOption">The value of <c>--config</c>, or null.</param>
    /// <param name="environment">Gives the value of an environment variable, or null.</param>
    /// <param name="format">How to write.</param>
    /// <param name="output">Gets the findings.</param>
    /// <param name="error">Gets the summary, when the findings are text.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <returns><see cref="Valid"/> or <see cref="Invalid"/>.</returns>
    public static async Task<int> RunAsync(
        string? configOption,
        Func<string, string?> environment,
        ConfigCheckFormat format,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellationToken)
    {
        var result = ConfigLoader.Load(ConfigFile.Find(configOption, environment), environment);
        if (format == ConfigCheckFormat.Json)
        {
            await output.WriteAsync(ConfigReport.ToJson(result).AsMemory(), cancellationToken);
        }
        else
        {
            await output.WriteAsync(ConfigReport.ToText(result).AsMemory(), cancellationToken);
            await error.WriteAsync($"{ConfigReport.Summary(result)}\n".AsMemory(), cancellationToken);
        }

        return result.Settings is null ? Invalid : Valid;
    }
}
