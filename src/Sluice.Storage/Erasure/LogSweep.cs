using System.Globalization;
using Sluice.Core.Delivery;
using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Storage.Erasure;

/// <summary>
/// Walks over a part of the event log and deletes the events of erased people: those under one of their ids, and those that said who is
/// who and name them. There is no index on the person, because every event would pay for it; so this takes its time, and remembers its place.
/// </summary>
internal sealed class LogSweep(Database database, Lease lease, ErasureJob job)
{
    private const int LookAtOnce = 20_000;

    // Where nothing is found, the place is noted after so many looks.
    private const int LooksPerNote = 10;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (tombstones, ids, position, until) = await database.ReadAsync(StartAsync, cancellationToken);
        for (var look = 1; ; look++)
        {
            var rows = await database.ReadAsync((session, token) => LookAsync(session, position, until, token), cancellationToken);
            var found = rows.Where(r => ids.Contains(r.Person) || (r.Properties is { } props && ErasureScreen.Names(tombstones, job.Project, props))).ToArray();
            var isEnd = rows.Count < LookAtOnce;
            position = rows.Count == 0 ? position : rows[^1].Position;
            if (found.Length > 0 || isEnd || look % LooksPerNote == 0)
            {
                await ErasureWork.WriteAsync(database, lease, (session, token) => DeleteAsync(session, found, position, isEnd, token), cancellationToken);
            }

            if (isEnd)
            {
                return;
            }
        }
    }

    private async Task<(TombstoneSet Tombstones, HashSet<PersonKey> Ids, LogPosition From, long Until)> StartAsync(Session session, CancellationToken cancellationToken)
    {
        var key = ErasureWork.Key(job);
        var tombstones = await session.Tombstones.ReadAsync(session, job.Project, cancellationToken);
        var ids = (await Erasures.SubjectsAsync(session, key, cancellationToken)).Where(s => s.Kind == SubjectKind.Id).Select(s => s.Key).ToHashSet();
        var (from, until, cursor) = await session.FirstAsync(
            $"SELECT log_from, log_until, cursor FROM erasure WHERE {Erasures.Key}", r => (r.GetInt64(0), r.GetInt64(1), r.TextOrNull(2)), cancellationToken, key);
        var place = cursor?.Split(':');
        var start = place is null
            ? LogPosition.EndOf(from)
            : new LogPosition(long.Parse(place[0], CultureInfo.InvariantCulture), int.Parse(place[1], CultureInfo.InvariantCulture));
        return (tombstones, ids, start, until);
    }

    private Task<List<LogRow>> LookAsync(Session session, LogPosition after, long until, CancellationToken cancellationToken)
    {
        var names = ErasureScreen.Identifying.Select((n, i) => ($"e{i}", (object?)EventKeys.OfName(job.Project, n))).ToArray();
        return session.QueryAsync(
            $"""
            SELECT l.batch, l.n, l.shard, l.event, l.time, l.person, l.insert_id, CASE WHEN l.event IN (@e0, @e1, @e2) THEN l.props END FROM event_log l
            WHERE l.project = @project AND (l.batch, l.n) > (@batch, @n) AND l.batch <= @until ORDER BY l.batch, l.n LIMIT {LookAtOnce}
            """,
            r => new LogRow(
                new LogPosition(r.GetInt64(0), r.GetInt32(1)), r.GetInt16(2), (byte[])r.GetValue(3), r.GetInt64(4), r.Key(5), (byte[])r.GetValue(6),
                r.IsDBNull(7) ? null : (byte[])r.GetValue(7)),
            cancellationToken, [("project", job.Project), ("batch", after.Batch), ("n", after.Number), ("until", until), .. names]);
    }

    private async Task DeleteAsync(Session session, LogRow[] rows, LogPosition position, bool isEnd, CancellationToken cancellationToken)
    {
        (string, object?)[] project = [("project", job.Project)];
        await session.ExecuteBatchAsync(
            """
            DELETE FROM event_waiting WHERE (project, destination, batch, n, shard) IN (
                SELECT d.project, d.destination, b.batch, b.n, b.shard FROM {batch} JOIN destination d ON d.project = {project})
            """,
            Places(rows), cancellationToken, project);
        await session.ExecuteBatchAsync(
            "DELETE FROM forward_address WHERE (project, batch, n, shard) IN (SELECT {project}, b.batch, b.n, b.shard FROM {batch})",
            Places(rows), cancellationToken, project);
        await session.ExecuteBatchAsync(
            "DELETE FROM event WHERE (project, event, time, shard, person, insert_id) IN (SELECT {project}, b.event, b.time, b.shard, b.person, b.insert_id FROM {batch})",
            new Batch()
                .Add("shard", ColumnType.Small, rows.Select(r => r.Shard).ToArray())
                .Add("event", ColumnType.Bytes, rows.Select(r => r.Event).ToArray())
                .Add("time", ColumnType.Long, rows.Select(r => r.Time).ToArray())
                .Add("person", ColumnType.Bytes, rows.Select(r => r.Person.ToBytes()).ToArray())
                .Add("insert_id", ColumnType.Bytes, rows.Select(r => r.InsertId).ToArray()),
            cancellationToken, project);
        var deleted = await session.ExecuteBatchAsync(
            "DELETE FROM event_log WHERE (project, batch, n, shard) IN (SELECT {project}, b.batch, b.n, b.shard FROM {batch})", Places(rows), cancellationToken, project);
        await ErasureWork.CountAsync(session, job, [("events", deleted)], cancellationToken);
        if (isEnd)
        {
            await ErasureWork.MoveAsync(session, job, job.Stage + 1, cancellationToken);
        }
        else
        {
            await session.ExecuteAsync(
                $"UPDATE erasure SET cursor = @cursor WHERE {Erasures.Key}", cancellationToken,
                [.. ErasureWork.Key(job), ("cursor", string.Create(CultureInfo.InvariantCulture, $"{position.Batch}:{position.Number}"))]);
        }
    }

    private static Batch Places(LogRow[] rows) => new Batch()
        .Add("batch", ColumnType.Long, rows.Select(r => r.Position.Batch).ToArray())
        .Add("n", ColumnType.Int, rows.Select(r => r.Position.Number).ToArray())
        .Add("shard", ColumnType.Small, rows.Select(r => r.Shard).ToArray());

    private sealed record LogRow(LogPosition Position, short Shard, byte[] Event, long Time, PersonKey Person, byte[] InsertId, byte[]? Properties);
}
