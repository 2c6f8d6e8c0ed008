using System.Globalization;
using Sluice.Commands.Output;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Insight;
using Sluice.Destinations.Brevo;

namespace Sluice.Commands.Cohorts;

/// <summary><c>sluice cohorts show</c></summary>
internal static class CohortsShow
{
    public static async Task<int> RunAsync(ProjectSession session, string id, FunnelStep? step, int limit, bool offline, CancellationToken cancellationToken)
    {
        var groups = await session.Store.Groups.ListAsync(session.Project, cancellationToken);
        var group = session.Group(groups, id);
        var scope = await session.ScopeAsync(groups, cancellationToken);
        var rules = scope.Rules.Where(r => r.AllUsers || r.Cohorts.Contains(group.Cohort)).ToList();
        var state = await session.Store.Insight.DestinationAsync(session.Project, BrevoDestination.DestinationName, cancellationToken);
        using var mapping = await BrevoMapping.OpenAsync(session, offline, cancellationToken);

        var missed = new List<MissedPersonAnswer>();
        var funnel = new CohortFunnel(session.Store.Ledger, session.Store.Groups, session.Store.Insight, mapping.Map);
        var funnels = await session.Console.WithProgressAsync($"Counting {group.Name}", progress => funnel.CountAsync(
            scope, group.Cohort, rules,
            (count, person, verdict) =>
            {
                if (verdict.Missed == step && missed.Count < limit)
                {
                    missed.Add(new MissedPersonAnswer(person.DistinctId, count.Rule?.List, verdict.Reason!, verdict.Detail));
                }
            },
            progress, cancellationToken));
        if (step == FunnelStep.Identified)
        {
            missed.AddRange((await session.Store.Insight.RefusedAsync(session.Project, group.Cohort, limit, cancellationToken))
                .Select(l => new MissedPersonAnswer(null, null, l.Reason, $"{l.Detail} (dead letter {l.Id})")));
        }

        var answer = new CohortShowAnswer(
            session.Project,
            CohortsList.Answer(group, scope, session.Host.Time.GetUtcNow()),
            [.. rules.Select(r => List(r, state))],
            mapping.Name,
            [.. funnels.Select(Answer)],
            step is { } asked ? new MissedAnswer(Name(asked), Total(funnels, asked), missed) : null);
        if (session.Json)
        {
            session.Console.Json(answer, AnswerJson.Readable.CohortShowAnswer);
        }
        else
        {
            Write(session.Console, answer, group);
        }

        return ExitCode.Ok;
    }

    private static string Name(FunnelStep step) => step.ToString().ToLowerInvariant();

    // Records refused on arrival belong to the cohort, not to one of its lists.
    private static long Total(IReadOnlyList<FunnelCount> funnels, FunnelStep step) =>
        step == FunnelStep.Identified ? funnels[0].Missed(step).Values.Sum() : funnels.Sum(f => f.Missed(step).Values.Sum());

    private static FedListAnswer List(ListRule rule, DestinationState? state)
    {
        var known = state?.Lists.GetValueOrDefault(rule.List);
        return new FedListAnswer(
            rule.List, known?.Name, rule.Mode.ToString().ToLowerInvariant(), rule.AllUsers ? ["all_users", .. rule.Cohorts] : rule.Cohorts, rule.MaxRemoval,
            known?.Held ?? 0, known?.WalkedAt);
    }

    private static FunnelAnswer Answer(FunnelCount funnel) => new(
        funnel.Rule?.List,
        funnel.Rule?.Mode.ToString().ToLowerInvariant(),
        [.. funnel.Steps.Select(s => new FunnelStepAnswer(Name(s), funnel.Reached(s), ReasonCount.Of(funnel.Missed(s))))]);

    private static void Write(CommandConsole console, CohortShowAnswer answer, UserGroup group)
    {
        console.Line($"{group.Name} ({group.Cohort})");
        console.Pairs(
        [
            ("description", group.Description),
            ("slug", group.Slug),
            ("members", CommandConsole.Number(group.Members)),
            ("state", CohortsList.State(answer.Cohort)),
            ("first page", CommandConsole.Time(group.CreatedAt)),
            ("last page", CommandConsole.Time(group.LastPageAt)),
        ]);
        foreach (var funnel in answer.Funnels)
        {
            console.Line();
            console.Line(Title(answer.Lists.FirstOrDefault(l => l.ListId == funnel.ListId)));
            console.Table(
                ["Step", ">People", ">Missed", "Why"],
                [.. funnel.Steps.Select(s => (IReadOnlyList<string?>)
                [
                    s.Step, CommandConsole.Number(s.Count), s.Missed.Count == 0 ? null : CommandConsole.Number(s.Missed.Sum(m => m.Count)), ReasonCount.Text(s.Missed),
                ])]);
        }

        if (answer.Missed is { } missed)
        {
            console.Line();
            console.Line($"Not {missed.Step}: {CommandConsole.Number(missed.Count)}{(missed.People.Count < missed.Count ? $", the first {missed.People.Count}" : "")}");
            if (missed.People.Count > 0)
            {
                console.Table(
                    ["Distinct id", "List", "Reason", "Detail"],
                    [.. missed.People.Select(p => (IReadOnlyList<string?>)[p.DistinctId, p.ListId?.ToString(CultureInfo.InvariantCulture), p.Reason, p.Detail])]);
            }
        }
    }

    private static string Title(FedListAnswer? list)
    {
        if (list is null)
        {
            return "It feeds no list.";
        }

        var name = list.Name is null ? "" : $" \"{list.Name}\"";
        var held = list.Held > 0 ? $", {CommandConsole.Number(list.Held)} removals held" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"List {list.ListId}{name}, {list.Mode} of {string.Join(", ", list.Sources)}, last walked {CommandConsole.Time(list.WalkedAt)}{held}");
    }
}
