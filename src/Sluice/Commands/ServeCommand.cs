using System.CommandLine;
using Microsoft.Extensions.Logging;
using Sluice.Hosting;
using Sluice.Storage;

namespace Sluice.Commands;

/// <summary><c>sluice serve</c></summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var config = CommonOptions.Config();
        var command = new Command("serve", "Runs Sluice: receives cohorts, keeps user groups, keeps the destinations in step.") { config };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(config), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? config, CancellationToken cancellationToken)
    {
        if (await CommonOptions.LoadAsync(config, Console.Error, cancellationToken) is not { } settings)
        {
            return ExitCode.Config;
        }

        using var loggers = Logging();
        try
        {
            await using var node = await SluiceNode.StartAsync(settings, loggers, TimeProvider.System, Console.Out.WriteLine, cancellationToken);
            await WaitForStopAsync(cancellationToken);
            return ExitCode.Ok;
        }
        catch (StartException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitCode.Config;
        }
        catch (StoreBusyException e)
        {
            await Console.Error.WriteLineAsync($"{e.Message} {e.InnerException?.Message}");
            return ExitCode.StoreUnavailable;
        }
    }

    internal static ILoggerFactory Logging() => LoggerFactory.Create(logging => logging
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        })
        .AddFilter("Microsoft", LogLevel.Warning));

    private static async Task WaitForStopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C or SIGTERM: the node is stopped by its disposal.
        }
    }
}
