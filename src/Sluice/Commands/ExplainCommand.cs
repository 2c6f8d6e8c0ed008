using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sluice.Commands.Output;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Insight;
using Sluice.Destinations.Brevo;

namespace Sluice.Commands;

/// <summary><c>sluice explain</c></summary>
internal static class ExplainCommand
{
    public static Command Create(CommandHost host)
    {
        var id = new Argument<string>("DISTINCT_ID") { Description = "The person's distinct id, exactly as Mixpanel sends it." };
        var list = new Option<long?>("--list", "-l") { Description = "Only this Brevo list." };
        var offline = new Option<bool>("--offline") { Description = "Does not ask Brevo for its attributes." };
        var command = new Command("explain", "Says everything about one person: what is known, which lists they are in or not, why, and since when.") { id, list, offline };
        return ProjectCommand.Add(command, host, (session, parsed, cancellationToken) =>
            RunAsync(session, parsed.GetValue(id)!, parsed.GetValue(list), parsed.GetValue(offline), cancellationToken));
    }

    private static async Task<int> RunAsync(ProjectSession session, string id, long? list, bool offline, CancellationToken cancellationToken)
    {
        var groups = await session.Store.Groups.ListAsync(session.Project, cancellationToken);
        var scope = await session.ScopeAsync(groups, cancellationToken);
        var state = await session.Store.Insight.DestinationAsync(session.Project, BrevoDestination.DestinationName, cancellationToken);
        var lists = state?.Lists ?? new Dictionary<long, ListState>();
        if (list is { } asked && !lists.ContainsKey(asked) && scope.Rules.All(r => r.List != asked))
        {
            var known = string.Join(", ", scope.Rules.Select(r => r.List).Union(lists.Keys).Order());
            throw new CommandException(ExitCode.NotFound, $"Sluice has nothing to do with list {asked}. It knows: {(known.Length == 0 ? "none" : known)}.");
        }

        using var mapping = await BrevoMapping.OpenAsync(session, offline, cancellationToken);
        var explainer = new PersonExplainer(session.Store.Ledger, session.Store.Groups, session.Store.Insight, mapping.Map);
        var person = await explainer.ExplainAsync(scope, [.. lists.Keys.Order()], id, cancellationToken);
        if (person.IsEmpty)
        {
            throw new CommandException(
                ExitCode.NotFound, $"Nothing is known of '{id}' in project {session.Project}. Ids are compared as Mixpanel sends them, upper and lower case included; an e-mail address is not an id.");
        }

        var answer = Answer(session.Project, id, person, mapping.Name, lists, groups, list);
        if (session.Json)
        {
            session.Console.Json(answer, AnswerJson.Readable.ExplainAnswer);
        }
        else
        {
            Write(session.Console, answer, person);
        }

        return ExitCode.Ok;
    }

    private static ExplainAnswer Answer(
        string project, string id, PersonExplanation person, string mapping, IReadOnlyDictionary<long, ListState> lists, IReadOnlyList<UserGroup> groups, long? list) => new(
        project,
        id,
        person.State.DistinctId is null ? null : new ProfileAnswer(Properties(person.State.Properties), person.State.Rev, person.State.FirstSeen),
        mapping,
        person.Blocked is { } blocked ? new BlockedAnswer(blocked.Reason!, blocked.Detail) : null,
        person.State.Contact is { } contact
            ? new ContactAnswer(
                contact.RemoteId, contact.Email, contact.State.ToString().ToLowerInvariant(), contact.Reason, contact.Rev,
                contact.State == LedgerState.Present && contact.Payload == person.Contact.Payload)
            : null,
        [.. person.Lists.Where(l => list is null || l.Rule.List == list).Select(l => new ListReasonAnswer(
            l.Rule.List, lists.GetValueOrDefault(l.Rule.List)?.Name, l.Rule.Mode.ToString().ToLowerInvariant(), l.Configured, l.In, l.Wanted, l.Reason, l.Detail,
            l.Since, l.RunId, l.Run is null ? null : RunsCommand.Answer(l.Run)))],
        [.. person.Groups.Select(g => new GroupStayAnswer(g.Cohort, groups.FirstOrDefault(o => o.Cohort == g.Cohort)?.Name, g.EnteredAt, g.LeftAt))],
        [.. person.Suppressions.Select(SuppressionsCommand.Answer)],
        [.. person.Letters.Select(DeadLettersCommand.Answer)]);

    private static JsonElement Properties(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static void Write(CommandConsole console, ExplainAnswer answer, PersonExplanation person)
    {
        console.Line(answer.DistinctId);
        console.Pairs(
        [
            ("first seen", answer.Profile is { } profile ? CommandConsole.Time(profile.FirstSeen) : "never: only the id is known"),
            ("contactable", answer.NotContactable is { } why ? $"no: {why.Reason}{(why.Detail is null ? "" : $": {why.Detail}")}" : "yes"),
            ("at Brevo", Contact(answer.Contact)),
        ]);
        if (answer.Profile is { } known)
        {
            console.Line();
            console.Line($"Profile, revision {known.Revision}");
            var properties = known.Properties.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => (p.Name, (string?)p.Value.ToString())).ToList();
            if (properties.Count > 0)
            {
                console.Pairs(properties);
            }
        }

        Part(console, "Lists", ["List", "Mode", "In", "Why", "Since", "Run"], answer.Lists.Select(l => (IReadOnlyList<string?>)
        [
            $"{l.ListId.ToString(CultureInfo.InvariantCulture)}{(l.Name is null ? "" : $" \"{l.Name}\"")}",
            l.Configured ? l.Mode : "not in config",
            l.In switch { true => "yes", false => "no", null => "perhaps" },
            l.Detail is null ? l.Reason : $"{l.Reason}: {l.Detail}",
            l.Since is null ? null : CommandConsole.Time(l.Since),
            l.Run is { } run ? $"{run.Kind} of {CommandConsole.Time(run.StartedAt)}" : l.RunId,
        ]));
        Part(console, "User groups", ["Id", "Name", "Entered", "Left"], answer.UserGroups.Select(g => (IReadOnlyList<string?>)
            [g.CohortId, g.Name, CommandConsole.Time(g.EnteredAt), g.LeftAt is null ? "still in" : CommandConsole.Time(g.LeftAt)]));
        if (person.Suppressions.Count > 0)
        {
            console.Line();
            console.Line("Suppressions");
            SuppressionsCommand.Write(console, person.Suppressions);
        }

        Part(console, "Dead letters", ["Id", "Since", "State", "Reason", "Detail"], answer.DeadLetters.Select(d => (IReadOnlyList<string?>)
            [d.Id, CommandConsole.Time(d.CreatedAt), d.State, d.Reason, d.Detail]));
    }

    private static void Part(CommandConsole console, string title, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string?>> rows)
    {
        var all = rows.ToList();
        if (all.Count > 0)
        {
            console.Line();
            console.Line(title);
            console.Table(columns, all);
        }
    }

    private static string Contact(ContactAnswer? contact) => contact switch
    {
        null => "not sent",
        { Reason: { } reason } => $"{contact.State}: {reason}",
        { BrevoId: { } id } => string.Create(CultureInfo.InvariantCulture, $"{contact.State} as contact {id}{(contact.UpToDate ? ", up to date" : ", to be updated")}"),
        _ => contact.UpToDate ? $"{contact.State}, up to date" : contact.State,
    };
}
