using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Lookups;
using Sluice.Core.People;

namespace Sluice.Storage.Lookups;

/// <summary>Keeps lookup tables: rows are written under a new generation, and one row of the store says which generation counts.</summary>
internal sealed class LookupTables(Database database) : ILookupTables
{
    private const int Slice = 10_000;

    // A load that was finished is none to be abandoned, even if nobody heard of its end.
    private const string Current = "(SELECT t.generation FROM lookup_table t WHERE t.project = @project AND t.lookup = @lookup)";

    public Task<IReadOnlyList<LookupTable>> ListAsync(string project, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<LookupTable>>(
            async (session, token) => await session.QueryAsync(
                "SELECT lookup, name, columns, rows_count, updated_at FROM lookup_table WHERE project = @project AND generation > 0 ORDER BY lookup",
                r => new LookupTable(r.GetString(0), r.GetString(1), JsonSerializer.Deserialize(r.GetString(2), StorageJson.Default.StringArray)!, r.GetInt64(3), r.Time(4)),
                token, ("project", project)),
            cancellationToken);

    public Task<LookupLoad> BeginAsync(string project, string id, CancellationToken cancellationToken) =>
        WriteAsync(
            async (session, token) => new LookupLoad(project, id, await session.ScalarAsync<long>(
                """
                INSERT INTO lookup_table (project, lookup, name, columns, rows_count, generation, next_generation, updated_at)
                VALUES (@project, @lookup, @lookup, '[]', 0, 0, 1, @now)
                ON CONFLICT (project, lookup) DO UPDATE SET next_generation = lookup_table.next_generation + 1 RETURNING next_generation
                """,
                token, ("project", project), ("lookup", id), ("now", await session.Dialect.NowAsync(session, token)))),
            cancellationToken);

    public async Task AddAsync(LookupLoad load, IReadOnlyList<LookupRow> rows, CancellationToken cancellationToken)
    {
        var keys = rows.Select(r => KeyOf(load.Project, r.Key)).ToArray();
        var batch = Batch.Of(database.Dialect, keys)
            .Add("row_key", ColumnType.Text, rows.Select(r => r.Key).ToArray())
            .Add("row_values", ColumnType.Text, rows.Select(r => r.Values).ToArray());
        await WriteAsync(
            async (session, token) =>
            {
                await session.AppendAsync(
                    "lookup_row",
                    """
                    INSERT INTO lookup_row (shard, project, lookup, generation, person, row_key, row_values)
                    SELECT b.shard, @project, @lookup, @generation, b.person, b.row_key, b.row_values FROM {batch}
                    """,
                    batch, token,
                    ("project", ColumnType.Text, load.Project), ("lookup", ColumnType.Text, load.Id), ("generation", ColumnType.Long, load.Generation));
                return true;
            },
            cancellationToken);
    }

    public Task<bool> FinishAsync(LookupLoad load, IReadOnlyList<string> columns, long rows, CancellationToken cancellationToken) =>
        WriteAsync(
            async (session, token) => await session.ExecuteAsync(
                """
                UPDATE lookup_table SET generation = @generation, columns = @columns, rows_count = @rows, updated_at = @now
                WHERE project = @project AND lookup = @lookup AND generation < @generation
                """,
                token, ("project", load.Project), ("lookup", load.Id), ("generation", load.Generation), ("rows", rows),
                ("columns", JsonSerializer.Serialize([.. columns], StorageJson.Default.StringArray)), ("now", await session.Dialect.NowAsync(session, token))) == 1,
            cancellationToken);

    public async Task AbandonAsync(LookupLoad load, CancellationToken cancellationToken)
    {
        while (await WriteAsync(
            async (session, token) => await session.ExecuteAsync(
                DeleteRows("generation = @generation AND generation > " + Current), token, ("project", load.Project), ("lookup", load.Id), ("generation", load.Generation)) > 0,
            cancellationToken))
        {
            // Slice after slice.
        }
    }

    public Task<IReadOnlyDictionary<string, string>> FindAsync(
        string project, string id, IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyDictionary<string, string>>(
            async (session, token) =>
            {
                var generation = await session.ScalarAsync<long?>(
                    "SELECT generation FROM lookup_table WHERE project = @project AND lookup = @lookup", token, ("project", project), ("lookup", id));
                var found = await session.QueryBatchAsync(
                    """
                    SELECT r.row_key, r.row_values FROM {batch} JOIN lookup_row r
                    ON r.project = {project} AND r.lookup = {lookup} AND r.generation = {generation} AND r.shard = b.shard AND r.person = b.person
                    """,
                    Batch.Of(session.Dialect, [.. keys.Distinct(StringComparer.Ordinal).Select(k => KeyOf(project, k))]),
                    r => (Key: r.GetString(0), Values: r.GetString(1)), token,
                    ("project", project), ("lookup", id), ("generation", generation ?? 0));
                return found.ToDictionary(f => f.Key, f => f.Values, StringComparer.Ordinal);
            },
            cancellationToken);

    public Task<bool> ClearAsync(string project, CancellationToken cancellationToken) =>
        WriteAsync(
            async (session, token) =>
            {
                // Older than what counts: a replaced table, or a load that another one overtook. A newer one may still be on its way in.
                foreach (var (lookup, generation) in await session.QueryAsync(
                    "SELECT lookup, generation FROM lookup_table WHERE project = @project", r => (r.GetString(0), r.GetInt64(1)), token, ("project", project)))
                {
                    var deleted = await session.ExecuteAsync(
                        DeleteRows("generation < @generation"), token, ("project", project), ("lookup", lookup), ("generation", generation));
                    if (deleted > 0)
                    {
                        return true;
                    }
                }

                return false;
            },
            cancellationToken);

    private static string DeleteRows(string which) => $"""
        DELETE FROM lookup_row WHERE (project, lookup, generation, shard, person) IN (
            SELECT project, lookup, generation, shard, person FROM lookup_row
            WHERE project = @project AND lookup = @lookup AND {which} LIMIT {Slice})
        """;

    private async Task<T> ReadAsync<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await database.ReadAsync(work, cancellationToken);
        }
        catch (StoreBusyException e)
        {
            throw new IntakeBusyException(e.Message, e);
        }
    }

    private async Task<T> WriteAsync<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync(work, cancellationToken);
        }
        catch (StoreBusyException e)
        {
            throw new IntakeBusyException(e.Message, e);
        }
    }

    private static PersonKey KeyOf(string project, string key) => PersonKey.Of(project, key);
}
