using System.CommandLine;
using Sluice.Configuration;

namespace Sluice.Commands;

/// <summary><c>sluice config check</c></summary>
internal static class ConfigCommand
{
    public static Command Create()
    {
        var config = CommonOptions.Config();
        var format = CommonOptions.Format();
        var check = new Command("check", "Reads the config file and says everything that is wrong with it, without starting anything.") { config, format };
        check.SetAction((parsed, cancellationToken) => ConfigCheck.RunAsync(
            parsed.GetValue(config),
            Environment.GetEnvironmentVariable,
            parsed.GetValue(format) == OutputFormat.Json ? ConfigCheckFormat.Json : ConfigCheckFormat.Text,
            Console.Out,
            Console.Error,
            cancellationToken));
        return new Command("config", "The config file.") { check };
    }
}
