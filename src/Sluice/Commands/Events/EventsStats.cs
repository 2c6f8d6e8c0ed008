using System.CommandLine;
using Sluice.Commands.Output;

namespace Sluice.Commands.Events;

/// <summary><c>sluice events stats</c></summary>
internal static class EventsStats
{
    public static Command Create(CommandHost host)
    {
        var hours = new Option<int>("--hours") { Description = "How far back. Default: 24.", DefaultValueFactory = _ => 24 };
        hours.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 24 * 31)
            {
                result.AddError("--hours is a number from 1 to 744: the counts are kept for a month.");
            }
        });
        var command = new Command("stats", "Counts what came in by its way, its outcome and its name: accepted, refused, duplicate, late, ignored, of unknown tokens.") { hours };
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            var now = session.Host.Time.GetUtcNow();
            var counts = await session.Store.IntakeCounts.ListAsync(session.Project, now.AddHours(-parsed.GetValue(hours)), now.AddMinutes(1), cancellationToken);
            Write(session, [.. counts.GroupBy(c => (c.Way, c.Outcome, c.Name))
                .Select(g => new IntakeCountAnswer(g.Key.Way, g.Key.Outcome, g.Key.Name, g.Sum(c => c.Records), g.Sum(c => c.Bytes), g.Max(c => c.Minute)))
                .OrderBy(c => c.Way, StringComparer.Ordinal).ThenBy(c => c.Outcome, StringComparer.Ordinal).ThenByDescending(c => c.Records).ThenBy(c => c.Name, StringComparer.Ordinal)]);
            return ExitCode.Ok;
        });
    }

    private static void Write(ProjectSession session, IReadOnlyList<IntakeCountAnswer> counts)
    {
        if (session.Json)
        {
            session.Console.Json(new IntakeCountListAnswer(session.Project, counts), AnswerJson.Readable.IntakeCountListAnswer);
        }
        else if (counts.Count == 0)
        {
            session.Console.Tell("Nothing came in during that time.");
        }
        else
        {
            session.Console.Table(
                ["Way", "Outcome", "Name", ">Records", ">Bytes", "Last minute"],
                [.. counts.Select(c => (IReadOnlyList<string?>)
                    [c.Way, c.Outcome, c.Name, CommandConsole.Number(c.Records), CommandConsole.Number(c.Bytes), CommandConsole.Time(c.LastMinute)])]);
        }
    }
}
