using Sluice.Core.Cohorts;
using Sluice.Core.Events;

namespace Sluice.Storage.Events;

/// <summary>Adds up what came in by the minute.</summary>
internal sealed class IntakeCounts(Database database) : IIntakeCounts
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(31);

    public async Task AddAsync(IReadOnlyList<IntakeCount> counts, CancellationToken cancellationToken)
    {
        if (counts.Count == 0)
        {
            return;
        }

        // In one order on every node: rows that two transactions both write must not cross.
        var sorted = counts
            .OrderBy(c => c.Project, StringComparer.Ordinal).ThenBy(c => c.Minute).ThenBy(c => c.Way, StringComparer.Ordinal)
            .ThenBy(c => c.Outcome, StringComparer.Ordinal).ThenBy(c => c.Name, StringComparer.Ordinal).ToArray();
        var batch = new Batch()
            .Add("project", ColumnType.Text, sorted.Select(c => c.Project).ToArray())
            .Add("minute", ColumnType.Long, sorted.Select(c => c.Minute.ToUnixTimeMilliseconds()).ToArray())
            .Add("way", ColumnType.Text, sorted.Select(c => c.Way).ToArray())
            .Add("outcome", ColumnType.Text, sorted.Select(c => c.Outcome).ToArray())
            .Add("name", ColumnType.Text, sorted.Select(c => c.Name).ToArray())
            .Add("records", ColumnType.Long, sorted.Select(c => c.Records).ToArray())
            .Add("bytes", ColumnType.Long, sorted.Select(c => c.Bytes).ToArray());
        var projects = sorted.Select(c => c.Project).Distinct(StringComparer.Ordinal).ToArray();
        try
        {
            await database.WriteAsync((session, token) => AddAsync(session, batch, projects, token), cancellationToken);
        }
        catch (StoreBusyException e)
        {
            throw new IntakeBusyException(e.Message, e);
        }
    }

    public Task<IReadOnlyList<IntakeCount>> ListAsync(string project, DateTimeOffset since, DateTimeOffset until, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<IntakeCount>>(
            async (session, token) => await session.QueryAsync(
                """
                SELECT minute, way, outcome, name, records, bytes FROM intake_count
                WHERE project = @project AND minute >= @from AND minute < @to ORDER BY minute, way, outcome, name
                """,
                r => new IntakeCount(project, r.Time(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetInt64(5)),
                token, ("project", project), ("from", since), ("to", until)),
            cancellationToken);

    // PostgreSQL's sum of bigint is a numeric.
    public Task<IReadOnlyList<IntakeCount>> SumAsync(string project, DateTimeOffset since, DateTimeOffset until, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<IntakeCount>>(
            async (session, token) => await session.QueryAsync(
                """
                SELECT max(minute), way, outcome, name, CAST(sum(records) AS bigint), CAST(sum(bytes) AS bigint) FROM intake_count
                WHERE project = @project AND minute >= @from AND minute < @to GROUP BY way, outcome, name
                """,
                r => new IntakeCount(project, r.Time(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetInt64(5)),
                token, ("project", project), ("from", since), ("to", until)),
            cancellationToken);

    private static async Task AddAsync(Session session, Batch batch, string[] projects, CancellationToken cancellationToken)
    {
        await session.ExecuteBatchAsync(
            """
            INSERT INTO intake_count (project, minute, way, outcome, name, records, bytes)
            SELECT b.project, b.minute, b.way, b.outcome, b.name, b.records, b.bytes FROM {batch} WHERE true
            ON CONFLICT (project, minute, way, outcome, name)
            DO UPDATE SET records = intake_count.records + excluded.records, bytes = intake_count.bytes + excluded.bytes
            """,
            batch, cancellationToken);
        var before = (await session.Dialect.ClockAsync(session, cancellationToken)) - Kept;
        foreach (var project in projects)
        {
            await session.ExecuteAsync(
                "DELETE FROM intake_count WHERE project = @project AND minute < @before", cancellationToken, ("project", project), ("before", before));
        }
    }
}
