using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sluice.Commands.Output;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Hosting;
using Sluice.Mixpanel.Client;

namespace Sluice.Commands.Export;

/// <summary><c>sluice export</c></summary>
internal static class ExportCommand
{
    private const string Mixpanel = "mixpanel";
    private const string ToOutput = "-";

    // So many of an hour's 60 calls one export takes, where its days allow that.
    private const int FewCalls = 24;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static Command Create(CommandHost host)
    {
        var source = new Option<string>("--source")
        {
            Description = "Whose events: mixpanel, by its raw export. What Sluice itself has stored cannot be exported yet.", Required = true,
        };
        source.AcceptOnlyFromAmong(Mixpanel);
        var from = Day("--from", "The first day, as 2026-01-31.");
        var to = Day("--to", "The last day, which is part of it. Days are UTC for projects made since 2023, and of the project's time zone for older ones.");
        var events = new Option<string[]>("--event") { Description = "Only events of this name; may be given several times. Default: all." };
        var where = new Option<string?>("--where") { Description = "Only events that meet this expression of Mixpanel's, as properties[\"amount\"] > 10." };
        var output = new Option<string>("--output", "-o")
        {
            Description = "The file, or - for standard output. Only a file can go on after an interruption: repeat the command.", DefaultValueFactory = _ => ToOutput,
        };
        var gzip = new Option<bool>("--gzip") { Description = "Packs what is written." };
        var days = new Option<int?>("--days")
        {
            Description = $"The days of one call, of which an hour has 60; an interrupted export goes on with the call that it was at. Default: as few as make no more than {FewCalls} calls.",
        };
        days.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > ExportRequest.DefaultWindowDays)
            {
                result.AddError($"--days is a number from 1 to {ExportRequest.DefaultWindowDays}.");
            }
        });
        var restart = new Option<bool>("--restart") { Description = "Begins anew, and replaces a file that is there." };
        var command = new Command("export", "Writes events as Mixpanel has them, one JSON object a line. Mixpanel neither orders nor de-duplicates them; 'sluice import' does.")
        {
            source, from, to, events, where, output, gzip, days, restart,
        };
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            var (first, last) = (parsed.GetValue(from), parsed.GetValue(to));
            if (last < first)
            {
                throw new CommandException(ExitCode.Usage, "--to is before --from.");
            }

            var names = parsed.GetValue(events) is { Length: > 0 } given ? given : null;
            var request = new ExportRequest(first, last)
            {
                Events = names,
                Where = parsed.GetValue(where),
                WindowDays = parsed.GetValue(days) ?? Math.Clamp((last.DayNumber - first.DayNumber + FewCalls) / FewCalls, 1, ExportRequest.DefaultWindowDays),
            };
            var question = new ExportQuestion(
                session.Project, first, last, names is null ? "" : JsonSerializer.Serialize(names, ExportCommandJson.Default.StringArray), request.Where, parsed.GetValue(gzip));
            return await RunAsync(
                session, request, question, parsed.GetValue(output)!, parsed.GetValue(restart), parsed.InvocationConfiguration.Output, cancellationToken);
        });
    }

    private static async Task<int> RunAsync(
        ProjectSession session, ExportRequest request, ExportQuestion question, string file, bool restart, TextWriter output, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(session.Host.Http()) { Timeout = Timeout.InfiniteTimeSpan };
        var access = MixpanelAccess.Of(session.Configured, session.Store.PermitBooks, session.Tokens, session.Host.Time) ?? throw new CommandException(
            ExitCode.Config, "The project has no credentials for Mixpanel's raw export: set connectors.mixpanel.service_account and project_id (or oauth, or project_secret), or connect them by the management API, and see that the connector is neither switched off nor paused.");
        var client = new MixpanelExportClient(http, access.Options, access.Budgets.For(MixpanelCaller.Person(Patience)));
        using ExportTarget target = file == ToOutput ? StreamTarget.Open(output, question.Gzip) : FileTarget.Open(file, question, restart);
        var resumed = target.Done;
        var exporter = new Exporter(client, target, session.Host.Time);
        try
        {
            await session.Console.WithProgressAsync(
                $"Exporting {request.From:yyyy-MM-dd} to {request.To:yyyy-MM-dd}",
                async shown =>
                {
                    await exporter.RunAsync(request, shown, cancellationToken);
                    return true;
                });
            target.Finish();
        }
        catch (Exception e) when (e is MixpanelException or MixpanelBudgetException)
        {
            throw new CommandException(CodeOf(e, target), $"{e.Message}{Advice(e, target)}");
        }
        catch (IOException e)
        {
            throw new CommandException(ExitCode.Failed, $"{(file == ToOutput ? "Standard output" : file)} cannot be written: {e.Message}");
        }

        Tell(session, target, exporter.Windows, resumed, file == ToOutput ? null : file);
        return target.Damaged == 0 ? ExitCode.Ok : ExitCode.Partial;
    }

    private static int CodeOf(Exception failure, ExportTarget target) => failure switch
    {
        MixpanelException { Kind: MixpanelFailureKind.Unauthorized } => ExitCode.Config,
        MixpanelException { Kind: MixpanelFailureKind.DateNotReached or MixpanelFailureKind.Refused or MixpanelFailureKind.QueryFailed } => ExitCode.Usage,
        _ => target.Done is null ? ExitCode.Failed : ExitCode.Partial,
    };

    private static string Advice(Exception failure, ExportTarget target) => failure switch
    {
        MixpanelException { Kind: MixpanelFailureKind.Unauthorized } => " See that the credentials are right and connectors.mixpanel.data_residency is where the project lies.",
        MixpanelException { Kind: MixpanelFailureKind.DateNotReached } => " Choose an earlier --to.",
        MixpanelException { ShouldRetry: false } => "",
        _ when !target.CanGoBack => " What was written is not whole.",
        _ => target.Done is { } done ? $" Until {done:yyyy-MM-dd} everything is there: repeat the command, and it goes on." : " Repeat the command later.",
    };

    private static void Tell(ProjectSession session, ExportTarget target, int calls, DateOnly? resumed, string? file)
    {
        if (target.Damaged > 0)
        {
            session.Console.Tell($"{CommandConsole.Number(target.Damaged)} lines were no records, and are left out.");
        }

        if (file is null)
        {
            session.Console.Tell($"{CommandConsole.Number(target.Records)} events in {calls} calls.");
            return;
        }

        if (session.Json)
        {
            session.Console.Json(
                new ExportAnswer(session.Project, file, target.Records, target.Length, calls, target.Damaged, resumed), ExportCommandJson.Default.ExportAnswer);
            return;
        }

        session.Console.Pairs(
        [
            ("file", file), ("events", CommandConsole.Number(target.Records)), ("bytes", CommandConsole.Number(target.Length)), ("calls", CommandConsole.Number(calls)),
            ("went on after", resumed?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
        ]);
    }

    private static Option<DateOnly> Day(string name, string description) => new(name)
    {
        Description = description,
        Required = true,
        CustomParser = result =>
        {
            if (!DateOnly.TryParseExact(result.Tokens[0].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            {
                result.AddError($"{name} is a day, as 2026-01-31.");
            }

            return day;
        },
    };
}

/// <param name="Calls">Calls of this run.</param>
/// <param name="Resumed">The last day that an earlier run had exported; null when this run began.</param>
internal sealed record ExportAnswer(string Project, string File, long Events, long Bytes, int Calls, long Damaged, DateOnly? Resumed);

[JsonSerializable(typeof(ExportAnswer))]
[JsonSerializable(typeof(string[]))]
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class ExportCommandJson : JsonSerializerContext;
