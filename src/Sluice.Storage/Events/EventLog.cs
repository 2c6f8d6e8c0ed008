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

    public async Task<LogPage> ReadAsync(
        string project, LogPosition after, int limit, IReadOnlyCollection<string>? names, CancellationToken cancellationToken)
    {
        var looked = await LookAsync(project, after, limit, names, wanted => $"e.name, l.time, l.person, l.origin, CASE WHEN {wanted} THEN l.props END", Read, cancellationToken);
        return new LogPage([.. looked.Select(l => l.Wanted).OfType<LoggedEvent>()], looked.Count == 0 ? after : looked[^1].Position, looked.Count < limit)
        {
            Looked = looked.Count,
        };
    }

    public async Task<LogKeyPage> ReadKeysAsync(
        string project, LogPosition after, int limit, IReadOnlyCollection<string>? names, CancellationToken cancellationToken)
    {
        var looked = await LookAsync(
            project, after, limit, names, _ => "l.person, l.origin",
            r => new LogKey(new LogPosition(r.GetInt64(0), r.GetInt32(1)), r.Key(2), (Origin)r.GetInt32(3)), cancellationToken);
        return new LogKeyPage([.. looked.Select(l => l.Wanted).OfType<LogKey>()], looked.Count == 0 ? after : looked[^1].Position, looked.Count);
    }

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

    /// <summary>Looks at every event behind a place, so that a page is a bounded piece of work however rare the wanted ones are.</summary>
    /// <param name="columns">What to read behind the place itself, given what is true of a wanted event.</param>
    private async Task<IReadOnlyList<(LogPosition Position, T? Wanted)>> LookAsync<T>(
        string project, LogPosition after, int limit, IReadOnlyCollection<string>? names, Func<string, string> columns, Func<DbDataReader, T> read,
        CancellationToken cancellationToken)
        where T : class
    {
        var keys = names?.Select((n, i) => ($"e{i}", (object?)EventKeys.OfName(project, n))).ToArray() ?? [];
        var wanted = names is null ? "true" : keys.Length == 0 ? "false" : $"l.event IN ({string.Join(", ", keys.Select(k => "@" + k.Item1))})";
        return await database.ReadAsync(
            (session, token) => session.QueryAsync(
                $"""
                SELECT l.batch, l.n, {columns(wanted)}, CASE WHEN {wanted} THEN 1 ELSE 0 END FROM event_log l
                JOIN event_name e ON e.project = l.project AND e.event = l.event
                WHERE l.project = @project AND (l.batch, l.n) > (@batch, @n)
                ORDER BY l.batch, l.n LIMIT @limit
                """,
                r => (Position: new LogPosition(r.GetInt64(0), r.GetInt32(1)), Wanted: r.GetInt32(r.FieldCount - 1) == 1 ? read(r) : null),
                token, [("project", project), ("batch", after.Batch), ("n", after.Number), ("limit", limit), .. keys]),
            cancellationToken);
    }

    private static LoggedEvent Read(DbDataReader r) => new(
        new LogPosition(r.GetInt64(0), r.GetInt32(1)), r.GetString(2), r.GetInt64(3), r.Key(4), (Origin)r.GetInt32(5), (byte[])r.GetValue(6));
}
