using Sluice.Core.Identity;
using Sluice.Core.People;
using Sluice.Storage.Delivery;
using Sluice.Storage.Delivery.Events;

namespace Sluice.Storage.Identity;

/// <summary>
/// Follows what events say about which ids are one person. Only the id → person map is written: events, memberships and profiles stay
/// under the ids they came with.
/// </summary>
internal static class IdentityWriter
{
    /// <summary>Ids of one person, at most; as at Mixpanel in original mode.</summary>
    public const int MaxIds = 500;

    /// <summary>
    /// Devices of one user, at most. Mixpanel names no limit; a user with thousands of devices is no person but a name that many
    /// share, and every look at them would be a look at all.
    /// </summary>
    public const int MaxDevices = 2_000;

    private const string Known = """
        SELECT c.claim FROM {batch} JOIN identity_claim c ON c.project = {project} AND c.claim = b.claim
        """;

    public static async Task FollowAsync(
        Session session, string project, IdentityMode mode, IReadOnlyList<IdentityClaim> claims, long now, CancellationToken cancellationToken)
    {
        var wanted = claims.Distinct().Select(c => new Claimed(project, c)).ToList();
        var known = (await session.QueryBatchAsync(
            Known, new Batch().Add("claim", ColumnType.Bytes, wanted.Select(c => c.Key.ToBytes()).ToArray()), r => r.Key(0), cancellationToken,
            ("project", project))).ToHashSet();
        wanted.RemoveAll(c => known.Contains(c.Key));
        if (wanted.Count == 0)
        {
            return;
        }

        await LockAsync(session, project, cancellationToken);
        foreach (var claim in wanted)
        {
            var reason = await FollowAsync(session, project, mode, claim, cancellationToken);
            await session.ExecuteAsync(
                """
                INSERT INTO identity_claim (project, claim, kind, id, other, id_key, other_key, state, reason, created_at)
                VALUES (@project, @claim, @kind, @id, @other, @id_key, @other_key, @state, @reason, @now)
                ON CONFLICT (project, claim) DO NOTHING
                """,
                cancellationToken,
                ("project", project), ("claim", claim.Key), ("kind", claim.Claim.Kind), ("id", claim.Claim.Id), ("other", claim.Claim.Other),
                ("id_key", claim.IdKey), ("other_key", claim.OtherKey), ("state", reason is null ? "followed" : "refused"), ("reason", reason), ("now", now));
        }
    }

    /// <summary>Who is who changes in one transaction at a time, a project: clusters that two transactions join at once would fall apart.</summary>
    public static Task LockAsync(Session session, string project, CancellationToken cancellationToken) =>
        session.ExecuteAsync("UPDATE project SET next_number = next_number WHERE project = @project", cancellationToken, ("project", project));

    /// <returns>Why the claim is not followed; null when it is.</returns>
    private static async Task<string?> FollowAsync(Session session, string project, IdentityMode mode, Claimed claim, CancellationToken cancellationToken)
    {
        if (Refusal(mode, claim.Claim) is { } refused)
        {
            return refused;
        }

        var most = mode == IdentityMode.Simplified ? MaxDevices : MaxIds;
        var id = await ClusterAsync(session, project, claim.IdKey, claim.Claim.Id, cancellationToken, most + 1);
        var other = await ClusterAsync(session, project, claim.OtherKey, claim.Claim.Other, cancellationToken, most + 1);
        if (id.Canonical == other.Canonical)
        {
            return null;
        }

        // A device, an anonymous id or an alias that has found its person stays there: the first word counts.
        if (claim.Claim.Kind != IdentityClaimKind.Merge && other.Ids.Count > 1)
        {
            return claim.Claim.Kind switch
            {
                IdentityClaimKind.Device => IdentityRefusal.OtherUser,
                IdentityClaimKind.Identify => IdentityRefusal.AlreadyIdentified,
                _ => IdentityRefusal.AliasTaken,
            };
        }

        if (id.Ids.Count + other.Ids.Count > most)
        {
            return mode == IdentityMode.Simplified ? IdentityRefusal.TooManyDevices : IdentityRefusal.TooManyIds;
        }

        // The ids that have a row already, and keep what stands in it, are left alone.
        await JoinAsync(session, project, id.Canonical, id.Ids.Count == 1 ? [.. id.Ids, .. other.Ids] : other.Ids, cancellationToken);
        await LedgerMove.RunAsync(session, project, id.Canonical, [.. other.Ids.Select(i => i.Key)], cancellationToken);
        await EventOutbox.PassOnRestsAsync(session, project, other.Canonical, [id.Canonical], cancellationToken);
        await Pending.MarkAsync(session, project, Batch.Of(session.Dialect, [.. new[] { id.Canonical, other.Canonical }.Order()]), cancellationToken);
        return null;
    }

