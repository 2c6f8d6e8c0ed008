using System.CommandLine;
using System.Text;
using System.Text.Json;
using Sluice.Commands.Output;
using Sluice.Core.Events;

namespace Sluice.Commands.Events;

/// <summary><c>sluice events tail</c></summary>
internal static class EventsTail
{
    private const int Page = 500;
    private const int ShownProperties = 160;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    public static Command Create(CommandHost host)
    {
        var limit = CommonOptions.Limit(20, "of the newest events");
        var names = new Option<string[]>("--name", "-n") { Description = "Only events of this name; may be given several times." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Goes on with what comes, until it is interrupted." };
        var command = new Command("tail", "Shows the newest events in the order in which they came.") { limit, names, follow };
        return ProjectCommand.Add(command, host, async (session, parsed, cancellationToken) =>
        {
            var wanted = parsed.GetValue(names) is { Length: > 0 } given ? given : null;
            await RunAsync(session, wanted, parsed.GetValue(limit), parsed.GetValue(follow), cancellationToken);
            return ExitCode.Ok;
        });
    }

    private static async Task RunAsync(
        ProjectSession session, IReadOnlyCollection<string>? names, int limit, bool follow, CancellationToken cancellationToken)
    {
        var log = session.Store.EventLog;
        var at = await NewestAsync(session, log, names, limit, cancellationToken);
        while (follow)
        {
            var page = await log.ReadAsync(session.Project, at, Page, names, cancellationToken);
            Write(session, page.Events);
            at = page.Next;
            if (page.AtEnd)
            {
                await Task.Delay(Look, session.Host.Time, cancellationToken);
            }
        }
    }

    /// <summary>Shows the newest events, and says where they end.</summary>
    private static async Task<LogPosition> NewestAsync(
        ProjectSession session, IEventLog log, IReadOnlyCollection<string>? names, int limit, CancellationToken cancellationToken)
    {
        // Backwards by batches, twice as far each time, until there are enough.
        var end = await log.EndAsync(session.Project, cancellationToken);
        var found = new Queue<LoggedEvent>();
        for (var back = 1L; ; back *= 2)
        {
            found.Clear();
            var at = LogPosition.EndOf(Math.Max(0, end.Batch - back));
            for (var last = false; !last;)
            {
                var page = await log.ReadAsync(session.Project, at, Page, names, cancellationToken);
                foreach (var one in page.Events)
                {
                    found.Enqueue(one);
                    if (found.Count > limit)
                    {
                        found.Dequeue();
                    }
                }

                at = page.Next;
                last = page.AtEnd;
            }

            if (found.Count >= limit || back >= end.Batch)
            {
                Write(session, found);
                return at;
            }
        }
    }

    private static void Write(ProjectSession session, IEnumerable<LoggedEvent> events)
    {
        foreach (var one in events)
        {
            using var properties = JsonDocument.Parse(one.Properties);
            var id = properties.RootElement.TryGetProperty("distinct_id", out var value) ? value.ToString() : "";
            if (session.Json)
            {
                session.Console.JsonLine(
                    new EventAnswer(one.Name, DateTimeOffset.FromUnixTimeMilliseconds(one.Time), id, one.Origin.ToString().ToLowerInvariant(), properties.RootElement),
                    AnswerJson.Lines.EventAnswer);
            }
            else
            {
                var text = Encoding.UTF8.GetString(one.Properties);
                session.Console.Line(
                    $"{CommandConsole.Time(DateTimeOffset.FromUnixTimeMilliseconds(one.Time))}  {one.Name}  {(id.Length == 0 ? "-" : id)}  {(text.Length > ShownProperties ? string.Concat(text.AsSpan(0, ShownProperties), "…") : text)}");
            }
        }
    }
}
