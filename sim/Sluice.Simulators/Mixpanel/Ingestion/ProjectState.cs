using Sluice.Simulators.Mixpanel.App;
using Sluice.Simulators.Mixpanel.Export;
using Sluice.Simulators.Mixpanel.Gdpr;
using Sluice.Simulators.Mixpanel.Query;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>What one project holds. Callers hold the simulator's lock.</summary>
internal sealed class ProjectState(MixpanelProject settings, MixpanelLimits limits, Lock gate, VolumeWindow schemaEntities) : IDisposable
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

    public ProjectZone Zone { get; } = new(settings.TimeZone);

    public SortedDictionary<long, MixpanelCohort> Cohorts { get; } = [];

    public SortedDictionary<long, MixpanelFunnel> Funnels { get; } = [];

    /// <summary>Answers that were laid down beforehand: of scripts by their text, of saved reports by their number.</summary>
    public PreparedAnswers Prepared { get; } = new();

    public ProfileSessions Sessions { get; } = new();

    public CallBudget Queries { get; } =
        new(gate, limits.QueriesAtOnce, new CallWindow(limits.QueriesPerHour, TimeSpan.FromHours(1)));

    public CallBudget Exports { get; } = new(
        gate, limits.ExportsAtOnce,
        new CallWindow(limits.ExportsPerHour, TimeSpan.FromHours(1)), new CallWindow(limits.ExportsPerSecond, TimeSpan.FromSeconds(1)));

    /// <summary>Events that are made on the fly when they are exported; they are in no other answer.</summary>
    public GeneratedEvents? Generated { get; set; }

    public SchemaBook Schemas { get; } = new(gate, limits, schemaEntities);

    public AnnotationBook Annotations { get; } = new();

    public DeletionBook Retrievals { get; } = new();

    /// <summary>
    /// Does what deletions that have ended do: what was there of these people when they began, events and profiles, is gone. What came later
    /// stays, for a deletion does not stop new data.
    /// </summary>
    public void Settle(DateTimeOffset now)
    {
        foreach (var (distinctIds, startedAt) in Deletions.TakeEnded(now))
        {
            var people = distinctIds.Select(Identity.Canonical).ToHashSet(StringComparer.Ordinal);
            Events.Delete(stored => stored.ArrivedAt < startedAt && people.Contains(Identity.Canonical(stored.DistinctId)));
            var profiles = Profiles.All.Where(profile => profile.Value.UpdatedAt < startedAt && people.Contains(Identity.Canonical(profile.Key)));
            foreach (var id in profiles.Select(profile => profile.Key).ToArray())
            {
                Profiles.Put(id, null, now);
            }
        }
    }

    public void Dispose() => Generated?.Dispose();

    public void Lose(string reason) => Lost[reason] = Lost.GetValueOrDefault(reason) + 1;
}
