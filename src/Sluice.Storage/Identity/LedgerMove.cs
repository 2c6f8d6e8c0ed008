using Sluice.Core.People;

namespace Sluice.Storage.Identity;

/// <summary>
/// What a destination holds under an id that joins another person. A contact of the same address, or the only one, is the person's from
/// now on. A second contact of another address stays where it is, with its history: no two contacts are ever made one; it only leaves
/// the lists, because nothing is wanted of its id any more.
/// </summary>
internal static class LedgerMove
{
    private const string Movable = """
        SELECT d.destination, b.person FROM {batch} JOIN destination d ON d.project = {project}
        LEFT JOIN ledger_contact c ON c.project = d.project AND c.destination = d.destination AND c.shard = b.shard AND c.person = b.person
        WHERE c.person IS NULL OR NOT EXISTS (SELECT 1 FROM ledger_contact s WHERE s.project = c.project AND s.destination = c.destination
            AND s.shard = {shard} AND s.person = {speaker} AND (s.email_key IS NULL OR c.email_key IS NULL OR s.email_key <> c.email_key))
        """;

    public static async Task RunAsync(Session session, string project, PersonKey speaker, IReadOnlyList<PersonKey> joined, CancellationToken cancellationToken)
    {
        (string, object?)[] key = [("project", project), ("speaker", speaker), ("shard", session.Dialect.ShardOf(speaker))];

        // One id after the other: what is moved for the first decides whether there is room for the next.
        foreach (var person in joined.Where(j => j != speaker).Order())
        {
            var movable = await session.QueryBatchAsync(
                Movable, Batch.Of(session.Dialect, [person]), r => r.GetString(0), cancellationToken, key);
            foreach (var destination in movable.Order(StringComparer.Ordinal))
            {
                await MoveAsync(session, key, destination, person, cancellationToken);
            }
        }
    }

    private static async Task MoveAsync(
        Session session, (string, object?)[] key, string destination, PersonKey person, CancellationToken cancellationToken)
    {
        (string, object?)[] move = [.. key, ("destination", destination), ("person", person), ("from", session.Dialect.ShardOf(person))];

        // Its memberships first: they are found by the id that is about to go. The payload of none means: to be sent again, under the new id.
        await session.ExecuteAsync(
            """
            INSERT INTO ledger_member (shard, project, destination, list, person, state, job, since, run)
            SELECT @shard, m.project, m.destination, m.list, @speaker, m.state, m.job, m.since, m.run FROM ledger_member m
            JOIN list l ON l.project = m.project AND l.destination = m.destination AND l.list = m.list
            WHERE m.project = @project AND m.destination = @destination AND m.shard = @from AND m.person = @person
            ON CONFLICT (project, destination, list, shard, person) DO NOTHING
            """,
            cancellationToken, move);
        await session.ExecuteAsync(
            """
            DELETE FROM ledger_member WHERE project = @project AND destination = @destination AND shard = @from AND person = @person
            AND list IN (SELECT list FROM list WHERE project = @project AND destination = @destination)
            """,
            cancellationToken, move);
        await session.ExecuteAsync(
            """
            INSERT INTO ledger_contact (shard, project, destination, person, remote_id, email, email_key, payload, rev, state, job, reason, updated_at)
            SELECT @shard, project, destination, @speaker, remote_id, email, email_key, @none, 0, state, job, reason, updated_at FROM ledger_contact
            WHERE project = @project AND destination = @destination AND shard = @from AND person = @person
            ON CONFLICT (project, destination, shard, person) DO NOTHING
            """,
            cancellationToken, [.. move, ("none", UInt128.Zero)]);
        await session.ExecuteAsync(
            "DELETE FROM ledger_contact WHERE project = @project AND destination = @destination AND shard = @from AND person = @person",
            cancellationToken, move);
    }
}
