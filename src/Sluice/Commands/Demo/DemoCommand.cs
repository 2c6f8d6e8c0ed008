using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Sluice.Commands.Demo;

/// <summary><c>sluice demo</c></summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var people = new Option<int>("--people") { Description = "People in the larger cohort. Default: 5000.", DefaultValueFactory = _ => 5_000 };
        var interval = new Option<double>("--interval") { Description = "Seconds between two changes. Default: 4.", DefaultValueFactory = _ => 4 };
        var duration = new Option<double?>("--seconds") { Description = "Ends by itself after so many seconds. Default: until Ctrl+C." };
        var seed = new Option<ulong>("--seed") { Description = "Another seed makes other people. Default: 1.", DefaultValueFactory = _ => 1UL };
        var command = new Command("demo", "Starts Sluice with simulators of Mixpanel and Brevo in a folder of its own, and shows what happens.")
        {
            people, interval, duration, seed,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new DemoOptions(
                Math.Clamp(parsed.GetValue(people), 10, 1_000_000),
                TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(interval), 0.2, 3600)),
                parsed.GetValue(duration) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                parsed.GetValue(seed)),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(DemoOptions options, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (options.Duration is { } duration)
        {
            stop.CancelAfter(duration);
        }

        // A terminal that is closed: its folder goes as after Ctrl+C.
        using var closed = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            stop.Cancel();
        });

        // On a terminal the screen is redrawn all the time; elsewhere warnings go where errors go.
        using var loggers = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(AnsiConsole.Profile.Capabilities.Interactive ? LogLevel.None : LogLevel.Warning)
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        await using var world = await AnsiConsole.Status().StartAsync(
            "Starting Sluice, and simulators of Mixpanel and Brevo …", _ => DemoWorld.StartAsync(options, loggers, TimeProvider.System, stop.Token));
        var screen = new DemoScreen(world, AnsiConsole.Console, TimeProvider.System);
        var life = world.LiveAsync(stop.Token);
        await screen.ShowAsync(stop.Token);
        await life;
        return await screen.SummariseAsync() ? ExitCode.Ok : ExitCode.Partial;
    }
}
