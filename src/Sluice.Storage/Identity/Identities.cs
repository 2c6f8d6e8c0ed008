using Sluice.Core.Identity;
using Sluice.Core.People;
using Sluice.Storage.Delivery;

namespace Sluice.Storage.Identity;

/// <summary>Reads who is who, and takes a claim back.</summary>
internal sealed class Identities(Database database) : IIdentities
{
    public Task<PersonIds> FindAsync(string project, string distinctId, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) =>
            {
                var (person, ids) = await IdentityWriter.ClusterAsync(session, project, PersonKey.Of(project, distinctId), distinctId, token);
                return new PersonIds(person, [.. ids.OrderBy(i => i.Key != person).ThenBy(i => i.DistinctId, StringComparer.Ordinal)]);
            },
            cancellationToken);

    public Task<IReadOnlyList<IdentityRecord>> ListAsync(string project, string? state, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<IdentityRecord>>(
            async (session, token) => await session.QueryAsync(
                $"""
                SELECT claim, kind, id, other, state, reason, created_at FROM identity_claim
                WHERE project = @project {(state is null ? "" : "AND state = @state")} ORDER BY created_at DESC, claim LIMIT @limit
                """,
                r => new IdentityRecord(
                    r.Key(0).ToString(), (IdentityClaimKind)r.GetInt32(1), r.GetString(2), r.GetString(3), r.GetString(4), r.TextOrNull(5), r.Time(6)),
                token, state is null ? [("project", project), ("limit", limit)] : [("project", project), ("limit", limit), ("state", state)]),
            cancellationToken);

    public async Task<bool> UndoAsync(string project, string claim, CancellationToken cancellationToken)
    {
        if (!UInt128.TryParse(claim, System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture, out var key))
        {
            return false;
        }

        return await database.WriteAsync(
            async (session, token) =>
            {
                await IdentityWriter.LockAsync(session, project, token);
                var found = await session.FirstAsync(
                    "UPDATE identity_claim SET state = 'undone' WHERE project = @project AND claim = @claim AND state = 'followed' RETURNING id, id_key",
                    r => ((string Id, PersonKey Key)?)(r.GetString(0), r.Key(1)), token, ("project", project), ("claim", key));
                if (found is not { } undone)
                {
                    return false;
                }

                await RejoinAsync(session, project, undone.Key, undone.Id, token);
                return true;
            },
            cancellationToken);
    }

    /// <summary>Takes a person apart and joins again what the claims that are left join.</summary>
    private static async Task RejoinAsync(Session session, string project, PersonKey id, string distinctId, CancellationToken cancellationToken)
    {
        var (canonical, ids) = await IdentityWriter.ClusterAsync(session, project, id, distinctId, cancellationToken);
        var batch = Batch.Of(session.Dialect, [.. ids.Select(i => i.Key).Order()]);
        var joins = await session.QueryBatchAsync(
            """
            SELECT c.id_key, c.other_key FROM {batch} JOIN identity_claim c ON c.project = {project} AND c.id_key = b.person AND c.state = 'followed'
            """,
            batch, r => (Id: r.Key(0), Other: r.Key(1)), cancellationToken, ("project", project));
        await session.ExecuteBatchAsync(
            "DELETE FROM identity WHERE (project, shard, person) IN (SELECT {project}, b.shard, b.person FROM {batch})", batch, cancellationToken, ("project", project));
        foreach (var group in Groups([.. ids.Select(i => i.Key)], joins))
        {
            // Whoever spoke for all goes on to speak for theirs; elsewhere an id that others joined does.
            var speaker = group.Contains(canonical) ? canonical : joins.Where(j => group.Contains(j.Id)).Select(j => j.Id).FirstOrDefault(group.Min());
            if (group.Count > 1)
            {
                await IdentityWriter.JoinAsync(session, project, speaker, [.. ids.Where(i => group.Contains(i.Key))], cancellationToken);
            }

            await Pending.MarkAsync(session, project, Batch.Of(session.Dialect, [speaker]), cancellationToken);
        }
    }

    private static List<HashSet<PersonKey>> Groups(IReadOnlyList<PersonKey> ids, List<(PersonKey Id, PersonKey Other)> joins)
    {
        var groups = ids.ToDictionary(i => i, i => new HashSet<PersonKey> { i });
        foreach (var (id, other) in joins)
        {
            if (groups.TryGetValue(id, out var one) && groups.TryGetValue(other, out var two) && !ReferenceEquals(one, two))
            {
                one.UnionWith(two);
                foreach (var key in two)
                {
                    groups[key] = one;
                }
            }
        }

        return [.. groups.Values.Distinct()];
    }
}
