using System.CommandLine;
using System.Globalization;
using Sluice.Commands.Output;
using Sluice.Core.Doctor;

namespace Sluice.Commands.Doctor;

/// <summary><c>sluice doctor</c></summary>
internal static class DoctorCommand
{
    private const int DefaultSeconds = 30;

    public static Command Create(CommandHost host)
    {
        var config = CommonOptions.Config();
        var project = CommonOptions.Project();
        var format = CommonOptions.Format();
        var offline = new Option<bool>("--offline") { Description = "Looks at the config and the stored data only, and asks nobody." };
        var timeout = new Option<int>("--timeout")
        {
            Description = $"How many seconds it may take. Default: {DefaultSeconds}.", DefaultValueFactory = _ => DefaultSeconds,
        };
        timeout.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 600)
            {
                result.AddError("--timeout is a number of seconds from 1 to 600.");
            }
        });
        var command = new Command(
            "doctor",
            "Looks for what is wrong: config, store, credentials, hosts, plans, data. Changes nothing, and spends at most 3 of Mixpanel's hourly queries a project.")
        {
            config, project, format, offline, timeout,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var run = new DoctorRun(host, parsed.GetValue(config), parsed.GetValue(project), parsed.GetValue(offline), TimeSpan.FromSeconds(parsed.GetValue(timeout)));
            var console = new CommandConsole(parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            try
            {
                var findings = await run.RunAsync(cancellationToken);
                Write(console, findings, parsed.GetValue(format) == OutputFormat.Json);
                return CodeOf(findings);
            }
            catch (CommandException e)
            {
                console.Tell(e.Message);
                return e.ExitCode;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                console.Tell("Stopped.");
                return ExitCode.Failed;
            }
        });
        return command;
    }

    private static int CodeOf(IReadOnlyList<Finding> findings)
    {
        var errors = findings.Where(f => f.Kind.Severity == FindingSeverity.Error).Select(f => f.Kind).ToList();
        return errors.Count == 0 ? ExitCode.Ok
            : errors.Contains(FindingCatalogue.ConfigInvalid) || errors.Contains(FindingCatalogue.MasterKeyWrong) ? ExitCode.Config
            : errors.Contains(FindingCatalogue.StoreUnreachable) || errors.Contains(FindingCatalogue.StoreNewer) ? ExitCode.StoreUnavailable
            : ExitCode.Partial;
    }

    private static void Write(CommandConsole console, IReadOnlyList<Finding> findings, bool json)
    {
        var errors = findings.Count(f => f.Kind.Severity == FindingSeverity.Error);
        var warnings = findings.Count(f => f.Kind.Severity == FindingSeverity.Warning);
        if (json)
        {
            console.Json(
                new DoctorAnswer(
                    errors == 0, errors, warnings,
                    [.. findings.Select(f => new FindingAnswer(f.Kind.Code, Word(f), f.Project, f.Seen, f.Kind.What, f.Kind.Cause, f.Kind.Remedy))]),
                DoctorJson.Readable.DoctorAnswer);
            return;
        }

        foreach (var finding in findings)
        {
            console.Line($"{Word(finding)}: {finding.Kind.Code}{(finding.Project is null ? "" : $" (project {finding.Project})")}");
            console.Pairs([("seen", finding.Seen), ("effect", finding.Kind.What), ("cause", finding.Kind.Cause), ("remedy", finding.Kind.Remedy)]);
            console.Line();
        }

        console.Tell(findings.Count == 0
            ? "Nothing is wrong."
            : string.Create(CultureInfo.InvariantCulture, $"Found: {errors} errors, {warnings} warnings, {findings.Count - errors - warnings} notes."));
    }

    private static string Word(Finding finding) => finding.Kind.Severity switch
    {
        FindingSeverity.Error => "error",
        FindingSeverity.Warning => "warning",
        _ => "note",
    };
}
