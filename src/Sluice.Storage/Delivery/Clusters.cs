using Sluice.Core.People;

namespace Sluice.Storage.Delivery;

/// <summary>Which of some ids are one person with others, and which id speaks for them.</summary>
internal sealed class Clusters
{
    // A device's profile stays behind when its user is known: that is how simplified projects work.
    private const string Device = "$device:";

    private readonly Dictionary<PersonKey, PersonKey> _speakers;
    private readonly ILookup<PersonKey, PersonKey> _ids;

    private Clusters(Dictionary<PersonKey, PersonKey> speakers, ILookup<PersonKey, PersonKey> ids)
    {
        _speakers = speakers;
        _ids = ids;
    }

    public bool IsEmpty => _speakers.Count == 0;

    public static async Task<Clusters> OfAsync(Session session, string project, IReadOnlyList<PersonKey> people, CancellationToken cancellationToken)
    {
        var speakers = await session.ScalarAsync<int?>("SELECT 1 FROM identity WHERE project = @project LIMIT 1", cancellationToken, ("project", project)) is null
            ? []
            : (await session.QueryBatchAsync(
                "SELECT i.person, i.canonical FROM {batch} JOIN identity i ON i.project = {project} AND i.shard = b.shard AND i.person = b.person",
                Batch.Of(session.Dialect, [.. people.Distinct()]), r => (Id: r.Key(0), Speaker: r.Key(1)), cancellationToken,
                ("project", project))).ToDictionary(i => i.Id, i => i.Speaker);
        var ids = await session.QueryBatchAsync(
            "SELECT i.canonical, i.person FROM {batch} JOIN identity i ON i.project = {project} AND i.canonical = b.canonical",
            new Batch().Add("canonical", ColumnType.Bytes, speakers.Values.Distinct().Select(s => s.ToBytes()).ToArray()),
            r => (Speaker: r.Key(0), Id: r.Key(1)), cancellationToken, ("project", project));
        return new Clusters(speakers, ids.ToLookup(i => i.Speaker, i => i.Id));
    }

    /// <summary>Null for an id of which nothing was said.</summary>
    public PersonKey? SpeakerOf(PersonKey id) => _speakers.TryGetValue(id, out var speaker) ? speaker : null;

    /// <summary>All ids of the person that an id belongs to, itself among them.</summary>
    public IReadOnlyList<PersonKey> IdsOf(PersonKey id) => SpeakerOf(id) is { } speaker ? [.. _ids[speaker]] : [id];

    /// <summary>The profile of a person: what the id that speaks for all does not say, the others fill in.</summary>
    public PersonLoader.ProfileRead? ProfileOf(PersonKey id, Dictionary<PersonKey, PersonLoader.ProfileRead> profiles)
    {
        var own = profiles.GetValueOrDefault(id);
        if (SpeakerOf(id) != id)
        {
            return own;
        }

        var others = _ids[id].Where(i => i != id).Select(profiles.GetValueOrDefault).OfType<PersonLoader.ProfileRead>()
            .Where(p => !p.DistinctId.StartsWith(Device, StringComparison.Ordinal)).OrderBy(p => p.FirstSeen).ThenBy(p => p.Key);
        foreach (var other in others)
        {
            own = own is null
                ? other
                : own with
                {
                    Props = ProfileProperties.Merge(own.Props, other.Props, newer: false),
                    Rev = own.Rev + other.Rev,
                    FirstSeen = own.FirstSeen < other.FirstSeen ? own.FirstSeen : other.FirstSeen,
                    Email = own.Email ?? other.Email,
                    Phone = own.Phone ?? other.Phone,
                };
        }

        return own;
    }
}
