using System.Data.Common;
using System.Globalization;
using Sluice.Core.Identity;
using Sluice.Core.People;
using Sluice.Storage.Delivery;

namespace Sluice.Storage.Identity;

/// <summary>Reads who is who, and takes a claim back.</summary>
internal sealed class Identities(Database database) : IIdentities
{
    private const string Columns = "c.claim, c.kind, c.id, c.other, c.state, c.reason, c.created_at";

    private static readonly string[] Sides = ["id_key", "other_key"];

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
                SELECT {Columns} FROM identity_claim c
                WHERE c.project = @project {(state is null ? "" : "AND c.state = @state")} ORDER BY c.created_at DESC, c.claim LIMIT @limit
                """,
                Record, token, state is null ? [("project", project), ("limit", limit)] : [("project", project), ("limit", limit), ("state", state)]),
            cancellationToken);

    public Task<IReadOnlyList<IdentityRecord>> ClaimsOfAsync(string project, IReadOnlyList<PersonKey> ids, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<IdentityRecord>>(
            async (session, token) =>
            {
                var found = new List<IdentityRecord>();
                foreach (var column in Sides)
                {
                    found.AddRange(await session.QueryBatchAsync(
                        $$"""SELECT {{Columns}} FROM {batch} JOIN identity_claim c ON c.project = {project} AND c.{{column}} = b.person""",
                        Batch.Of(session.Dialect, [.. ids.Distinct()]), Record, token, ("project", project)));
                }

                return [.. found.DistinctBy(c => c.Claim).OrderByDescending(c => c.At).ThenBy(c => c.Claim, StringComparer.Ordinal)];
            },
            cancellationToken);

    public Task<IReadOnlyList<PersonIds>?> PreviewUndoAsync(string project, string claim, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<PersonIds>?>(
            async (session, token) =>
            {
                if (KeyOf(claim) is not { } key)
                {
                    return null;
                }

                var found = await session.FirstAsync(
                    "SELECT id, id_key FROM identity_claim WHERE project = @project AND claim = @claim AND state = 'followed'",
                    r => ((string Id, PersonKey Key)?)(r.GetString(0), r.Key(1)), token, ("project", project), ("claim", key));
                return found is { } followed ? (await IdentitySplit.ReadAsync(session, project, key, followed.Key, followed.Id, token)).Parts : null;
            },
            cancellationToken);

    public async Task<bool> UndoAsync(string project, string claim, CancellationToken cancellationToken) =>
        KeyOf(claim) is { } key && await database.WriteAsync(
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

                // A step of delivery that has loaded them as one would give the contact of one to the other.
                await Leases.RenumberDeliveryAsync(session, project, token);
                var split = await IdentitySplit.ReadAsync(session, project, key, undone.Key, undone.Id, token);
                await split.WriteAsync(session, project, token);
                return true;
            },
            cancellationToken);

    private static IdentityRecord Record(DbDataReader r) => new(
        r.Key(0).ToString(), (IdentityClaimKind)r.GetInt32(1), r.GetString(2), r.GetString(3), r.GetString(4), r.TextOrNull(5), r.Time(6));

    private static UInt128? KeyOf(string claim) =>
        UInt128.TryParse(claim, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var key) ? key : null;
}
