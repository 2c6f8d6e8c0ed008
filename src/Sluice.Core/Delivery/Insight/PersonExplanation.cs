using Sluice.Core.Cohorts;
using Sluice.Core.People;

namespace Sluice.Core.Delivery.Insight;

/// <summary>Everything that is known of one person, and what follows from it.</summary>
/// <param name="Blocked">Why nothing may be sent to the person, whatever the list; null when something may.</param>
/// <param name="Lists">One a list of the config, and one a list outside of it that Sluice has put the person into.</param>
public sealed record PersonExplanation(
    PersonState State,
    MappedContact Contact,
    FunnelVerdict? Blocked,
    IReadOnlyList<MembershipSpan> Groups,
    IReadOnlyList<ListExplanation> Lists,
    IReadOnlyList<SuppressionEntry> Suppressions,
    IReadOnlyList<DeadLetter> Letters)
{
    /// <summary>True when nothing at all is known under the id.</summary>
    public bool IsEmpty => State.DistinctId is null && State.Contact is null && Groups.Count == 0 && Suppressions.Count == 0 && Letters.Count == 0;
}

/// <summary>A person and a list: in or not, why, since when, which run said so.</summary>
/// <param name="Configured">False for a list that no line of the config names.</param>
/// <param name="In">Null: perhaps.</param>
/// <param name="Wanted">The list's sources have the person.</param>
/// <param name="Reason">A stable code.</param>
/// <param name="RunId">The run that last wrote the membership; it may have been forgotten since.</param>
public sealed record ListExplanation(
    ListRule Rule, bool Configured, bool? In, bool Wanted, string Reason, string? Detail, DateTimeOffset? Since, string? RunId, Run? Run);

/// <summary>Explains people.</summary>
public sealed class PersonExplainer(ILedger ledger, IUserGroups groups, IInsight insight, Func<PersonState, MappedContact> map)
{
    public const string Added = "added_by_sluice";
    public const string ThereBefore = "was_there_before_sluice";
    public const string TakenOff = "taken_off";
    public const string NotInSources = "not_in_its_sources";

    /// <param name="scope">Its rules are those of the config.</param>
    /// <param name="others">Further lists that Sluice has written to.</param>
    public async Task<PersonExplanation> ExplainAsync(
        DeliveryScope scope, IReadOnlyList<long> others, string distinctId, CancellationToken cancellationToken)
    {
        var asked = PersonKey.Of(scope.Project, distinctId);
        var extra = others.Where(o => scope.Rules.All(r => r.List != o)).Select(o => new ListRule(o, ListMode.Add, false, [], [], 1)).ToList();
        var all = scope with { Rules = [.. scope.Rules, .. extra], GroupAttributes = true };

        // Of an id that another one speaks for, that one's person is told.
        var plan = (await new PlanReader(all, ledger, insight, map).PlanAsync([asked], cancellationToken)).First(p => p.State.SpokenForBy is null);
        var key = plan.State.Key;
        var history = await groups.HistoryAsync(scope.Project, key, cancellationToken);
        var lists = new List<ListExplanation>();
        foreach (var rule in all.Rules)
        {
            var configured = !extra.Contains(rule);
            if (configured || plan.State.Members.ContainsKey(rule.List))
            {
                lists.Add(await ListAsync(scope.Project, plan, rule, configured, cancellationToken));
            }
        }

        var verdict = FunnelVerdict.Of(plan, null);
        return new PersonExplanation(
            plan.State,
            plan.Contact,
            verdict.Missed <= FunnelStep.Contactable ? verdict : null,
            key == asked ? history : [.. history, .. await groups.HistoryAsync(scope.Project, asked, cancellationToken)],
            lists,
            await insight.SuppressionsOfAsync(scope.Project, key, cancellationToken),
            await insight.LettersOfAsync(scope.Project, key, cancellationToken));
    }

    private async Task<ListExplanation> ListAsync(
        string project, PersonPlan plan, ListRule rule, bool configured, CancellationToken cancellationToken)
    {
        var person = plan.State;
        person.Members.TryGetValue(rule.List, out var member);
        var foreign = person.Foreign.Contains(rule.List);
        bool? isIn = member?.State switch
        {
            LedgerState.Present => true,
            null => foreign,
            _ => null,
        };
        var wanted = rule.Wants(person);
        var verdict = wanted && rule.Mode is not ListMode.Remove ? FunnelVerdict.Of(plan, rule) : default;
        var reason = verdict.Reason ?? (member, foreign, wanted) switch
        {
            ({ State: LedgerState.Leaving }, _, _) => FunnelVerdict.BeingRemoved,
            ({ State: LedgerState.Unknown }, _, _) => FunnelVerdict.OutcomeUnknown,
            ({ State: LedgerState.Intended, Job: not null }, _, _) => FunnelVerdict.WaitsForImport,
            ({ State: LedgerState.Intended }, _, _) => FunnelVerdict.BeingSent,
            (not null, _, _) => Added,
            (null, true, _) => ThereBefore,
            (null, false, true) => TakenOff,
            _ => NotInSources,
        };
        var run = member?.Run is { } id ? await insight.FindRunAsync(project, id, cancellationToken) : null;
        return new ListExplanation(rule, configured, isIn, wanted, reason, verdict.Detail, member?.Since, member?.Run, run);
    }
}
