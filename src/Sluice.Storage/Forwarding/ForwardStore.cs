using System.Data.Common;
using System.Text;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Events;
using Sluice.Core.People;
using Sluice.Storage.Delivery;

namespace Sluice.Storage.Forwarding;

/// <inheritdoc cref="IForwarding"/>
/// <remarks>
/// It has no row among the destinations: those get marks of people who have changed, which nobody would look at here.
/// </remarks>
internal sealed class ForwardStore(Database database) : IForwarding
{
    /// <summary>The name under which its cursor, its letters and its runs are found.</summary>
    public const string Destination = "mixpanel";

    private const string Cursor = "project = @project AND destination = @destination";

    public Task<long> StartAsync(string project, ForwardScope scope, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var key = Key(project);
                if (scope.IsNothing)
                {
                    await session.ExecuteAsync($"DELETE FROM event_cursor WHERE {Cursor}", token, key);
                    await session.ExecuteAsync($"DELETE FROM event_waiting WHERE {Cursor}", token, key);
                }
                else
                {
                    // From here on: what lies before has gone its own way.
                    await session.ExecuteAsync(
                        """
                        INSERT INTO event_cursor (project, destination, batch, n)
                        VALUES (@project, @destination, coalesce((SELECT batch FROM event_clock WHERE project = @project), 0), @n)
                        ON CONFLICT (project, destination) DO NOTHING
                        """,
                        token, [.. key, ("n", int.MaxValue)]);
                }

                if (scope.Received)
                {
                    return 0;
                }

                await session.ExecuteAsync("DELETE FROM forward_address WHERE project = @project", token, ("project", project));
                var dropped = (long)await session.ExecuteAsync("DELETE FROM forward_waiting WHERE project = @project", token, ("project", project));
                if (dropped > 0)
                {
                    var now = DateTimeOffset.FromUnixTimeMilliseconds(await session.Dialect.NowAsync(session, token));
                    var counts = new Dictionary<string, long>(StringComparer.Ordinal) { ["skipped_forward_off"] = dropped };
                    await RunAsync(session, project, new Run(Guid.CreateVersion7(now).ToString("n"), null, "forward", "done", now, now, counts, "passing on was switched off"), token);
                }

                return dropped;
            },
            cancellationToken);

    public Task OpenAsync(string project, Lease lease, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                await session.ExecuteAsync(
                    $"UPDATE run SET state = 'failed', ended_at = @now WHERE {Cursor} AND kind = 'forward' AND ended_at IS NULL",
                    token, [.. Key(project), ("now", await session.Dialect.NowAsync(session, token))]);
            },
            cancellationToken);

    public Task<LogPosition?> CursorAsync(string project, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (session, token) => session.FirstAsync(
                $"SELECT batch, n FROM event_cursor WHERE {Cursor}", r => (LogPosition?)new LogPosition(r.GetInt64(0), r.GetInt32(1)), token, Key(project)),
            cancellationToken);

    public async Task<IReadOnlyList<ForwardRow>> ReadAsync(string project, ForwardWay way, int limit, int bytes, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) =>
            {
                // First how large they are: thousands of them may weigh gigabytes.
                var sizes = await session.QueryAsync(
                    "SELECT batch, n, length(record) FROM forward_waiting WHERE project = @project AND way = @way ORDER BY batch, n LIMIT @limit",
                    r => (Position: new LogPosition(r.GetInt64(0), r.GetInt32(1)), Bytes: r.GetInt32(2)), token, ("project", project), ("way", way), ("limit", limit));
                var total = 0L;
                var fitting = sizes.TakeWhile((s, i) => (total += s.Bytes) <= bytes || i == 0).ToList();
                return fitting.Count == 0
                    ? []
                    : await session.QueryAsync(
                        """
                        SELECT way, batch, n, person, repeatable, state, taken_at, record FROM forward_waiting
                        WHERE project = @project AND way = @way AND (batch, n) <= (@batch, @n) ORDER BY batch, n
                        """,
                        Read, token, ("project", project), ("way", way), ("batch", fitting[^1].Position.Batch), ("n", fitting[^1].Position.Number));
            },
            cancellationToken);

    public Task<IReadOnlyList<ForwardRow>> BeginCallAsync(string project, Lease lease, IReadOnlyList<ForwardRow> rows, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                return await SetStateAsync(session, project, rows, 1, token) == rows.Count ? rows : await ThereAsync(session, project, rows, token);
            },
            cancellationToken);

    public Task CommitAsync(string project, Lease lease, ForwardChanges changes, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                if (changes.Cursor is { } cursor)
                {
                    if (await session.ExecuteAsync(
                        $"UPDATE event_cursor SET batch = @batch, n = @n WHERE {Cursor}", token, [.. Key(project), ("batch", cursor.Batch), ("n", cursor.Number)]) == 0)
                    {
                        // Another node was started with it switched off.
                        throw new LeaseLostException();
                    }

                    await session.ExecuteAsync(
                        "DELETE FROM forward_address WHERE project = @project AND (batch, n) <= (@batch, @n)", token,
                        ("project", project), ("batch", cursor.Batch), ("n", cursor.Number));
                }

                await session.ExecuteBatchAsync(
                    """
                    DELETE FROM event_waiting WHERE (project, destination, batch, n, shard) IN (
                        SELECT w.project, w.destination, w.batch, w.n, w.shard FROM {batch} JOIN event_waiting w
                        ON w.project = {project} AND w.destination = {destination} AND w.batch = b.batch AND w.n = b.n)
                    """,
                    Positions(changes.TriedAgain), token, Key(project));
                await session.ExecuteBatchAsync(
                    """
                    DELETE FROM forward_waiting WHERE (project, way, batch, n, shard) IN (
                        SELECT w.project, w.way, w.batch, w.n, w.shard FROM {batch} JOIN forward_waiting w
                        ON w.project = {project} AND w.way = b.way AND w.batch = b.batch AND w.n = b.n AND w.shard = b.shard)
                    """,
                    Rows(session.Dialect, changes.Gone), token, ("project", project));
                await SetStateAsync(session, project, changes.Again, 0, token);
                var rest = new LedgerChanges { Run = changes.Run };
                rest.DeadLetters.AddRange(changes.DeadLetters);
                await new LedgerWriter(session, Scope(project)).WriteAsync(rest, token);
            },
            cancellationToken);

    public async Task<IReadOnlyList<LogPosition>> AgainAsync(string project, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.QueryAsync(
                $"SELECT batch, n FROM event_waiting WHERE {Cursor} ORDER BY batch, n LIMIT @limit", r => new LogPosition(r.GetInt64(0), r.GetInt32(1)), token,
                [.. Key(project), ("limit", limit)]),
            cancellationToken);

    public async Task<IReadOnlyDictionary<LogPosition, string>> AddressesAsync(string project, IReadOnlyList<LogPosition> positions, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => (await session.QueryBatchAsync(
                "SELECT a.batch, a.n, a.address FROM {batch} JOIN forward_address a ON a.project = {project} AND a.batch = b.batch AND a.n = b.n",
                Positions(positions), r => (Position: new LogPosition(r.GetInt64(0), r.GetInt32(1)), Address: r.GetString(2)), token, ("project", project)))
                .ToDictionary(a => a.Position, a => a.Address),
            cancellationToken);

    /// <summary>
    /// Whether letters of what was passed on can be tried again: not while nothing is passed on, for then nobody would look at them.
    /// </summary>
    public static async Task<bool> IsOnAsync(Session session, string project, CancellationToken cancellationToken) =>
        await session.FirstAsync($"SELECT 1 FROM event_cursor WHERE {Cursor}", r => r.GetInt32(0), cancellationToken, Key(project)) == 1;

    /// <summary>Whether a letter is about something that was to be passed on.</summary>
    public static bool IsOurs(string letter) => ForwardLetter.Read(letter) is not null || EventLetter.Read(letter) is (Destination, _);

    /// <summary>
    /// Lets operations whose letters these are wait again, behind all that came since. Comes last in its transaction, as everything that
    /// takes the project's clock.
    /// </summary>
    public static async Task PutBackAsync(Session session, string project, IReadOnlyList<string> letters, long now, CancellationToken cancellationToken)
    {
        var wanted = letters.Where(l => ForwardLetter.Read(l) is not null).ToArray();
        var found = await session.QueryBatchAsync(
            "SELECT l.letter, l.person, l.payload FROM {batch} JOIN dead_letter l ON l.project = {project} AND l.letter = b.letter",
            new Batch().Add("letter", ColumnType.Text, wanted),
            r => (Letter: r.GetString(0), Owner: r.IsDBNull(1) ? PersonKey.Of(project, r.GetString(0)) : r.Key(1), Record: Encoding.UTF8.GetBytes(r.GetString(2))),
            cancellationToken, ("project", project));
        foreach (var way in found.Select(f => (Name: ForwardLetter.Read(f.Letter)!.Value, f.Owner, f.Record)).GroupBy(f => f.Name.Way))
        {
            await ForwardWriter.AddAsync(
                session, project, way.Key,
                [.. way.OrderBy(f => f.Name.Position).Select(f => new ForwardWriter.Row(f.Owner, f.Name.IsRepeatable, f.Record))], now, cancellationToken);
        }
    }

    private static async Task RunAsync(Session session, string project, Run run, CancellationToken cancellationToken) =>
        await new LedgerWriter(session, Scope(project)).WriteAsync(new LedgerChanges { Run = run }, cancellationToken);

    private static async Task<IReadOnlyList<ForwardRow>> ThereAsync(Session session, string project, IReadOnlyList<ForwardRow> rows, CancellationToken cancellationToken)
    {
        var there = (await session.QueryBatchAsync(
            """
            SELECT w.way, w.batch, w.n FROM {batch} JOIN forward_waiting w
            ON w.project = {project} AND w.way = b.way AND w.batch = b.batch AND w.n = b.n AND w.shard = b.shard
            """,
            Rows(session.Dialect, rows), r => ((ForwardWay)r.GetInt32(0), new LogPosition(r.GetInt64(1), r.GetInt32(2))), cancellationToken, ("project", project))).ToHashSet();
        return [.. rows.Where(r => there.Contains((r.Way, r.Position)))];
    }

    private static async Task<int> SetStateAsync(Session session, string project, IReadOnlyList<ForwardRow> rows, int state, CancellationToken cancellationToken) =>
        await session.ExecuteBatchAsync(
            """
            UPDATE forward_waiting SET state = @state FROM {batch}
            WHERE forward_waiting.project = {project} AND forward_waiting.way = b.way AND forward_waiting.batch = b.batch
                AND forward_waiting.n = b.n AND forward_waiting.shard = b.shard
            """,
            Rows(session.Dialect, rows), cancellationToken, ("project", project), ("state", state));

    private static DeliveryScope Scope(string project) => new(project, Destination, [], GroupAttributes: false);

    private static (string Name, object? Value)[] Key(string project) => [("project", project), ("destination", Destination)];

    private static Batch Positions(IReadOnlyList<LogPosition> positions) => new Batch()
        .Add("batch", ColumnType.Long, positions.Select(p => p.Batch).ToArray())
        .Add("n", ColumnType.Int, positions.Select(p => p.Number).ToArray());

    private static Batch Rows(Dialect dialect, IReadOnlyList<ForwardRow> rows) => new Batch()
        .Add("shard", ColumnType.Small, rows.Select(r => dialect.ShardOf(r.Owner)).ToArray())
        .Add("way", ColumnType.Small, rows.Select(r => (short)r.Way).ToArray())
        .Add("batch", ColumnType.Long, rows.Select(r => r.Position.Batch).ToArray())
        .Add("n", ColumnType.Int, rows.Select(r => r.Position.Number).ToArray());

    private static ForwardRow Read(DbDataReader r) => new(
        (ForwardWay)r.GetInt32(0), new LogPosition(r.GetInt64(1), r.GetInt32(2)), r.Key(3), r.GetInt32(4) != 0, r.GetInt32(5) != 0, r.Time(6), (byte[])r.GetValue(7));
}
