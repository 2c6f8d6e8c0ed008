using System.Globalization;
using System.Text;
using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.People;
using Sluice.Storage.Delivery;
using Sluice.Storage.Erasure;
using Sluice.Storage.Forwarding;

namespace Sluice.Storage.People;

/// <summary>Applies profile updates in the order in which they came, and marks each person once, however many updates there were.</summary>
internal sealed class ProfileIntake(Database database) : IProfileIntake
{
    private const string LastSeen = "$last_seen";

    private const string Insert = """
        INSERT INTO profile (shard, project, person, distinct_id, props, rev, number, email, phone, first_seen, updated_at)
        SELECT b.shard, @project, b.person, b.distinct_id, b.props, 1, 0, b.email, b.phone, @now, @now FROM {batch} WHERE true
        ON CONFLICT (project, shard, person) DO NOTHING
        """;

    private const string SetCleared = """
        UPDATE profile SET cleared = b.cleared FROM {batch}
        WHERE project = {project} AND profile.shard = b.shard AND profile.person = b.person
        """;

    private const string Delete = """
        DELETE FROM profile WHERE (project, shard, person) IN (
            SELECT p.project, p.shard, p.person FROM {batch} JOIN profile p ON p.project = {project} AND p.shard = b.shard AND p.person = b.person)
        """;

