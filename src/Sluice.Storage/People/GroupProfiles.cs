using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.People;
using Sluice.Storage.Forwarding;
using Sluice.Storage.Delivery;

namespace Sluice.Storage.People;

/// <summary>The profiles of groups: companies, teams, households.</summary>
internal static class GroupProfiles
{
    private const string Put = """
        INSERT INTO group_profile (shard, project, group_key, person, group_id, props, rev, first_seen, updated_at)
        SELECT b.shard, @project, b.group_key, b.person, b.group_id, b.props, 1, @now, @now FROM {batch} WHERE true
        ON CONFLICT (project, group_key, shard, person) DO UPDATE SET props = excluded.props, rev = group_profile.rev + 1, updated_at = excluded.updated_at
        """;

    private const string Delete = """
        DELETE FROM group_profile WHERE (project, group_key, shard, person) IN (
            SELECT {project}, b.group_key, b.shard, b.person FROM {batch})
        """;

    public static async Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(Session session, GroupUpdates updates, CancellationToken cancellationToken)
    {
        var project = updates.Project;
        var (now, tombstones) = await session.Tombstones.NowAsync(session, project, cancellationToken);
        var refused = new List<RefusedUpdate>();
        if (!tombstones.IsEmpty)
        {
            var erased = updates.Updates.Where(u => ErasureScreen.IsErased(tombstones, project, u)).ToHashSet();
            refused.AddRange(erased.Select(u => new RefusedUpdate(u.Index, IntakeOutcome.Erased)));
            updates = updates with { Updates = [.. updates.Updates.Where(u => !erased.Contains(u))] };
        }

        if (!session.Dialect.RowByRow)
        {
            // Groups are few and change seldom: one writer at a time, a project.
            await session.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtext(@project))", cancellationToken, ("project", project));
        }

        var groups = updates.Updates.Select(u => (u.GroupKey, u.GroupId)).Distinct().ToDictionary(g => g, g => new Group(g.GroupKey, g.GroupId, KeyOf(project, g.GroupId)));
        foreach (var (key, id, props) in await session.QueryBatchAsync(
            """
            SELECT g.group_key, g.group_id, g.props FROM {batch} JOIN group_profile g
            ON g.project = {project} AND g.group_key = b.group_key AND g.shard = b.shard AND g.person = b.person
            """,
            Keys(session.Dialect, groups.Values), r => (r.GetString(0), r.GetString(1), r.GetString(2)), cancellationToken, ("project", project)))
        {
            groups[(key, id)].Load(props);
        }

        foreach (var update in updates.Updates)
        {
            if (groups[(update.GroupKey, update.GroupId)].Profile.Apply(update.Operations) is { } reason)
            {
                refused.Add(new RefusedUpdate(update.Index, reason));
            }
        }

        var put = groups.Values.Where(g => g.Profile is { Exists: true, HasChanged: true }).OrderBy(g => g.Key).ToArray();
        await session.ExecuteBatchAsync(
            Put, Keys(session.Dialect, put).Add("group_id", ColumnType.Text, put.Select(g => g.GroupId).ToArray())
                .Add("props", ColumnType.Text, put.Select(g => g.Profile.Properties).ToArray()),
            cancellationToken, ("project", project), ("now", now));
        var gone = groups.Values.Where(g => g.WasStored && !g.Profile.Exists).ToArray();
        await session.ExecuteBatchAsync(Delete, Keys(session.Dialect, gone), cancellationToken, ("project", project));
        var changed = Keys(session.Dialect, put.Concat(gone).OrderBy(g => g.Key));
        await Following.MarkGroupsAsync(session, project, changed, cancellationToken);
        await Companies.MarkAsync(session, project, changed, cancellationToken);
        await ForwardWriter.AddAsync(session, project, ForwardWay.Groups, updates.Forwarded, refused, now, cancellationToken);
        return refused;
    }

    public static PersonKey KeyOf(string project, string groupId) => PersonKey.Of(project, groupId);

    private static Batch Keys(Dialect dialect, IEnumerable<Group> groups)
    {
        var rows = groups.ToArray();
        return Batch.Of(dialect, [.. rows.Select(g => g.Key)]).Add("group_key", ColumnType.Text, rows.Select(g => g.GroupKey).ToArray());
    }

    private sealed class Group(string groupKey, string groupId, PersonKey key)
    {
        public string GroupKey => groupKey;

        public string GroupId => groupId;

        public PersonKey Key => key;

        public bool WasStored { get; private set; }

        public ProfileDraft Profile { get; private set; } = new(stored: null);

        public void Load(string properties)
        {
            WasStored = true;
            Profile = new ProfileDraft(properties);
        }
    }
}
