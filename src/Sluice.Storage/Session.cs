using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using Sluice.Core.People;
using Sluice.Storage.Erasure;
using Sluice.Storage.Postgres;
using Sluice.Storage.Sqlite;

namespace Sluice.Storage;

/// <summary>A connection within a transaction, with its prepared statements.</summary>
internal sealed class Session(DbConnection connection, Dialect dialect, Tombstones tombstones) : IAsyncDisposable
{
    private readonly Dictionary<string, DbCommand> _statements = new(StringComparer.Ordinal);
    private SqliteRows? _rows;

    public DbConnection Connection { get; } = connection;

    public Dialect Dialect { get; } = dialect;

    public Tombstones Tombstones { get; } = tombstones;

    public DbTransaction? Transaction { get; set; }

    /// <summary>Runs a statement; the parameters are named in it with @.</summary>
    public async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        var command = Prepare(sql, parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<T?> ScalarAsync<T>(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        var command = Prepare(sql, parameters);
        var value = await command.ExecuteScalarAsync(cancellationToken);
        return value is null or DBNull ? default : (T)Convert.ChangeType(value, Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T), System.Globalization.CultureInfo.InvariantCulture);
    }

    public async Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        var command = Prepare(sql, parameters);
        return await ReadAllAsync(command, read, [], cancellationToken);
    }

    public async Task<T?> FirstAsync<T>(string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        var command = Prepare(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? read(reader) : default;
    }

    /// <summary>Runs a statement over all rows of a batch; {batch} in the text is where the rows stand.</summary>
    public async Task<int> ExecuteBatchAsync(string sql, Batch batch, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        if (batch.Count == 0)
        {
            return 0;
        }

        var text = Dialect.Render(sql, batch);
        if (Connection is SqliteConnection sqlite)
        {
            return (_rows ??= new SqliteRows(sqlite)).Execute(text, batch, parameters);
        }

        return await Prepare(text, parameters, batch).ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Inserts the rows of a batch that are not there yet, by a statement that passes over the others. The batch's columns are those
    /// of the table's key, but for the constants.
    /// </summary>
    /// <returns>The places, in the batch, of the rows that were inserted.</returns>
    public async Task<List<int>> InsertNewAsync(
        string table, string sql, Batch batch, CancellationToken cancellationToken, params (string Name, ColumnType Type, object Value)[] constants)
    {
        var inserted = new List<int>(Math.Max(0, batch.Count));
        if (batch.Count == 0)
        {
            return inserted;
        }

        (string, object?)[] parameters = [.. constants.Select(c => (c.Name, (object?)c.Value))];
        if (Connection is SqliteConnection sqlite)
        {
            (_rows ??= new SqliteRows(sqlite)).Execute(Dialect.Render(sql, batch), batch, parameters, inserted);
            return inserted;
        }

        if (await Dialect.TryCopyAsync(this, table, batch, constants, cancellationToken))
        {
            inserted.AddRange(Enumerable.Range(0, batch.Count));
            return inserted;
        }

        // The statement tells the keys of what it inserted; of rows with one key the first counts.
        var places = new Dictionary<string, int>(batch.Count, StringComparer.Ordinal);
        for (var row = batch.Count - 1; row >= 0; row--)
        {
            places[KeyText(batch.Columns.Select(c => c.At(row)))] = row;
        }

        var returning = $"{sql} RETURNING {string.Join(", ", batch.Columns.Select(c => c.Name))}";
        await using var reader = await Prepare(Dialect.Render(returning, batch), parameters, batch).ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            inserted.Add(places[KeyText(Enumerable.Range(0, batch.Columns.Count).Select(reader.GetValue))]);
        }

        inserted.Sort();
        return inserted;
    }

    /// <summary>Writes rows of which none can be there, by the engine's fastest way.</summary>
    public async Task AppendAsync(
        string table, string sql, Batch batch, CancellationToken cancellationToken, params (string Name, ColumnType Type, object Value)[] constants)
    {
        if (Connection is NpgsqlConnection)
        {
            await PostgresDialect.CopyAsync(this, table, batch, constants, cancellationToken);
            return;
        }

        await ExecuteBatchAsync(sql, batch, cancellationToken, [.. constants.Select(c => (c.Name, (object?)c.Value))]);
    }

    public async Task<List<T>> QueryBatchAsync<T>(
        string sql, Batch batch, Func<DbDataReader, T> read, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        var rows = new List<T>();
        if (batch.Count == 0)
        {
            return rows;
        }

        var command = Prepare(Dialect.Render(sql, batch), parameters, batch);
        if (!Dialect.RowByRow)
        {
            return await ReadAllAsync(command, read, rows, cancellationToken);
        }

        var columns = Positions(command, batch);
        for (var row = 0; row < batch.Count; row++)
        {
            Bind(command, batch, columns, row);
            await ReadAllAsync(command, read, rows, cancellationToken);
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        _rows?.Dispose();
        foreach (var statement in _statements.Values)
        {
            await statement.DisposeAsync();
        }

        await Connection.DisposeAsync();
    }

    private static async Task<List<T>> ReadAllAsync<T>(DbCommand command, Func<DbDataReader, T> read, List<T> rows, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private static string KeyText(IEnumerable<object> values) =>
        string.Join('|', values.Select(v => v is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(v, System.Globalization.CultureInfo.InvariantCulture)));

    private static DbParameter[] Positions(DbCommand command, Batch batch)
    {
        var positions = new DbParameter[batch.Columns.Count];
        for (var i = 0; i < positions.Length; i++)
        {
            positions[i] = command.Parameters[batch.Columns[i].Parameter];
        }

        return positions;
    }

    private static void Bind(DbCommand command, Batch batch, DbParameter[] parameters, int row)
    {
        for (var i = 0; i < parameters.Length; i++)
        {
            parameters[i].Value = batch.Columns[i].At(row);
        }
    }

    private DbCommand Prepare(string sql, (string Name, object? Value)[] parameters, Batch? batch = null)
    {
        if (!_statements.TryGetValue(sql, out var command))
        {
            command = Connection.CreateCommand();
            command.CommandText = sql;
            _statements.Add(sql, command);
        }

        command.Transaction = Transaction;
        var first = command.Parameters.Count == 0;
        foreach (var (name, value) in parameters)
        {
            Set(command, name, value, first);
        }

        if (batch is not null)
        {
            Dialect.BindColumns(command, batch);
        }

        return command;
    }

    /// <summary>A value as the engines take it.</summary>
    internal static object Stored(object? value) => value switch
    {
        null => DBNull.Value,
        PersonKey key => key.ToBytes(),
        UInt128 hash => new PersonKey(hash).ToBytes(),
        DateTimeOffset time => time.ToUnixTimeMilliseconds(),
        Enum number => Convert.ToInt32(number, System.Globalization.CultureInfo.InvariantCulture),
        bool flag => flag ? 1 : 0,
        _ => value,
    };

    private static void Set(DbCommand command, string name, object? value, bool first)
    {
        var stored = Stored(value);
        if (first || !command.Parameters.Contains(name))
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = stored;
            command.Parameters.Add(parameter);
        }
        else
        {
            command.Parameters[name].Value = stored;
        }
    }
}

/// <summary>Reads columns as our types.</summary>
internal static class ReaderExtensions
{
    public static PersonKey Key(this DbDataReader reader, int column) => PersonKey.Read((byte[])reader.GetValue(column));

    public static UInt128? Hash(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : PersonKey.Read((byte[])reader.GetValue(column)).Value;

    public static DateTimeOffset Time(this DbDataReader reader, int column) => DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(column));

    public static DateTimeOffset? TimeOrNull(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.Time(column);

    public static string? TextOrNull(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public static long? LongOrNull(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);
}
