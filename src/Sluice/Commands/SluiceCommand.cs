using System.CommandLine;
using Sluice.Commands.Budgets;
using Sluice.Commands.Cohorts;
using Sluice.Commands.Demo;
using Sluice.Commands.Doctor;
using Sluice.Commands.Events;
using Sluice.Commands.Export;
using Sluice.Commands.Identity;
using Sluice.Commands.Import;
using Sluice.Commands.Profiles;

namespace Sluice.Commands;

/// <summary>The program's commands.</summary>
public static class SluiceCommand
{
    // Requests have 30 s to end, and a renewal of OAuth tokens as much, whose answer must be kept: tokens come once.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(90);

    /// <param name="host">What the commands take from around them; null for this process.</param>
    public static RootCommand Create(CommandHost? host = null)
    {
        host ??= CommandHost.Process;
        return new RootCommand($"Sluice keeps Brevo in step with Mixpanel. {ExitCode.Help}")
        {
            ServeCommand.Create(),
            DemoCommand.Create(),
            ConfigCommand.Create(),
            DoctorCommand.Create(host),
            CohortsCommand.Create(host),
            EventsCommand.Create(host),
            ImportCommand.Create(host),
            ExportCommand.Create(host),
            RunsCommand.Create(host),
            BudgetsCommand.Create(host),
            DeadLettersCommand.Create(host),
            SuppressionsCommand.Create(host),
            ExplainCommand.Create(host),
            IdentityCommand.Create(host),
            ProfilesCommand.Create(host),
        };
    }

    /// <summary>Parses a command line and runs it.</summary>
    /// <param name="configuration">Where the output goes; null for the console.</param>
    /// <returns>The exit code; a wrong command line has one of its own.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, CommandHost? host = null, InvocationConfiguration? configuration = null, CancellationToken cancellationToken = default)
    {
        var parsed = Create(host).Parse(arguments);
        var code = await parsed.InvokeAsync(configuration ?? new InvocationConfiguration { ProcessTerminationTimeout = StopLimit }, cancellationToken);
        return parsed.Errors.Count > 0 ? ExitCode.Usage : code;
    }
}
