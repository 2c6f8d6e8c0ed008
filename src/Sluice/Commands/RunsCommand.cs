using System.CommandLine;
using Sluice.Commands.Output;
using Sluice.Core.Delivery;

namespace Sluice.Commands;

/// <summary><c>sluice runs</c></summary>
internal static class RunsCommand
{
    public static Command Create(CommandHost host)
    {
        var limit = CommonOptions.Limit(20, "runs");
        var command = new Command("runs", "Shows the last runs, newest first: what was sent where, and what became of it.") { limit };
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            var runs = await session.Store.Runs.ListAsync(session.Project, parsed.GetValue(limit), cancellationToken);
            Write(session, runs);
            return ExitCode.Ok;
        });
    }

    public static RunAnswer Answer(Run run) =>
        new(run.Id, run.List, run.Kind, run.State, run.StartedAt, run.EndedAt, new SortedDictionary<string, long>(run.Counts.ToDictionary(), StringComparer.Ordinal), run.Note,
            run.Destination);

    private static void Write(ProjectSession session, IReadOnlyList<Run> runs)
    {
        if (session.Json)
        {
            session.Console.Json(new RunListAnswer(session.Project, [.. runs.Select(Answer)]), AnswerJson.Readable.RunListAnswer);
            return;
        }

        if (runs.Count == 0)
        {
            session.Console.Tell("There have been no runs yet.");
            return;
        }

        session.Console.Table(
            ["Started", "Destination", "List", "Kind", "State", ">Seconds", ">Added", ">Removed", ">Updated", ">Refused", ">Calls", "More"],
            [.. runs.Select(r => (IReadOnlyList<string?>)
            [
                CommandConsole.Time(r.StartedAt), r.Destination, r.List?.ToString(System.Globalization.CultureInfo.InvariantCulture), r.Kind, r.State,
                r.EndedAt is { } end ? (end - r.StartedAt).TotalSeconds.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture) : null,
                Count(r, "added"), Count(r, "removed"), Count(r, "updated"), Count(r, "refused"), Count(r, "calls"),
                string.Join(", ", r.Counts.Where(c => c.Value > 0 && !IsColumn(c.Key)).OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key} {CommandConsole.Number(c.Value)}").Append(r.Note).Where(t => t is not null)),
            ])]);
    }

    private static bool IsColumn(string count) => count is "added" or "removed" or "updated" or "refused" or "calls";

    private static string Count(Run run, string name) => CommandConsole.Number(run.Counts.GetValueOrDefault(name));
}
