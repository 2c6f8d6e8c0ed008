using System.Text;
using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Lookups;
using Sluice.Core.People;
using Sluice.Storage.Forwarding;

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
        await WriteAsync(
            async (session, token) =>
            {
                var tombstones = await session.Tombstones.ReadAsync(session, load.Project, token);
                var kept = tombstones.IsEmpty ? rows : [.. rows.Where(r => !tombstones.HasText(load.Project, r.Key))];
                var batch = Batch.Of(session.Dialect, [.. kept.Select(r => KeyOf(load.Project, r.Key))])
                    .Add("row_key", ColumnType.Text, kept.Select(r => r.Key).ToArray())
                    .Add("row_values", ColumnType.Text, kept.Select(r => r.Values).ToArray());
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
            async (session, token) =>
            {
                var now = await session.Dialect.NowAsync(session, token);
                var finished = await session.ExecuteAsync(
                    """
                    UPDATE lookup_table SET generation = @generation, columns = @columns, rows_count = @rows, updated_at = @now
                    WHERE project = @project AND lookup = @lookup AND generation < @generation
                    """,
                    token, ("project", load.Project), ("lookup", load.Id), ("generation", load.Generation), ("rows", rows),
                    ("columns", JsonSerializer.Serialize([.. columns], StorageJson.Default.StringArray)), ("now", now)) == 1;

                // Whoever tries again since they did not hear of the end has finished it all the same.
                if (!finished)
                {
                    return await session.ScalarAsync<long>(
                        "SELECT generation FROM lookup_table WHERE project = @project AND lookup = @lookup", token, ("project", load.Project), ("lookup", load.Id)) == load.Generation;
                }

                if (load.IsForwarded)
                {
                    ForwardWriter.Row[] row = [new(KeyOf(load.Project, load.Id), IsRepeatable: true, Encoding.UTF8.GetBytes(load.Id))];
                    await ForwardWriter.AddAsync(session, load.Project, ForwardWay.Lookups, row, now, token);
                }

                return true;
            },
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

    public Task<LookupRowPage?> ReadAsync(string project, string id, long? generation, string? after, int limit, CancellationToken cancellationToken) =>
        ReadAsync(
            async (session, token) =>
            {
                var table = await session.FirstAsync(
                    "SELECT generation, columns FROM lookup_table WHERE project = @project AND lookup = @lookup AND generation > 0",
                    r => new { Generation = r.GetInt64(0), Columns = JsonSerializer.Deserialize(r.GetString(1), StorageJson.Default.StringArray)! },
                    token, ("project", project), ("lookup", id));
                if (table is null || (generation is { } wanted && wanted != table.Generation))
                {
                    return null;
                }

                // Before the first key there is none: all keys have 16 bytes.
                var key = after is null ? (PersonKey?)null : KeyOf(project, after);
                var rows = await session.QueryAsync(
                    """
                    SELECT row_key, row_values FROM lookup_row
                    WHERE project = @project AND lookup = @lookup AND generation = @generation AND (shard, person) > (@shard, @person)
                    ORDER BY shard, person LIMIT @limit
                    """,
                    r => new LookupRow(r.GetString(0), r.GetString(1)), token,
                    ("project", project), ("lookup", id), ("generation", table.Generation), ("limit", limit),
                    ("shard", key is { } k ? session.Dialect.ShardOf(k) : (short)-1), ("person", key is { } p ? p.ToBytes() : Array.Empty<byte>()));
                return new LookupRowPage(table.Generation, table.Columns, rows);
            },
            cancellationToken);

    public Task<IReadOnlyDictionary<string, string>> FindAsync(
        string project, string id, IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyDictionary<string, string>>(
            async (session, token) => await FindTableAsync(session, project, id, token) is { } table
                ? await FindRowsAsync(session, project, table, keys, token)
                : new Dictionary<string, string>(StringComparer.Ordinal),
            cancellationToken);

    /// <summary>The generation of a table that counts now; null while there is none.</summary>
    /// <param name="idOrName">Of two tables one of which has the other's id for a name, the one with the id is meant.</param>
    public static Task<TableGeneration?> FindTableAsync(Session session, string project, string idOrName, CancellationToken cancellationToken) =>
        session.FirstAsync(
            """
            SELECT lookup, generation FROM lookup_table WHERE project = @project AND (lookup = @table OR name = @table) AND generation > 0
            ORDER BY CASE WHEN lookup = @table THEN 0 ELSE 1 END, lookup LIMIT 1
            """,
            r => new TableGeneration(r.GetString(0), r.GetInt64(1)), cancellationToken, ("project", project), ("table", idOrName));

    /// <summary>The rows of some keys.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> FindRowsAsync(
        Session session, string project, TableGeneration table, IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        (await session.QueryBatchAsync(
            """
            SELECT r.row_key, r.row_values FROM {batch} JOIN lookup_row r
            ON r.project = {project} AND r.lookup = {lookup} AND r.generation = {generation} AND r.shard = b.shard AND r.person = b.person
            """,
            Batch.Of(session.Dialect, [.. keys.Distinct(StringComparer.Ordinal).Select(k => KeyOf(project, k))]),
            r => (Key: r.GetString(0), Values: r.GetString(1)), cancellationToken,
            ("project", project), ("lookup", table.Id), ("generation", table.Generation))).ToDictionary(f => f.Key, f => f.Values, StringComparer.Ordinal);

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

/// <summary>The rows of a table that count.</summary>
internal sealed record TableGeneration(string Id, long Generation);
