using System.CommandLine;
using Sluice.Commands.Output;

namespace Sluice.Commands.Import;

/// <summary><c>sluice import</c></summary>
internal static class ImportCommand
{
    public static Command Create(CommandHost host)
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "Files of events: JSON lists, one event a line, CSV; plain or gzip. A folder stands for all of its files, - for standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        var refused = new Option<string?>("--refused") { Description = "Adds refused records to this file, one JSON object a line. Default: a new file in the folder imports beside the store's data." };
        var restart = new Option<bool>("--restart") { Description = "Begins at the beginning of each file, though an earlier run came further." };
        var command = new Command(
            "import",
            "Stores events from files by the rules of /import. Events that are there already are counted and not stored again; an interrupted run goes on where it was.")
        {
            files, refused, restart,
        };
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            var sources = ImportSource.Find(parsed.GetValue(files)!);
            await using var report = RefusedReport.Open(
                parsed.GetValue(refused), session.Settings.Server.DataDirectory, session.Host.Time.GetUtcNow());
            var importer = new Importer(session, report, new ImportProgress(session.Store.Settings, session.Project), parsed.GetValue(restart));
            var counts = await session.Console.WithProgressAsync(
                $"Importing {sources.Count} {(sources.Count == 1 ? "file" : "files")}", progress => importer.RunAsync(sources, progress, cancellationToken));
            Write(session, counts, report);
            return counts.Refused == 0 ? ExitCode.Ok : ExitCode.Partial;
        });
    }

    private static void Write(ProjectSession session, ImportCounts counts, RefusedReport report)
    {
        var answer = new ImportAnswer(
            session.Project, counts.Files, counts.Read, counts.Stored, counts.Duplicates, counts.Refused, counts.Ignored, counts.Skipped,
            ReasonCount.Of(report.Reasons), counts.Refused == 0 ? null : report.File);
        if (session.Json)
        {
            session.Console.Json(answer, AnswerJson.Readable.ImportAnswer);
            return;
        }

        session.Console.Pairs(
        [
            ("files", CommandConsole.Number(counts.Files)), ("read", CommandConsole.Number(counts.Read)), ("stored", CommandConsole.Number(counts.Stored)),
            ("there already", CommandConsole.Number(counts.Duplicates)), ("refused", CommandConsole.Number(counts.Refused)),
            ("told to ignore", CommandConsole.Number(counts.Ignored)), ("done by an earlier run", CommandConsole.Number(counts.Skipped)),
        ]);
        foreach (var reason in answer.Reasons)
        {
            session.Console.Tell($"refused {CommandConsole.Number(reason.Count)}: {reason.Reason}");
        }

        if (answer.RefusedFile is not null)
        {
            session.Console.Tell($"the refused records are in {answer.RefusedFile}");
        }

        foreach (var example in report.Examples)
        {
            session.Console.Tell($"for instance {example}");
        }
    }
}
