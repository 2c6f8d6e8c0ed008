using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Storage.Erasure;

/// <summary>The events of a request without those of erased people, and where each of the others stood.</summary>
internal sealed class EventScreening
{
    private static readonly IReadOnlySet<PersonKey> Nobody = new HashSet<PersonKey>();

    private readonly int[]? _places;

    private EventScreening(TombstoneSet tombstones, EventBatch batch, int[]? places, IReadOnlyList<int> erased, IReadOnlySet<PersonKey> doubtful)
    {
        Tombstones = tombstones;
        Batch = batch;
        _places = places;
        Erased = erased;
        Doubtful = doubtful;
    }

    /// <summary>What it was screened with.</summary>
    public TombstoneSet Tombstones { get; }

    public EventBatch Batch { get; }

    public IReadOnlyList<int> Erased { get; }

    /// <summary>People who come with an erased person's address or number: it has to be asked whether they are known.</summary>
    public IReadOnlySet<PersonKey> Doubtful { get; }

    /// <param name="strangers">People who are not known; null before it was asked, when everybody is taken for known.</param>
    public static EventScreening Of(EventBatch batch, TombstoneSet tombstones, IReadOnlySet<PersonKey>? strangers = null)
    {
        if (tombstones.IsEmpty)
        {
            return new EventScreening(tombstones, batch, null, [], Nobody);
        }

        var ids = new Dictionary<string, bool>(StringComparer.Ordinal);
        var erased = new List<int>();
        var kept = new List<int>(batch.Events.Count);
        var doubtful = new HashSet<PersonKey>();
        for (var i = 0; i < batch.Events.Count; i++)
        {
            var record = batch.Events[i];
            if (!ids.TryGetValue(record.DistinctId, out var gone))
            {
                ids.Add(record.DistinctId, gone = tombstones.HasId(batch.Project, record.DistinctId));
            }

            if (!gone)
            {
                (gone, var hasAddress) = ErasureScreen.Look(tombstones, batch.Project, record);
                if (hasAddress)
                {
                    var person = PersonKey.Of(batch.Project, record.DistinctId);
                    doubtful.Add(person);
                    gone = strangers?.Contains(person) == true;
                }
            }

            (gone ? erased : kept).Add(i);
        }

        var claims = batch.Claims.Where(c => !ErasureScreen.IsErased(tombstones, batch.Project, c)).ToList();
        return erased.Count == 0 && claims.Count == batch.Claims.Count
            ? new EventScreening(tombstones, batch, null, [], doubtful)
            : new EventScreening(tombstones, batch with { Events = [.. kept.Select(i => batch.Events[i])], Claims = claims }, [.. kept], erased, doubtful);
    }

    /// <summary>The outcome in the places of the request.</summary>
    public EventAppendOutcome Outcome(EventAppendOutcome outcome) => _places is null
        ? outcome
        : outcome with { Fresh = [.. outcome.Fresh.Select(i => _places[i])], Erased = Erased };
}
