namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>Sets of ids that belong together, and the one of each that stands for all.</summary>
internal sealed class IdClusters
{
    private readonly Dictionary<string, Cluster> _of = new(StringComparer.Ordinal);

    /// <summary>Clusters of two ids and more, oldest first.</summary>
    public IReadOnlyList<MixpanelClusterView> Views =>
        [.. _of.Values.Distinct().Select(cluster => new MixpanelClusterView(cluster.Canonical, [.. cluster.Ids]))];

    public string Canonical(string id) => _of.TryGetValue(id, out var cluster) ? cluster.Canonical : id;

    /// <summary>Whether both belong together already.</summary>
    public bool AreOne(string left, string right) => left == right || (_of.TryGetValue(left, out var cluster) && cluster == _of.GetValueOrDefault(right));

    /// <summary>
    /// Makes one cluster of two, unless it would be too large. The larger one's canonical id stays; of two equal ones the first's.
    /// </summary>
    public bool TryMerge(string first, string second, int maxIds)
    {
        if (AreOne(first, second))
        {
            return true;
        }

        var (into, from) = (Get(first), Get(second));
        if (into.Ids.Count + from.Ids.Count > maxIds)
        {
            return false;
        }

        if (from.Ids.Count > into.Ids.Count)
        {
            (into, from) = (from, into);
        }

        into.Ids.AddRange(from.Ids);
        foreach (var id in into.Ids)
        {
            _of[id] = into;
        }

        return true;
    }

    private Cluster Get(string id) => _of.GetValueOrDefault(id) ?? new Cluster(id);

    private sealed class Cluster(string canonical)
    {
        public string Canonical => canonical;

        public List<string> Ids { get; } = [canonical];
    }
}
