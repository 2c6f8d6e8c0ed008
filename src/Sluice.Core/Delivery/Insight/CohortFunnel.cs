using Sluice.Core.Cohorts;
using Sluice.Core.People;

namespace Sluice.Core.Delivery.Insight;

/// <summary>
/// Counts how many of a cohort's people come how far on their way to a list, and why the others do not: the answer to "why is my count
/// different". Goes through the cohort in slices of keys, so its size does not matter.
/// </summary>
public sealed class CohortFunnel(ILedger ledger, IUserGroups groups, IInsight insight, Func<PersonState, MappedContact> map)
{
    private const int PeoplePerSlice = 5_000;
    private const int PeoplePerRead = 1_000;

    /// <param name="rules">The lists that the cohort feeds; with none, one funnel that ends with the contact.</param>
    /// <param name="stopped">Is told everyone who misses a step, for the list they miss it for.</param>
    /// <param name="progress">Is told how much of the way is done, from 0 to 1.</param>
    /// <returns>One funnel a list, in their order.</returns>
    public async Task<IReadOnlyList<FunnelCount>> CountAsync(
        DeliveryScope scope, string cohort, IReadOnlyList<ListRule> rules, Action<FunnelCount, PersonState, FunnelVerdict>? stopped, IProgress<double>? progress,
        CancellationToken cancellationToken)
    {
        var size = await ledger.SizeAsync(scope, new ListRule(0, ListMode.Add, false, [cohort], [], 1), cancellationToken);
        var refused = await insight.CountRefusedAsync(scope.Project, cohort, cancellationToken);
        var funnels = rules.Count == 0 ? [new FunnelCount(null, refused)] : rules.Select(r => new FunnelCount(r, refused)).ToArray();
        var reader = new PlanReader(scope with { Rules = rules }, ledger, insight, map);
        var slices = KeyRange.CountFor(Math.Max(1, size), PeoplePerSlice);
        for (var i = 0; i < slices; i++)
        {
            foreach (var part in (await groups.KeysAsync(scope.Project, cohort, KeyRange.Slice(i, slices), cancellationToken)).Chunk(PeoplePerRead))
            {
                foreach (var plan in await reader.PlanAsync(part, cancellationToken))
                {
                    foreach (var funnel in funnels)
                    {
                        var verdict = funnel.Add(plan);
                        if (verdict.Missed is not null)
                        {
                            stopped?.Invoke(funnel, plan.State, verdict);
                        }
                    }
                }
            }

            progress?.Report((i + 1.0) / slices);
        }

        return funnels;
    }
}

/// <summary>One list's funnel.</summary>
/// <param name="rule">The list; null when the cohort feeds none.</param>
/// <param name="refused">Records that were refused on their way in.</param>
public sealed class FunnelCount(ListRule? rule, long refused)
{
    private readonly long[] _missed = new long[(int)FunnelStep.Listed + 1];
    private readonly Dictionary<FunnelStep, SortedDictionary<string, long>> _reasons = [];
    private long _identified;

    public ListRule? Rule { get; } = rule;

    /// <summary>The steps that this funnel has.</summary>
    public IEnumerable<FunnelStep> Steps => Enum.GetValues<FunnelStep>().Where(s => Rule is not null || s is not (FunnelStep.Matching or FunnelStep.Listed));

    /// <summary>How many have reached a step.</summary>
    public long Reached(FunnelStep step)
    {
        if (step == FunnelStep.Received)
        {
            return _identified + refused;
        }

        var reached = _identified;
        for (var i = FunnelStep.Known; i <= step; i++)
        {
            reached -= _missed[(int)i];
        }

        return reached;
    }

    /// <summary>How many have missed a step that they stood before, by reason; where the reason has a detail that groups, by <c>reason: detail</c>.</summary>
    public IReadOnlyDictionary<string, long> Missed(FunnelStep step)
    {
        if (step == FunnelStep.Identified && refused > 0)
        {
            return new Dictionary<string, long> { ["refused_on_arrival"] = refused };
        }

        return _reasons.GetValueOrDefault(step) ?? [];
    }

    internal FunnelVerdict Add(PersonPlan plan)
    {
        _identified++;
        var verdict = FunnelVerdict.Of(plan, Rule);
        if (verdict is { Missed: { } step, Reason: { } reason })
        {
            _missed[(int)step]++;
            if (!_reasons.TryGetValue(step, out var reasons))
            {
                _reasons[step] = reasons = new SortedDictionary<string, long>(StringComparer.Ordinal);
            }

            // Who has the address is another person each time: that is for the list of people.
            var name = verdict.Detail is { Length: > 0 } && reason is SkipReason.Suppressed or SkipReason.Refused ? $"{reason}: {verdict.Detail}" : reason;
            reasons[name] = reasons.GetValueOrDefault(name) + 1;
        }

        return verdict;
    }
}
