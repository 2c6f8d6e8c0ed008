namespace Sluice.Core.Delivery.Worker;

/// <summary>What a target's lists are to hold, as far as their cohorts have been found.</summary>
internal sealed class TargetScope(WorkerTarget target, string destination, ILedger ledger)
{
    private IReadOnlyDictionary<string, string> _sources = new Dictionary<string, string>();

    public async Task<DeliveryScope> ReadAsync(CancellationToken cancellationToken)
    {
        // What has been found stays; only keys that still wait for their cohort are looked for.
        var keys = target.Lists.Select(l => l.Source).Where(s => s != ListTarget.AllUsers).Distinct(StringComparer.Ordinal).ToList();
        if (!keys.TrueForAll(_sources.ContainsKey))
        {
            _sources = await ledger.FindSourcesAsync(target.Project, destination, keys, cancellationToken);
        }

        var found = _sources;
        var rules = target.Lists.GroupBy(l => l.List).Select(g => new ListRule(
            g.Key,
            g.First().Mode,
            g.Any(l => l.Source == ListTarget.AllUsers),
            [.. g.Where(l => found.ContainsKey(l.Source)).Select(l => found[l.Source]).Distinct(StringComparer.Ordinal)],
            [.. g.Where(l => l.Source != ListTarget.AllUsers && !found.ContainsKey(l.Source)).Select(l => l.Source)],
            g.Min(l => l.MaxRemoval)));
        return new DeliveryScope(target.Project, destination, [.. rules], target.GroupAttributes) { Enrichment = target.Enrichment };
    }
}
