using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Storage.Lookups;

namespace Sluice.Storage.Delivery;

/// <summary>Lets people follow what is added to them: a change of a group or of a table marks them, slice by slice, once however often it changes.</summary>
internal static class Following
{
    private const string Scope = "project = @project AND destination = @destination";

    private const int ForgottenAtOnce = 10_000;

    private const string Mark = """
        INSERT INTO pending (shard, project, destination, person, seq, job)
        SELECT b.shard, @project, @destination, b.person, 1, NULL FROM {batch} WHERE true
        ON CONFLICT (project, destination, shard, person) DO UPDATE SET seq = pending.seq + 1, job = NULL
        """;

    /// <summary>Makes known which group keys a destination's mapping uses.</summary>
    public static async Task RegisterAsync(Session session, DeliveryScope scope, CancellationToken cancellationToken)
    {
        var added = scope.Enrichment.GroupKeys.Except(await FollowedAsync(session, scope, cancellationToken), StringComparer.Ordinal);
        foreach (var group in added)
        {
            await session.ExecuteAsync(
                "INSERT INTO followed_group (project, destination, group_key) VALUES (@project, @destination, @group)", cancellationToken,
                [.. Key(scope), ("group", group)]);
        }
    }

    /// <summary>Forgets what hangs on group keys that are followed no more: one slice of it.</summary>
    /// <returns>False when there is nothing left.</returns>
    public static async Task<bool> ForgetAsync(Session session, DeliveryScope scope, CancellationToken cancellationToken)
    {
        if ((await FollowedAsync(session, scope, cancellationToken)).Except(scope.Enrichment.GroupKeys, StringComparer.Ordinal).FirstOrDefault() is not { } gone)
        {
            return false;
        }

        (string, object?)[] key = [.. Key(scope), ("group", gone), ("limit", ForgottenAtOnce)];
        var forgotten = await session.ExecuteAsync(
            $"""
            DELETE FROM group_member WHERE (project, destination, shard, person, group_key, member_of) IN (
                SELECT project, destination, shard, person, group_key, member_of FROM group_member WHERE {Scope} AND group_key = @group LIMIT @limit)
            """,
            cancellationToken, key);
        if (forgotten < ForgottenAtOnce)
        {
            await session.ExecuteAsync($"DELETE FROM group_mark WHERE {Scope} AND group_key = @group", cancellationToken, key);
            await session.ExecuteAsync($"DELETE FROM followed_group WHERE {Scope} AND group_key = @group", cancellationToken, key);
        }

        return true;
    }

    /// <summary>The profiles of groups (the batch: shard, person, group_key) have changed.</summary>
    public static Task<int> MarkGroupsAsync(Session session, string project, Batch groups, CancellationToken cancellationToken) =>
        session.ExecuteBatchAsync(
            """
            INSERT INTO group_mark (shard, project, destination, group_key, person, seq, walked)
            SELECT b.shard, @project, f.destination, b.group_key, b.person, 1, NULL FROM {batch}
            JOIN followed_group f ON f.project = {project} AND f.group_key = b.group_key WHERE true
            ON CONFLICT (project, destination, group_key, shard, person) DO UPDATE SET seq = group_mark.seq + 1
            """,
            groups, cancellationToken, ("project", project));

    /// <summary>True when there is something to follow; asked without a place in the queue of writers.</summary>
    public static async Task<bool> IsDueAsync(Session session, DeliveryScope scope, CancellationToken cancellationToken) =>
        (scope.Enrichment.GroupKeys.Count > 0
            && await session.ScalarAsync<int?>($"SELECT 1 FROM group_mark WHERE {Scope} LIMIT 1", cancellationToken, Key(scope)) is not null)
        || await StateAsync(session, scope, cancellationToken) != (await ReadStateAsync(session, scope, cancellationToken))?.State;

    /// <summary>Marks a slice of people.</summary>
    public static async Task StepAsync(Session session, DeliveryScope scope, int limit, CancellationToken cancellationToken)
    {
        var group = await session.FirstAsync(
            $"SELECT group_key, shard, person, seq, walked FROM group_mark WHERE {Scope} LIMIT 1",
            r => new GroupMark(r.GetString(0), r.GetInt16(1), r.Key(2), r.GetInt64(3), r.Hash(4)), cancellationToken, Key(scope));
        if (group is not null)
        {
            await FollowGroupAsync(session, scope, group, limit, cancellationToken);
        }
        else
        {
            await FollowStateAsync(session, scope, limit, cancellationToken);
        }
    }