    public async Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(ProfileUpdates updates, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync((session, token) => ApplyAsync(session, updates, token), cancellationToken);
        }
        catch (StoreBusyException e)
        {
            throw new IntakeBusyException(e.Message, e);
        }
    }

    public async Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(GroupUpdates updates, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync((session, token) => GroupProfiles.ApplyAsync(session, updates, token), cancellationToken);
        }
        catch (StoreBusyException e)
        {
            throw new IntakeBusyException(e.Message, e);
        }
    }

    public async Task<DateTimeOffset> NowAsync(CancellationToken cancellationToken) =>
        DateTimeOffset.FromUnixTimeMilliseconds(await database.ReadAsync((session, token) => session.Dialect.NowAsync(session, token), cancellationToken));

    private static async Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(Session session, ProfileUpdates updates, CancellationToken cancellationToken)
    {
        var (now, tombstones) = await session.Tombstones.NowAsync(session, updates.Project, cancellationToken);
        var refused = new List<RefusedUpdate>();
        if (!tombstones.IsEmpty)
        {
            var erased = updates.Updates.Where(u => ErasureScreen.IsErased(tombstones, updates.Project, u)).ToHashSet();
            var doubtful = updates.Updates.Where(u => !erased.Contains(u) && ErasureScreen.HasAddress(tombstones, updates.Project, u))
                .Select(u => (Update: u, Person: PersonKey.Of(updates.Project, u.DistinctId))).ToArray();
            var strangers = await KnownPeople.StrangersAsync(session, updates.Project, doubtful.Select(d => d.Person), cancellationToken);
            erased.UnionWith(doubtful.Where(d => strangers.Contains(d.Person)).Select(d => d.Update));
            refused.AddRange(erased.Select(u => new RefusedUpdate(u.Index, IntakeOutcome.Erased)));
            updates = updates with { Updates = [.. updates.Updates.Where(u => !erased.Contains(u))] };
        }

        var targets = await TargetsAsync(session, updates, cancellationToken);

        // In one order on every node: two requests that change the same people must not wait for each other.
        var profiles = targets.DistinctBy(t => t.Key).OrderBy(t => t.Key).ToDictionary(t => t.Key, t => new Draft(t.Key, t.Id));
        await ReadAsync(session, updates, profiles, cancellationToken);
        foreach (var (update, target) in updates.Updates.Zip(targets))
        {
            var seen = update.Time is { } time ? (ProfileOperation?)Seen(time) : null;
            if (profiles[target.Key].Apply(update.Operations, seen) is { } reason)
            {
                refused.Add(new RefusedUpdate(update.Index, reason));
            }
        }

        await WriteAsync(session, updates.Project, [.. profiles.Values], now, cancellationToken);

        // Ids of one profile share one line, so that the order in which they came is the order in which they go on.
        var owners = updates.Forwarded is null ? null : updates.Updates.Zip(targets).ToDictionary(u => u.First.Index, u => u.Second.Key);
        await ForwardWriter.AddAsync(session, updates.Project, ForwardWay.Profiles, updates.Forwarded, refused, now, cancellationToken, owners);
        return refused;
    }

    /// <summary>Whose profile each update is for. In simplified projects an id is its own; elsewhere an alias is the id that it stands for.</summary>
    private static async Task<IReadOnlyList<(PersonKey Key, string Id)>> TargetsAsync(Session session, ProfileUpdates updates, CancellationToken cancellationToken)
    {
        var ids = updates.Updates.Select(u => (Key: PersonKey.Of(updates.Project, u.DistinctId), Id: u.DistinctId)).ToList();
        if (updates.Mode == IdentityMode.Simplified)
        {
            return ids;
        }

        var speakers = (await session.QueryBatchAsync(
            """
            SELECT i.person, s.person, s.distinct_id FROM {batch}
            JOIN identity i ON i.project = {project} AND i.shard = b.shard AND i.person = b.person
            JOIN identity s ON s.project = i.project AND s.canonical = i.canonical AND s.person = i.canonical
            """,
            Batch.Of(session.Dialect, [.. ids.Select(i => i.Key).Distinct()]), r => (Id: r.Key(0), Speaker: (r.Key(1), r.GetString(2))), cancellationToken,
            ("project", updates.Project))).ToDictionary(i => i.Id, i => i.Speaker);
        return [.. updates.Updates.Zip(ids, (u, id) => u.IgnoreAlias ? id : speakers.GetValueOrDefault(id.Key, id))];
    }

    private static async Task ReadAsync(Session session, ProfileUpdates updates, Dictionary<PersonKey, Draft> profiles, CancellationToken cancellationToken)
    {
        foreach (var row in await session.QueryBatchAsync(
            $"""
            SELECT p.person, p.props, p.email, p.phone, p.cleared, p.updated_at FROM {"{batch}"}
            JOIN profile p ON p.project = {"{project}"} AND p.shard = b.shard AND p.person = b.person
            ORDER BY p.shard, p.person {session.Dialect.ForUpdateOf("p")}
            """,
            Batch.Of(session.Dialect, [.. profiles.Keys]),
            r => (Key: r.Key(0), Props: r.GetString(1), Email: r.Hash(2), Phone: r.Hash(3), Cleared: r.TextOrNull(4), UpdatedAt: r.Time(5)), cancellationToken,
            ("project", updates.Project)))
        {
            profiles[row.Key].Load(row.Props, row.Email, row.Phone, row.Cleared, isNewer: row.UpdatedAt > updates.AsOf);
        }
    }

    private static async Task WriteAsync(Session session, string project, List<Draft> drafts, long now, CancellationToken cancellationToken)
    {
        var dialect = session.Dialect;
        var made = drafts.Where(d => !d.WasStored && d.Profile.Exists).Select(d => d.ToChanged(project)).ToArray();
        var inserted = await session.ExecuteBatchAsync(Insert, ProfileChanges.Columns(dialect, made), cancellationToken, ("project", project), ("now", now));
        if (inserted < made.Length)
        {
            // Another node made one of them meanwhile: the work runs again and finds it.
            throw new ChangedMeanwhileException();
        }

        await Pending.MarkAsync(session, project, Batch.Of(dialect, [.. made.Select(m => m.Person)]), cancellationToken);
        await ProfileChanges.WriteAsync(
            session, project, [.. drafts.Where(d => d.WasStored && d.Profile is { Exists: true, HasChanged: true }).Select(d => d.ToChanged(project))], 0, now, cancellationToken);
        var cleared = drafts.Where(d => d.ClearedChanged && d.Profile.Exists).ToArray();
        await session.ExecuteBatchAsync(
            SetCleared, Batch.Of(dialect, [.. cleared.Select(d => d.Key)]).Add("cleared", ColumnType.Text, cleared.Select(d => d.Cleared).ToArray()),
            cancellationToken, ("project", project));
        var gone = drafts.Where(d => d.WasStored && !d.Profile.Exists).ToArray();
        var people = Batch.Of(dialect, [.. gone.Select(d => d.Key)]);
        await ProfileChanges.LeaveAsync(session, project, [.. gone.Select(d => d.ToChanged(project))], cancellationToken);
        await session.ExecuteBatchAsync(Delete, people, cancellationToken, ("project", project));
        await Pending.MarkAsync(session, project, people, cancellationToken);
    }

    private static ProfileOperation Seen(long time) => new(
        ProfileOperationKind.Set, LastSeen,
        Encoding.ASCII.GetBytes(DateTimeOffset.FromUnixTimeMilliseconds(time).UtcDateTime.ToString("'\"'yyyy-MM-dd'T'HH:mm:ss'\"'", CultureInfo.InvariantCulture)));

    /// <summary>A profile while updates are applied to it.</summary>
    private sealed class Draft(PersonKey key, string distinctId)
    {
        private UInt128? _email;
        private UInt128? _phone;
        private bool _isNewer;
        private HashSet<string> _cleared = new(StringComparer.Ordinal);

        public PersonKey Key => key;

        public bool WasStored { get; private set; }

        public bool ClearedChanged { get; private set; }

        public ProfileDraft Profile { get; private set; } = new(stored: null);

        public string? Cleared => _cleared.Count == 0 ? null : JsonSerializer.Serialize([.. _cleared.Order(StringComparer.Ordinal)], StorageJson.Default.StringArray);

        /// <param name="isNewer">It has changed since it was asked for what is applied.</param>
        public void Load(string properties, UInt128? email, UInt128? phone, string? cleared, bool isNewer)
        {
            _isNewer = isNewer;
            WasStored = true;
            Profile = new ProfileDraft(properties);
            _email = email;
            _phone = phone;
            _cleared = cleared is null ? _cleared : new HashSet<string>(JsonSerializer.Deserialize(cleared, StorageJson.Default.StringArray)!, StringComparer.Ordinal);
        }

        /// <returns>Why the update cannot be applied; null when it was.</returns>
        public string? Apply(IReadOnlyList<ProfileOperation> operations, ProfileOperation? seen)
        {
            if (_isNewer)
            {
                operations = [.. operations.Where(o => !_cleared.Contains(o.Name)).Select(o => o with { Kind = ProfileOperationKind.SetOnce })];
            }

            var unset = operations.Where(o => o.Kind == ProfileOperationKind.Unset && Profile.Contains(o.Name)).Select(o => o.Name).ToArray();
            if (Profile.Apply(operations) is { } refusal)
            {
                return refusal;
            }

            if (!Profile.Exists)
            {
                return null;
            }

            if (seen is { } last)
            {
                // A profile that is full has no room for it; the update counts all the same.
                _ = Profile.Apply([last]);
            }

            FollowCleared([.. operations.Select(o => o.Name), LastSeen], unset);
            return null;
        }

        public ChangedProfile ToChanged(string project) => ChangedProfile.Of(project, key, distinctId, Profile.Properties, _email, _phone);

        /// <summary>Remembers what was taken away, and forgets what is there again.</summary>
        private void FollowCleared(IEnumerable<string> touched, IEnumerable<string> unset)
        {
            foreach (var name in touched)
            {
                ClearedChanged |= Profile.Contains(name) && _cleared.Remove(name);
            }

            // As many as a profile may have: whoever makes up names to take them away again fills no more than that.
            foreach (var name in unset)
            {
                ClearedChanged |= _cleared.Count < ProfileDraft.MaxProperties && !Profile.Contains(name) && _cleared.Add(name);
            }
        }
    }
}
