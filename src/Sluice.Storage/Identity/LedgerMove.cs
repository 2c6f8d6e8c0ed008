using Sluice.Core.Identity;
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

    /// <summary>
    /// What a destination holds under an id when its person has come apart: a contact that has the address of one other part alone is that
    /// part's again. With any other address it stays, with its history.
    /// </summary>
    /// <returns>Who holds a contact now that was everybody's before.</returns>
    public static async Task<IReadOnlySet<PersonKey>> ReturnAsync(
        Session session, string project, PersonKey speaker, IReadOnlyList<PersonIds> parts, CancellationToken cancellationToken)
    {
        var ids = parts.SelectMany(p => p.Ids, (part, id) => (part.Person, id.Key)).OrderBy(i => i.Key).ToList();
        var owners = (await session.QueryBatchAsync(
            """
            SELECT c.destination, b.part FROM {batch} JOIN profile p ON p.project = {project} AND p.shard = b.shard AND p.person = b.person
            JOIN destination d ON d.project = {project}
            JOIN ledger_contact c ON c.project = d.project AND c.destination = d.destination AND c.shard = {shard} AND c.person = {speaker} AND c.email_key = p.email
            """,
            Batch.Of(session.Dialect, [.. ids.Select(i => i.Key)]).Add("part", ColumnType.Bytes, ids.Select(i => i.Person.ToBytes()).ToArray()),
            r => (Destination: r.GetString(0), Part: r.Key(1)), cancellationToken,
            ("project", project), ("speaker", speaker), ("shard", session.Dialect.ShardOf(speaker)))).Distinct().ToLookup(o => o.Destination, o => o.Part);
        var holders = new HashSet<PersonKey> { speaker };
        foreach (var destination in owners.Where(o => o.Count() == 1 && o.First() != speaker).OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            (string, object?)[] key = [("project", project), ("speaker", destination.First()), ("shard", session.Dialect.ShardOf(destination.First()))];
            if (await session.ScalarAsync<int?>(
                "SELECT 1 FROM ledger_contact WHERE project = @project AND destination = @destination AND shard = @shard AND person = @speaker",
                cancellationToken, [.. key, ("destination", destination.Key)]) is null)
            {
                await MoveAsync(session, key, destination.Key, speaker, cancellationToken);
                holders.Add(destination.First());
            }
        }

        return holders;
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
