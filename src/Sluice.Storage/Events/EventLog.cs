using System.Data.Common;
using Sluice.Core.Events;

namespace Sluice.Storage.Events;

/// <summary>Reads the log in the order of arrival.</summary>
internal sealed class EventLog(Database database) : IEventLog
{
    public Task<LogPosition> EndAsync(string project, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) => await session.ScalarAsync<long?>(
                "SELECT batch FROM event_clock WHERE project = @project", token, ("project", project)) is { } batch
                ? LogPosition.EndOf(batch)
                : LogPosition.Start,
            cancellationToken);

    public Task<LogPage> ReadAsync(
        string project, LogPosition after, int limit, IReadOnlyCollection<string>? names, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) =>
            {
                // Every event is looked at, so that a page is a bounded piece of work however rare the wanted ones are.
                var keys = names?.Select((n, i) => ($"e{i}", (object?)EventKeys.OfName(project, n))).ToArray() ?? [];
                var wanted = names is null ? "true" : keys.Length == 0 ? "false" : $"l.event IN ({string.Join(", ", keys.Select(k => "@" + k.Item1))})";
                var looked = await session.QueryAsync(
                    $"""
                    SELECT l.batch, l.n, e.name, l.time, l.person, l.origin, CASE WHEN {wanted} THEN l.props END FROM event_log l
                    JOIN event_name e ON e.project = l.project AND e.event = l.event
                    WHERE l.project = @project AND (l.batch, l.n) > (@batch, @n)
                    ORDER BY l.batch, l.n LIMIT @limit
                    """,
                    r => (Position: new LogPosition(r.GetInt64(0), r.GetInt32(1)), Event: r.IsDBNull(6) ? null : Read(r)),
                    token, [("project", project), ("batch", after.Batch), ("n", after.Number), ("limit", limit), .. keys]);
                return new LogPage([.. looked.Select(l => l.Event).OfType<LoggedEvent>()], looked.Count == 0 ? after : looked[^1].Position, looked.Count < limit)
                {
                    Looked = looked.Count,
                };
            },
            cancellationToken);

    public Task<IReadOnlyList<LoggedEvent>> GetAsync(string project, IReadOnlyList<LogPosition> positions, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<LoggedEvent>>(
            async (session, token) => [.. (await session.QueryBatchAsync(
                """
                SELECT l.batch, l.n, e.name, l.time, l.person, l.origin, l.props FROM {batch} JOIN event_log l
                ON l.project = {project} AND l.batch = b.batch AND l.n = b.n
                JOIN event_name e ON e.project = l.project AND e.event = l.event
                """,
                new Batch().Add("batch", ColumnType.Long, positions.Select(p => p.Batch).ToArray()).Add("n", ColumnType.Int, positions.Select(p => p.Number).ToArray()),
                Read, token, ("project", project))).OrderBy(e => e.Position)],
            cancellationToken);

    public Task<IReadOnlyList<EventCount>> CountAsync(string project, long from, long until, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<EventCount>>(
            async (session, token) => await session.QueryAsync(
                """
                SELECT e.name, (SELECT count(*) FROM event k WHERE k.project = e.project AND k.event = e.event AND k.time >= @from AND k.time < @until)
                FROM event_name e WHERE e.project = @project ORDER BY e.name
                """,
                r => new EventCount(r.GetString(0), r.GetInt64(1)), token, ("project", project), ("from", from), ("until", until)),
            cancellationToken);

    private static LoggedEvent Read(DbDataReader r) => new(
        new LogPosition(r.GetInt64(0), r.GetInt32(1)), r.GetString(2), r.GetInt64(3), r.Key(4), (Origin)r.GetInt32(5), (byte[])r.GetValue(6));
}