    private static async Task FollowGroupAsync(Session session, DeliveryScope scope, GroupMark group, int limit, CancellationToken cancellationToken)
    {
        (string, object?)[] key = [.. Key(scope), ("group", group.GroupKey), ("shard", group.Shard), ("person", group.Group), ("seq", group.Walked is null ? group.Seq : 0)];
        var people = await session.QueryAsync(
            $"""
            SELECT person FROM group_member WHERE {Scope} AND group_key = @group AND member_of = @person AND person > @walked
            ORDER BY person LIMIT @limit
            """,
            r => r.Key(0), cancellationToken, [.. key, ("walked", group.Walked is { } walked ? new PersonKey(walked).ToBytes() : Array.Empty<byte>()), ("limit", limit)]);
        await MarkAsync(session, scope, people, cancellationToken);

        // On the way seq counts the changes since the walk began. It comes to its end first, or a group that changes often would never be walked
        // to its end; then it begins once more.
        const string row = $"{Scope} AND group_key = @group AND shard = @shard AND person = @person";
        if (people.Count == limit)
        {
            await session.ExecuteAsync($"UPDATE group_mark SET walked = @walked, seq = seq - @seq WHERE {row}", cancellationToken, [.. key, ("walked", people[^1])]);
        }
        else if (await session.ExecuteAsync($"DELETE FROM group_mark WHERE {row} AND seq = @seq", cancellationToken, key) == 0)
        {
            await session.ExecuteAsync($"UPDATE group_mark SET walked = NULL WHERE {row}", cancellationToken, key);
        }
    }

    /// <summary>
    /// Everybody whom the destination has, or may have, is looked at anew: the tables do not tell for whom they are another, and of groups
    /// that were not followed before it is not known yet who is in them.
    /// </summary>
    private static async Task FollowStateAsync(Session session, DeliveryScope scope, int limit, CancellationToken cancellationToken)
    {
        var state = await StateAsync(session, scope, cancellationToken);
        var known = await ReadStateAsync(session, scope, cancellationToken) ?? new FollowedState(UInt128.Zero, null, null, null);
        if (known.Walking is null)
        {
            known = known with { Walking = state, Shard = null, Walked = null };
        }
        else if (known.Walking != state)
        {
            // What changes often would never be walked to its end: it comes there as that of no state, and then begins once more.
            known = known with { Walking = UInt128.Zero };
        }

        var people = await session.QueryAsync(
            $"SELECT shard, person FROM ledger_contact WHERE {Scope} AND (shard, person) > (@shard, @walked) ORDER BY shard, person LIMIT @limit",
            r => (Shard: r.GetInt16(0), Person: r.Key(1)), cancellationToken,
            [.. Key(scope), ("shard", known.Shard ?? -1), ("walked", new PersonKey(known.Walked ?? UInt128.Zero)), ("limit", limit)]);
        await MarkAsync(session, scope, [.. people.Select(p => p.Person)], cancellationToken);
        known = people.Count < limit
            ? new FollowedState(known.Walking.Value, null, null, null)
            : known with { Shard = people[^1].Shard, Walked = people[^1].Person.Value };
        await session.ExecuteAsync(
            """
            INSERT INTO followed_lookups (project, destination, state, walking, walked_shard, walked) VALUES (@project, @destination, @state, @walking, @shard, @walked)
            ON CONFLICT (project, destination) DO UPDATE SET
                state = excluded.state, walking = excluded.walking, walked_shard = excluded.walked_shard, walked = excluded.walked
            """,
            cancellationToken,
            [.. Key(scope), ("state", known.State), ("walking", known.Walking), ("shard", known.Shard), ("walked", known.Walked)]);
    }

    /// <summary>The groups that are followed, the generation of every table that is used, and how it is used, as one hash.</summary>
    private static async Task<UInt128> StateAsync(Session session, DeliveryScope scope, CancellationToken cancellationToken)
    {
        var text = new StringBuilder().AppendJoin('|', scope.Enrichment.GroupKeys).Append('\n');
        foreach (var join in scope.Enrichment.Lookups)
        {
            var table = await LookupTables.FindTableAsync(session, scope.Project, join.Table, cancellationToken);
            text.Append(CultureInfo.InvariantCulture, $"{join.Table}|{join.Property}|{string.Join('|', join.Columns.Select(c => $"{c.Column}>{c.Property}"))}={table?.Generation}\n");
        }

        return BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static Task<FollowedState?> ReadStateAsync(Session session, DeliveryScope scope, CancellationToken cancellationToken) =>
        session.FirstAsync(
            $"SELECT state, walking, walked_shard, walked FROM followed_lookups WHERE {Scope}",
            r => new FollowedState(r.Hash(0)!.Value, r.Hash(1), r.IsDBNull(2) ? null : r.GetInt16(2), r.Hash(3)), cancellationToken, Key(scope));

    private static Task<int> MarkAsync(Session session, DeliveryScope scope, IReadOnlyList<PersonKey> people, CancellationToken cancellationToken) =>
        session.ExecuteBatchAsync(Mark, Batch.Of(session.Dialect, [.. people.Order()]), cancellationToken, Key(scope));

    private static Task<List<string>> FollowedAsync(Session session, DeliveryScope scope, CancellationToken cancellationToken) =>
        session.QueryAsync($"SELECT group_key FROM followed_group WHERE {Scope}", r => r.GetString(0), cancellationToken, Key(scope));

    private static (string Name, object? Value)[] Key(DeliveryScope scope) => [("project", scope.Project), ("destination", scope.Destination)];

    private sealed record GroupMark(string GroupKey, short Shard, PersonKey Group, long Seq, UInt128? Walked);

    private sealed record FollowedState(UInt128 State, UInt128? Walking, short? Shard, UInt128? Walked);
}