    public static async Task JoinAsync(
        Session session, string project, PersonKey canonical, IReadOnlyList<KnownId> ids, CancellationToken cancellationToken)
    {
        var rows = ids.DistinctBy(i => i.Key).OrderBy(i => i.Key).ToArray();
        await session.ExecuteBatchAsync(
            """
            INSERT INTO identity (shard, project, person, distinct_id, canonical)
            SELECT b.shard, @project, b.person, b.distinct_id, @canonical FROM {batch} WHERE true
            ON CONFLICT (project, shard, person) DO UPDATE SET canonical = excluded.canonical
            """,
            Batch.Of(session.Dialect, [.. rows.Select(r => r.Key)]).Add("distinct_id", ColumnType.Text, rows.Select(r => r.DistinctId).ToArray()),
            cancellationToken, ("project", project), ("canonical", canonical));
    }

    /// <summary>The person that an id belongs to.</summary>
    public static async Task<(PersonKey Canonical, IReadOnlyList<KnownId> Ids)> ClusterAsync(
        Session session, string project, PersonKey id, string distinctId, CancellationToken cancellationToken, int limit = int.MaxValue)
    {
        var canonical = await session.FirstAsync(
            "SELECT canonical FROM identity WHERE project = @project AND shard = @shard AND person = @person",
            r => (PersonKey?)r.Key(0), cancellationToken, ("project", project), ("shard", session.Dialect.ShardOf(id)), ("person", id));
        if (canonical is not { } person)
        {
            return (id, [new KnownId(id, distinctId)]);
        }

        var ids = await session.QueryAsync(
            "SELECT person, distinct_id FROM identity WHERE project = @project AND canonical = @canonical LIMIT @limit",
            r => new KnownId(r.Key(0), r.GetString(1)), cancellationToken, ("project", project), ("canonical", person), ("limit", limit));
        return (person, ids);
    }

    /// <summary>What the claim itself rules out, whoever the ids are.</summary>
    private static string? Refusal(IdentityMode mode, IdentityClaim claim) => (mode, claim.Kind) switch
    {
        (IdentityMode.Simplified, IdentityClaimKind.Device) => null,
        (IdentityMode.Original, IdentityClaimKind.Identify) => IsUuidV4(claim.Other) ? null : IdentityRefusal.NotAnonymous,
        (IdentityMode.Original, IdentityClaimKind.Merge) => null,
        (IdentityMode.Original or IdentityMode.Legacy, IdentityClaimKind.Alias) => null,
        _ => IdentityRefusal.WrongMode,
    };

    private static bool IsUuidV4(string id) => Guid.TryParseExact(id, "D", out _) && id[14] == '4' && id[19] is '8' or '9' or 'a' or 'b' or 'A' or 'B';

    private sealed class Claimed(string project, IdentityClaim claim)
    {
        public IdentityClaim Claim { get; } = claim;

        public PersonKey Key { get; } = PersonKey.Of(project, $"{(int)claim.Kind}\0{claim.Id}\0{claim.Other}");

        public PersonKey IdKey { get; } = PersonKey.Of(project, claim.Id);

        public PersonKey OtherKey { get; } = PersonKey.Of(project, claim.Other);
    }
}
