using Sluice.Simulators.Mixpanel.Gdpr;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>What one project holds. Callers hold the simulator's lock.</summary>
internal sealed class ProjectState(MixpanelProject settings, MixpanelLimits limits)
{
    public MixpanelProject Settings => settings;

    public IdentityBook Identity { get; } = new(settings.Identity, limits.MaxClusterIds);

    public EventLog Events { get; } = new();

    public ProfileBook<string> Profiles { get; } = new();

    public ProfileBook<(string Key, string Id)> Groups { get; } = new();

    public IReadOnlyList<LookupTable> LookupTables { get; } = [.. settings.LookupTables.Select(table => new LookupTable(table))];

    public DeletionBook Deletions { get; } = new();

    public VolumeWindow Ingestion { get; } = new(limits.IngestionBytes, limits.IngestionWindow);

    public VolumeWindow LookupCalls { get; } = new(limits.LookupCalls, limits.LookupWindow);

    /// <summary>Events of one id on one day, for the limit of a hot shard.</summary>
    public Dictionary<(string Id, long Day), int> EventsByIdAndDay { get; } = [];

    /// <summary>Records that were answered as good and are not stored, by reason.</summary>
    public SortedDictionary<string, long> Lost { get; } = new(StringComparer.Ordinal);

    public void Lose(string reason) => Lost[reason] = Lost.GetValueOrDefault(reason) + 1;
}
