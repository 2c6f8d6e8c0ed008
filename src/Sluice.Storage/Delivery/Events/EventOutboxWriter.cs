using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.People;

namespace Sluice.Storage.Delivery.Events;

/// <summary>Writes one step of the delivery of events within a transaction.</summary>
internal sealed class EventOutboxWriter(Session session, DeliveryScope scope)
{
    private readonly (string Name, object? Value)[] _key = EventOutbox.Key(scope);

    public async Task WriteAsync(OutboxChanges changes, CancellationToken cancellationToken)
    {
        await session.ExecuteBatchAsync(
            """
            DELETE FROM event_waiting WHERE (project, destination, batch, n, shard) IN (
                SELECT w.project, w.destination, w.batch, w.n, w.shard FROM {batch} JOIN event_waiting w
                ON w.project = {project} AND w.destination = {destination} AND w.batch = b.batch AND w.n = b.n AND w.shard = b.shard)
            """,
            EventOutbox.Rows(session.Dialect, changes.Gone), cancellationToken, _key);
        await session.ExecuteBatchAsync(
            """
            UPDATE event_waiting SET state = 0, call = NULL, called_at = NULL, contact = NULL, alone = b.alone FROM {batch}
            WHERE event_waiting.project = {project} AND event_waiting.destination = {destination}
                AND event_waiting.batch = b.batch AND event_waiting.n = b.n AND event_waiting.shard = b.shard
            """,
            EventOutbox.Rows(session.Dialect, [.. changes.Again.Select(a => (a.Position, a.Sender))])
                .Add("alone", ColumnType.Small, changes.Again.Select(a => (short)(a.Alone ? 1 : 0)).ToArray()),
            cancellationToken, _key);
        await session.ExecuteBatchAsync(
            """
            UPDATE event_waiting SET state = 2 FROM {batch}
            WHERE event_waiting.project = {project} AND event_waiting.destination = {destination}
                AND event_waiting.batch = b.batch AND event_waiting.n = b.n AND event_waiting.shard = b.shard
            """,
            EventOutbox.Rows(session.Dialect, changes.Unknown), cancellationToken, _key);
        await EventOutbox.LookedAsync(session, scope, changes.Looked, cancellationToken);
        await RestsAsync(changes, cancellationToken);
        await MarkAsync(changes.Marked, cancellationToken);
        var rest = new LedgerChanges { Run = changes.Run, Destination = changes.Destination };
        rest.DeadLetters.AddRange(changes.DeadLetters);
        await new LedgerWriter(session, scope).WriteAsync(rest, cancellationToken);
        if (changes.Run is { EndedAt: not null })
        {
            await EventOutbox.ForgetRestsAsync(session, scope, await session.Dialect.NowAsync(session, cancellationToken), cancellationToken);
        }
    }

    private async Task RestsAsync(OutboxChanges changes, CancellationToken cancellationToken)
    {
        var rested = Batch.Of(session.Dialect, [.. changes.Rested.Distinct()]);
        await session.ExecuteBatchAsync(
            """
            DELETE FROM event_rest WHERE (project, destination, shard, person) IN (
                SELECT r.project, r.destination, r.shard, r.person FROM {batch} JOIN event_rest r
                ON r.project = {project} AND r.destination = {destination} AND r.shard = b.shard AND r.person = b.person AND r.until <= @rested)
            """,
            rested, cancellationToken, [.. _key, ("rested", changes.RestedBy)]);

        // Whoever had to leave them a shared address for their events' sake may have it now.
        if (scope.HasContacts)
        {
            await SharedAddresses.MarkOthersAsync(session, _key, rested, cancellationToken);
        }

        // PostgreSQL refuses a statement that writes one row twice; of two words about one person the last one counts.
        var resting = changes.Resting.GroupBy(r => r.Person).Select(g => g.Last()).ToArray();
        await session.ExecuteBatchAsync(
            """
            INSERT INTO event_rest (shard, project, destination, person, until, reason, times)
            SELECT b.shard, @project, @destination, b.person, b.until, b.reason, 1 FROM {batch} WHERE true
            ON CONFLICT (project, destination, shard, person) DO UPDATE SET until = excluded.until, reason = excluded.reason,
                times = CASE WHEN event_rest.reason = excluded.reason THEN event_rest.times + 1 ELSE 1 END
            """,
            Batch.Of(session.Dialect, [.. resting.Select(r => r.Person)])
                .Add("until", ColumnType.Long, resting.Select(r => r.Until.ToUnixTimeMilliseconds()).ToArray())
                .Add("reason", ColumnType.Text, resting.Select(r => r.Reason).ToArray()),
            cancellationToken, _key);
    }

    /// <summary>Marks people for the contact's side; who is marked already may be waiting for something, and keeps waiting.</summary>
    private Task<int> MarkAsync(List<PersonKey> people, CancellationToken cancellationToken) =>
        session.ExecuteBatchAsync(
            """
            INSERT INTO pending (shard, project, destination, person, seq, job)
            SELECT b.shard, @project, @destination, b.person, 1, NULL FROM {batch} WHERE true ORDER BY b.shard, b.person
            ON CONFLICT (project, destination, shard, person) DO NOTHING
            """,
            Batch.Of(session.Dialect, [.. people.Distinct()]), cancellationToken, _key);
}
