using System.Data.Common;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Storage.Delivery.Events;

/// <inheritdoc cref="IEventOutbox"/>
/// <remarks>"state &lt;&gt; 0" beside another state is what leads the engines to the small index of what is not just waiting.</remarks>
internal sealed class EventOutbox(Database database) : IEventOutbox
{
    private const string Scope = "project = @project AND destination = @destination";

    // What a call is named after that stores its events later, and what such events are under that a look has not found.
    private const string QueuedCall = "queued-";
    private const string LookedCall = "looked";

    // Rests are lifted or run out; what is left of one that nobody asks about goes after this. Where events still wait, nobody has looked for a
    // day: then nobody could make the contact either, and it has all its tries again.
    private static readonly TimeSpan RestsKept = TimeSpan.FromDays(1);

    public Task<OutboxState> OpenAsync(DeliveryScope scope, Lease lease, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                var key = Key(scope);
                var now = await session.Dialect.NowAsync(session, token);
                await session.ExecuteAsync(
                    """
                    INSERT INTO destination (project, destination, group_attributes, has_contacts) VALUES (@project, @destination, 0, @contacts)
                    ON CONFLICT (project, destination) DO NOTHING
                    """,
                    token, [.. key, ("contacts", scope.HasContacts)]);
                await session.ExecuteAsync(
                    "INSERT INTO event_cursor (project, destination, batch, n) VALUES (@project, @destination, 0, 0) ON CONFLICT (project, destination) DO NOTHING",
                    token, key);
                await session.ExecuteAsync($"UPDATE event_waiting SET state = 2 WHERE {Scope} AND state <> 0 AND state = 1", token, key);
                await ForgetRestsAsync(session, scope, now, token);
                await session.ExecuteAsync(
                    $"UPDATE run SET state = 'failed', ended_at = @now WHERE {Scope} AND kind = 'events' AND ended_at IS NULL", token, [.. key, ("now", now)]);
                var waiting = await session.ScalarAsync<long>($"SELECT count(*) FROM event_waiting WHERE {Scope}", token, key);
                var cursor = await session.FirstAsync(
                    $"SELECT batch, n FROM event_cursor WHERE {Scope}", r => new LogPosition(r.GetInt64(0), r.GetInt32(1)), token, key);
                return new OutboxState(cursor, waiting);
            },
            cancellationToken);

    public Task TakeOverAsync(
        DeliveryScope scope, Lease lease, LogPosition cursor, IReadOnlyList<LogKey> events, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                var key = Key(scope);
                await session.ExecuteBatchAsync(
                    """
                    INSERT INTO event_waiting (shard, project, destination, person, batch, n, state, alone, taken_at)
                    SELECT b.shard, @project, @destination, b.person, b.batch, b.n, 0, 0, @now FROM {batch} WHERE true
                    ON CONFLICT (project, destination, batch, n, shard) DO NOTHING
                    """,
                    Rows(session.Dialect, [.. events.Select(e => (e.Position, e.Person))]), token, [.. key, ("now", now)]);
                await session.ExecuteAsync(
                    $"UPDATE event_cursor SET batch = @batch, n = @n WHERE {Scope}", token, [.. key, ("batch", cursor.Batch), ("n", cursor.Number)]);
            },
            cancellationToken);

    public Task<OutboxPage> ReadAsync(DeliveryScope scope, LogPosition after, int limit, DateTimeOffset restedBy, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) =>
            {
                (string, object?)[] where = [.. Key(scope), ("batch", after.Batch), ("n", after.Number), ("limit", limit), ("rested", restedBy)];
                var rows = await session.QueryAsync(
                    $"""
                    {Select(session.Dialect)}
                    WHERE w.project = @project AND w.destination = @destination AND (w.batch, w.n) > (@batch, @n) AND w.state = 0
                        AND (r.until IS NULL OR r.until <= @rested)
                    ORDER BY w.batch, w.n LIMIT @limit
                    """,
                    Read, token, where);
                var atEnd = rows.Count < limit;
                var next = atEnd
                    ? await session.ScalarAsync<long?>($"SELECT min(until) FROM event_rest WHERE {Scope} AND until > @rested", token, [.. Key(scope), ("rested", restedBy)])
                    : null;
                return new OutboxPage(rows, atEnd, next is { } until ? DateTimeOffset.FromUnixTimeMilliseconds(until) : null);
            },
            cancellationToken);

    public async Task<IReadOnlyList<OutboxRow>> UnknownAsync(
        DeliveryScope scope, UnknownWait? wait, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) =>
            {
                var now = await session.Dialect.NowAsync(session, token);
                long Before(TimeSpan? length) => length is { } since ? now - (long)since.TotalMilliseconds : long.MaxValue;
                return await session.QueryAsync(
                    $"""
                    {Select(session.Dialect)}
                    WHERE w.project = @project AND w.destination = @destination AND w.state <> 0 AND w.state = 2 AND w.called_at <=
                        CASE WHEN w.call = '{LookedCall}' THEN @looked WHEN w.call LIKE '{QueuedCall}%' THEN @queued ELSE @direct END
                    ORDER BY w.batch, w.n LIMIT @limit
                    """,
                    Read, token,
                    [.. Key(scope), ("looked", Before(wait?.Looked)), ("queued", Before(wait?.Queued)), ("direct", Before(wait?.Direct)), ("limit", limit)]);
            },
            cancellationToken);

    public Task<CallStart> BeginCallAsync(
        DeliveryScope scope, Lease lease, EventCallId id, IReadOnlyList<OutboxItem> items, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                var start = await LookAsync(session, scope, items, token);
                var now = await session.Dialect.NowAsync(session, token);
                var going = items.Where(start.MayGo).ToList();
                await session.ExecuteBatchAsync(
                    """
                    UPDATE event_waiting SET state = 1, call = @call, called_at = @now, contact = b.contact FROM {batch}
                    WHERE event_waiting.project = {project} AND event_waiting.destination = {destination}
                        AND event_waiting.batch = b.batch AND event_waiting.n = b.n AND event_waiting.shard = b.shard
                    """,
                    Rows(session.Dialect, [.. going.Select(i => (i.Position, i.Sender))]).Add("contact", ColumnType.Long, going.Select(i => i.Contact?.RemoteId).ToArray()),
                    token, [.. Key(scope), ("call", id.Queued ? QueuedCall + id.Id : id.Id), ("now", now)]);
                return start;
            },
            cancellationToken);

    public Task CommitAsync(DeliveryScope scope, Lease lease, OutboxChanges changes, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                await new EventOutboxWriter(session, scope).WriteAsync(changes, token);
            },
            cancellationToken);

    /// <summary>Lets events of the log wait again, each for a call of its own.</summary>
    public static async Task PutBackAsync(
        Session session, string project, IReadOnlyList<(string Destination, LogPosition Position)> events, long now, CancellationToken cancellationToken) =>
        await session.ExecuteBatchAsync(
            """
            INSERT INTO event_waiting (shard, project, destination, person, batch, n, state, alone, taken_at)
            SELECT l.shard, l.project, b.destination, l.person, l.batch, l.n, 0, 1, @now FROM {batch} JOIN event_log l
            ON l.project = {project} AND l.batch = b.batch AND l.n = b.n WHERE true
            ON CONFLICT (project, destination, batch, n, shard) DO NOTHING
            """,
            new Batch()
                .Add("destination", ColumnType.Text, events.Select(e => e.Destination).ToArray())
                .Add("batch", ColumnType.Long, events.Select(e => e.Position.Batch).ToArray())
                .Add("n", ColumnType.Int, events.Select(e => e.Position.Number).ToArray()),
            cancellationToken, ("project", project), ("now", now));

    /// <summary>Writes that events were looked for and not found, now.</summary>
    public static async Task LookedAsync(
        Session session, DeliveryScope scope, IReadOnlyList<(LogPosition Position, PersonKey Sender)> events, CancellationToken cancellationToken)
    {
        if (events.Count > 0)
        {
            await session.ExecuteBatchAsync(
                $$"""
                UPDATE event_waiting SET call = '{{LookedCall}}', called_at = @now FROM {batch}
                WHERE event_waiting.project = {project} AND event_waiting.destination = {destination}
                    AND event_waiting.batch = b.batch AND event_waiting.n = b.n AND event_waiting.shard = b.shard
                """,
                Rows(session.Dialect, events), cancellationToken, [.. Key(scope), ("now", await session.Dialect.NowAsync(session, cancellationToken))]);
        }
    }

    /// <summary>Takes away rests that ran out long ago.</summary>
    public static Task<int> ForgetRestsAsync(Session session, DeliveryScope scope, long now, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            $"DELETE FROM event_rest WHERE {Scope} AND until < @before", cancellationToken,
            [.. Key(scope), ("before", now - (long)RestsKept.TotalMilliseconds)]);

    /// <summary>
    /// Whose ids come to another lane keep its rest: what waits of them has been passed over, and nothing later may be met before it.
    /// </summary>
    public static async Task PassOnRestsAsync(
        Session session, string project, PersonKey from, IEnumerable<PersonKey> people, CancellationToken cancellationToken) =>
        await session.ExecuteBatchAsync(
            """
            INSERT INTO event_rest (shard, project, destination, person, until, reason, times)
            SELECT b.shard, r.project, r.destination, b.person, r.until, r.reason, r.times FROM {batch} JOIN destination d ON d.project = {project}
            JOIN event_rest r ON r.project = d.project AND r.destination = d.destination AND r.shard = {shard} AND r.person = {from} WHERE true
            ON CONFLICT (project, destination, shard, person) DO UPDATE SET until = excluded.until, reason = excluded.reason, times = excluded.times
            WHERE event_rest.until < excluded.until
            """,
            Batch.Of(session.Dialect, [.. people.Where(p => p != from).Distinct().Order()]), cancellationToken,
            ("project", project), ("shard", session.Dialect.ShardOf(from)), ("from", from));

    /// <summary>What has happened to events since they were loaded: asked of whoever speaks for their people by now.</summary>
    private static async Task<CallStart> LookAsync(Session session, DeliveryScope scope, IReadOnlyList<OutboxItem> items, CancellationToken cancellationToken)
    {
        var clusters = await Clusters.OfAsync(session, scope.Project, [.. items.SelectMany(i => new[] { i.Lane, i.Sender }).Distinct()], cancellationToken);
        PersonKey SpeakerOf(PersonKey id) => clusters.SpeakerOf(id) ?? id;

        // Lists have no say in it.
        var people = await PersonLoader.ReadAsync(
            session, scope with { Rules = [] }, [.. items.Select(i => SpeakerOf(i.Lane)).Distinct().Select(s => (s, 0L))], cancellationToken);
        var states = people.ToDictionary(p => p.State.Key, p => p.State);
        var waiting = (await session.QueryBatchAsync(
            """
            SELECT w.batch, w.n FROM {batch} JOIN event_waiting w
            ON w.project = {project} AND w.destination = {destination} AND w.batch = b.batch AND w.n = b.n AND w.shard = b.shard
            """,
            Rows(session.Dialect, [.. items.Select(i => (i.Position, i.Sender))]), r => new LogPosition(r.GetInt64(0), r.GetInt32(1)), cancellationToken,
            Key(scope))).ToHashSet();

        // What the same id has sent later stays behind it, also where that was read later and is right as it is.
        var changed = items.Where(i => waiting.Contains(i.Position) && IsChanged(i)).Select(i => i.Sender).ToHashSet();
        return new CallStart(
            items.Select(i => i.Lane).Where(l => StateOf(l).Suppressed is not null).ToHashSet(),
            items.Where(i => waiting.Contains(i.Position) && changed.Contains(i.Sender)).Select(i => i.Position).ToHashSet(),
            items.Select(i => i.Position).Where(p => !waiting.Contains(p)).ToHashSet());

        PersonState StateOf(PersonKey lane) => states[SpeakerOf(lane)];

        bool IsChanged(OutboxItem item) => SpeakerOf(item.Sender) != SpeakerOf(item.Lane) || StateOf(item.Lane).SpokenForBy is not null
            || (StateOf(item.Lane).Suppressed is null && ContactName.Of(StateOf(item.Lane).Contact) != item.Contact);
    }

    internal static Batch Rows(Dialect dialect, IReadOnlyList<(LogPosition Position, PersonKey Sender)> rows) =>
        Batch.Of(dialect, [.. rows.Select(r => r.Sender)])
            .Add("batch", ColumnType.Long, rows.Select(r => r.Position.Batch).ToArray())
            .Add("n", ColumnType.Int, rows.Select(r => r.Position.Number).ToArray());

    internal static (string Name, object? Value)[] Key(DeliveryScope scope) => [("project", scope.Project), ("destination", scope.Destination)];

    // A merge changes nothing here: who speaks for a person is looked up when an event is read.
    private static string Select(Dialect dialect) => $"""
        SELECT w.batch, w.n, w.person, coalesce(i.canonical, w.person), w.alone, w.taken_at, w.called_at, r.reason, r.times, w.call, w.contact FROM event_waiting w
        LEFT JOIN identity i ON i.project = w.project AND i.shard = w.shard AND i.person = w.person
        LEFT JOIN event_rest r ON r.project = w.project AND r.destination = w.destination
            AND r.shard = {dialect.ShardOf("coalesce(i.canonical, w.person)")} AND r.person = coalesce(i.canonical, w.person)
        """;

    private static OutboxRow Read(DbDataReader r) => new(
        new LogPosition(r.GetInt64(0), r.GetInt32(1)), r.Key(2), r.Key(3), r.GetInt32(4) != 0, r.Time(5), r.TimeOrNull(6),
        r.IsDBNull(7) ? null : new Rest(r.GetString(7), r.GetInt32(8)))
    {
        Queued = r.TextOrNull(9)?.StartsWith(QueuedCall, StringComparison.Ordinal) == true,
        Contact = r.IsDBNull(10) ? null : r.GetInt64(10),
    };
}
