using System.Globalization;
using Sluice.Core.Delivery;
using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Storage.Erasure;

/// <summary>
/// Walks over a part of the event log and deletes the events of erased people: those under one of their ids, and those that said who is
/// who and name them. There is no index on the person, because every event would pay for it; so this takes its time, remembers its place,
/// and does it for all erasures that stand before the same walk.
/// </summary>
internal sealed class LogSweep(Database database, Lease lease, ErasureJob job)
{
    private const int LookAtOnce = 20_000;

    // Where nothing is found, the place is noted after so many looks.
    private const int LooksPerNote = 10;

    // So that their ids are not without bound; those that are left share the next walk.
    private const int ErasuresAtOnce = 20;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (tombstones, walks) = await database.ReadAsync(StartAsync, cancellationToken);
        var (position, until) = (walks.Min(w => w.Place), walks.Max(w => w.Until));
        var owners = new Dictionary<PersonKey, Walk>();
        foreach (var walk in walks)
        {
            walk.Ids.ForEach(id => owners.TryAdd(id, walk));
        }

        // An event that said who is who counts for this erasure, whoever of the erased it names.
        Walk? OwnerOf(LogRow row) => owners.TryGetValue(row.Person, out var owner)
            ? owner
            : row.Properties is { } properties && ErasureScreen.Names(tombstones, job.Project, properties) ? walks[0] : null;
        for (var look = 1; ; look++)
        {
            var rows = await database.ReadAsync((session, token) => LookAsync(session, position, until, token), cancellationToken);
            var found = rows.Select(r => (Row: r, Owner: OwnerOf(r))).Where(r => r.Owner is not null).ToLookup(r => r.Owner!, r => r.Row);
            var isEnd = rows.Count < LookAtOnce;
            position = rows.Count == 0 ? position : rows[^1].Position;
            if (found.Count > 0 || isEnd || look % LooksPerNote == 0)
            {
                await ErasureWork.WriteAsync(
                    database, lease,
                    async (session, token) =>
                    {
                        foreach (var owner in found)
                        {
                            await DeleteAsync(session, owner.Key.Job, [.. owner], token);
                        }

                        await NoteAsync(session, walks, position, isEnd, token);
                    },
                    cancellationToken);
            }

            if (isEnd)
            {
                return;
            }
        }
    }

    /// <summary>What is to be done: this erasure's walk first, then those of others that have come as far.</summary>
    private async Task<(TombstoneSet Tombstones, List<Walk> Walks)> StartAsync(Session session, CancellationToken cancellationToken)
    {
        var tombstones = await session.Tombstones.ReadAsync(session, job.Project, cancellationToken);
        var started = await session.QueryAsync(
            $"""
            SELECT erasure, log_from, log_until, cursor FROM erasure WHERE project = @project AND kind = 0 AND ended_at IS NULL AND stage = @stage
            ORDER BY CASE WHEN erasure = @erasure THEN 0 ELSE 1 END, requested_at, erasure LIMIT {ErasuresAtOnce}
            """,
            r => (Id: r.GetString(0), From: r.GetInt64(1), Until: r.GetInt64(2), Cursor: r.TextOrNull(3)), cancellationToken,
            [.. ErasureWork.Key(job), ("stage", job.Stage)]);
        var walks = new List<Walk>();
        foreach (var one in started)
        {
            var other = job with { Id = one.Id };
            var subjects = await Erasures.SubjectsAsync(session, ErasureWork.Key(other), cancellationToken);
            walks.Add(new Walk(other, [.. subjects.Where(s => s.Kind == SubjectKind.Id).Select(s => s.Key)], PlaceOf(one.Cursor) ?? LogPosition.EndOf(one.From), one.Until));
        }

        return (tombstones, walks);
    }

    private static LogPosition? PlaceOf(string? cursor) => cursor?.Split(':') is [var batch, var number]
        ? new LogPosition(long.Parse(batch, CultureInfo.InvariantCulture), int.Parse(number, CultureInfo.InvariantCulture))
        : null;

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

    private static async Task DeleteAsync(Session session, ErasureJob job, LogRow[] rows, CancellationToken cancellationToken)
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
    }

    /// <summary>Notes how far the walk has come, for each erasure that it is for; one that had come further before stays where it was.</summary>
    private static async Task NoteAsync(Session session, List<Walk> walks, LogPosition position, bool isEnd, CancellationToken cancellationToken)
    {
        foreach (var walk in walks)
        {
            if (isEnd)
            {
                await ErasureWork.MoveAsync(session, walk.Job, walk.Job.Stage + 1, cancellationToken);
            }
            else if (position > walk.Place)
            {
                await session.ExecuteAsync(
                    $"UPDATE erasure SET cursor = @cursor WHERE {Erasures.Key}", cancellationToken,
                    [.. ErasureWork.Key(walk.Job), ("cursor", string.Create(CultureInfo.InvariantCulture, $"{position.Batch}:{position.Number}"))]);
            }
        }
    }

    private static Batch Places(LogRow[] rows) => new Batch()
        .Add("batch", ColumnType.Long, rows.Select(r => r.Position.Batch).ToArray())
        .Add("n", ColumnType.Int, rows.Select(r => r.Position.Number).ToArray())
        .Add("shard", ColumnType.Small, rows.Select(r => r.Shard).ToArray());

    private sealed record LogRow(LogPosition Position, short Shard, byte[] Event, long Time, PersonKey Person, byte[] InsertId, byte[]? Properties);

    /// <param name="Place">Where it has come to.</param>
    /// <param name="Until">The last batch that it goes over.</param>
    private sealed record Walk(ErasureJob Job, List<PersonKey> Ids, LogPosition Place, long Until);
}
