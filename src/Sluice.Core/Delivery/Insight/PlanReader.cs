using Sluice.Core.People;

namespace Sluice.Core.Delivery.Insight;

/// <summary>Reads people and plans them exactly as the worker would, and does nothing about it.</summary>
public sealed class PlanReader(DeliveryScope scope, ILedger ledger, IInsight insight, Func<PersonState, MappedContact> map)
{
    private IReadOnlySet<string>? _jobs;

    public DeliveryScope Scope => scope;

    public async Task<IReadOnlyList<PersonPlan>> PlanAsync(IReadOnlyList<PersonKey> people, CancellationToken cancellationToken)
    {
        _jobs ??= (await ledger.ActiveJobsAsync(scope, cancellationToken)).Select(j => j.Id).ToHashSet(StringComparer.Ordinal);
        var states = await ledger.LoadAsync(scope, people, cancellationToken);
        var holders = await HoldersAsync(states, cancellationToken);
        return [.. states.Select(s =>
        {
            var state = s.AddressHeldBy is null && holders.TryGetValue(s.Key, out var holder) ? s with { AddressHeldBy = holder } : s;
            return Planner.Plan(state, map(state), scope.Rules, _jobs);
        })];
    }

    /// <summary>
    /// Of several people under one address that the destination has under none of them, one gets it. The worker sees only those of one
    /// step together, and the ledger tells the next step who it was; here nothing is written, so the store is asked.
    /// </summary>
    private async Task<Dictionary<PersonKey, string>> HoldersAsync(IReadOnlyList<PersonState> states, CancellationToken cancellationToken)
    {
        var held = new Dictionary<PersonKey, string>();
        var shared = await insight.SharedAddressesAsync(scope.Project, [.. states.Select(s => s.Key)], cancellationToken);
        if (shared.Count == 0)
        {
            return held;
        }

        var known = states.ToDictionary(s => s.Key);
        var others = shared.SelectMany(s => s.Holders).Where(h => !known.ContainsKey(h)).Distinct().ToList();
        foreach (var other in await ledger.LoadAsync(scope, others, cancellationToken))
        {
            known[other.Key] = other;
        }

        foreach (var address in shared)
        {
            var first = address.Holders.Append(address.Person).Distinct().Select(h => known[h]).Where(IsSent)
                .OrderBy(s => s.Contact is null ? 1 : 0).ThenBy(s => s.FirstSeen).ThenBy(s => s.DistinctId, StringComparer.Ordinal).FirstOrDefault();
            if (first is not null && first.Key != address.Person)
            {
                held[address.Person] = first.DistinctId ?? "";
            }
        }

        return held;
    }

    private bool IsSent(PersonState person) =>
        person.Contact is { State: not LedgerState.Refused }
        || (person.Suppressed is null && person.Contact is null && scope.Rules.Any(r => r.Mode is not (ListMode.Remove or ListMode.Update) && r.Wants(person)));
}
