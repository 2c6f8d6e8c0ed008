using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sluice.Commands.Output;
using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Commands.Profiles;

/// <summary><c>sluice profiles get</c></summary>
internal static class ProfilesGet
{
    private const int LastEvents = 10;

    public static Command Create(CommandHost host)
    {
        var id = ProfilesCommand.Id();
        var export = new Option<string?>("--export") { Description = "Writes everything, with all events, into this file (JSON)." };
        var command = new Command("get", "Says all that is known of a person: ids, profiles, user groups, events, suppressions, contacts and lists.") { id, export };
        return ProjectCommand.Add(command, host, (session, parsed, cancellationToken) =>
            RunAsync(session, parsed.GetValue(id)!, parsed.GetValue(export), cancellationToken));
    }

    private static async Task<int> RunAsync(ProjectSession session, string id, string? export, CancellationToken cancellationToken)
    {
        var record = await session.Store.PersonalData.ReadAsync(session.Project, id, cancellationToken);
        var names = record.Ids.ToDictionary(i => i.Key, i => i.DistinctId);
        var (count, last) = await session.Console.WithProgressAsync(
            "Looking through the events", _ => EventsAsync(session, names, cancellationToken));
        if (record.IsEmpty && count == 0)
        {
            throw new CommandException(ExitCode.NotFound, $"Nothing is known of '{id}'. Ids are told apart by every letter, as Mixpanel sends them.");
        }

        var answer = await AnswerAsync(session, record, count, last, cancellationToken);
        if (session.Json)
        {
            session.Console.Json(answer, ProfilesJson.Readable.PersonAnswer);
        }
        else
        {
            Write(session.Console, answer);
        }

        if (export is not null)
        {
            await ExportAsync(session, id, export, cancellationToken);
        }

        return ExitCode.Ok;
    }

    private static async Task ExportAsync(ProjectSession session, string id, string export, CancellationToken cancellationToken)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                // It holds somebody's whole story.
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            await using var file = new FileStream(export, options);
            await new PersonalDataFile(session.Store.PersonalData, session.Store.EventLog, session.Host.Time).WriteAsync(session.Project, [id], file, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Failed, $"{export} cannot be written: {e.Message}");
        }

        session.Console.Tell($"Everything is in {export}.");
    }

    private static async Task<(long Count, List<LoggedEvent> Last)> EventsAsync(
        ProjectSession session, Dictionary<PersonKey, string> ids, CancellationToken cancellationToken)
    {
        var count = 0L;
        var last = new Queue<LoggedEvent>();
        await foreach (var one in PersonEvents.ReadAsync(session.Store.EventLog, session.Project, ids.Keys.ToHashSet(), cancellationToken))
        {
            count++;
            last.Enqueue(one);
            if (last.Count > LastEvents)
            {
                last.Dequeue();
            }
        }

        return (count, [.. last.Reverse()]);
    }

    private static async Task<PersonAnswer> AnswerAsync(
        ProjectSession session, PersonalRecord record, long count, List<LoggedEvent> last, CancellationToken cancellationToken)
    {
        var groups = (await session.Store.Groups.ListAsync(session.Project, cancellationToken)).ToDictionary(g => g.Cohort, g => g.Name);
        var names = record.Ids.ToDictionary(i => i.Key, i => i.DistinctId);
        return new PersonAnswer(
            session.Project,
            [.. record.Ids.Select(i => i.DistinctId)],
            [.. record.Profiles.Select(p => new KeptProfileAnswer(p.DistinctId, p.FirstSeen, p.UpdatedAt, JsonElement.Parse(p.Properties)))],
            [.. record.UserGroups.OrderByDescending(s => s.EnteredAt).Select(s => new GroupStayAnswer(s.Cohort, groups.GetValueOrDefault(s.Cohort), s.EnteredAt, s.LeftAt))],
            [.. record.Suppressions.Select(SuppressionsCommand.Answer)],
            [.. record.Contacts.Select(c => new KeptContactAnswer(c.Destination, c.DistinctId, c.RemoteId, c.Email, c.State.ToString().ToLowerInvariant()))],
            [.. record.Lists.Select(l => new KeptListAnswer(l.Destination, l.List, l.Name, l.State.ToString().ToLowerInvariant(), l.Since))],
            record.Claims.Count,
            record.DeadLetters.Count,
            count,
            [
                .. last.Select(e => new EventAnswer(
                    e.Name, DateTimeOffset.FromUnixTimeMilliseconds(e.Time), names[e.Person], e.Origin.ToString().ToLowerInvariant(),
                    JsonElement.Parse(System.Text.Encoding.UTF8.GetString(e.Properties)))),
            ]);
    }

    private static void Write(CommandConsole console, PersonAnswer person)
    {
        console.Line($"Person {person.DistinctIds[0]}");
        console.Pairs(
        [
            ("Ids", string.Join(", ", person.DistinctIds)),
            ("Events", CommandConsole.Number(person.Events)),
            ("Identity claims", CommandConsole.Number(person.IdentityClaims)),
            ("Dead letters", CommandConsole.Number(person.DeadLetters)),
        ]);
        foreach (var profile in person.Profiles)
        {
            console.Line();
            console.Line($"Profile of {profile.DistinctId}, first seen {CommandConsole.Time(profile.FirstSeen)}");
            console.Pairs([.. profile.Properties.EnumerateObject().Select(p => (p.Name, (string?)p.Value.ToString())).DefaultIfEmpty(("(no properties)", null))]);
        }

        Section(console, "User groups", person.UserGroups, ["Cohort", "Name", "Entered", "Left"],
            g => [g.CohortId, g.Name, CommandConsole.Time(g.EnteredAt), CommandConsole.Time(g.LeftAt)]);
        Section(console, "Contacts", person.Contacts, ["Destination", "Distinct id", ">Id", "Email", "State"],
            c => [c.Destination, c.DistinctId, c.Id?.ToString(CultureInfo.InvariantCulture), c.Email, c.State]);
        Section(console, "Lists", person.Lists, ["Destination", ">List", "Name", "State", "Since"],
            l => [l.Destination, l.ListId.ToString(CultureInfo.InvariantCulture), l.Name, l.State, CommandConsole.Time(l.Since)]);
        Section(console, "Suppressions", person.Suppressions, ["Since", "Email or phone", "List", "Reason", "Source"],
            s => [CommandConsole.Time(s.At), s.Email ?? s.Phone ?? "(the person)", s.ListId == 0 ? "all" : s.ListId.ToString(CultureInfo.InvariantCulture), s.Reason, s.Source]);
        Section(console, "Last events", person.LastEvents, ["Time", "Event", "Distinct id", "Origin"],
            e => [CommandConsole.Time(e.Time), e.Event, e.DistinctId, e.Origin]);
    }

    private static void Section<T>(
        CommandConsole console, string title, IReadOnlyList<T> items, IReadOnlyList<string> columns, Func<T, IReadOnlyList<string?>> row)
    {
        if (items.Count > 0)
        {
            console.Line();
            console.Line(title);
            console.Table(columns, [.. items.Select(row)]);
        }
    }
}
