using System.Data.Common;
using System.Globalization;
using Sluice.Core.Projects;

namespace Sluice.Storage.Tests.Support;

/// <summary>A place where a store lives: it can be opened, opened again, and looked into past the store.</summary>
public abstract class StoreHome : IAsyncDisposable
{
    /// <summary>A project of the test's own; others live in the same place on PostgreSQL, and must not be noticed.</summary>
    public string Project { get; } = "p" + Guid.NewGuid().ToString("N")[..12];

    /// <summary>True when the store's clock is the one that the test moves.</summary>
    public abstract bool OwnClock { get; }

    /// <summary>Opens the store, with the project in it.</summary>
    public async Task<Store> OpenAsync(CancellationToken cancellationToken)
    {
        var store = await OpenStoreAsync(cancellationToken);
        await store.Projects.PutAsync(new StoredProject(Project, "access-" + Project, [1, 2, 3]), cancellationToken);
        return store;
    }

    /// <summary>Lets time pass, where the clock is ours; elsewhere it passes by itself.</summary>
    public abstract void Advance(TimeSpan time);

    /// <summary>A single value, read past the store.</summary>
    public async Task<long> CountAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = Connect();
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql.Replace("@project", $"'{Project}'", StringComparison.Ordinal);
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    /// <summary>Changes rows past the store: what only time would do otherwise.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = Connect();
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql.Replace("@project", $"'{Project}'", StringComparison.Ordinal);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>All rows that are the project's, as text, by table: bytes as hexadecimal digits.</summary>
    public async Task<IReadOnlyDictionary<string, string>> DumpAsync(CancellationToken cancellationToken)
    {
        await using var connection = Connect();
        await connection.OpenAsync(cancellationToken);
        var tables = await RowsAsync(connection, TablesSql, cancellationToken);
        var dump = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            dump[table] = string.Join('\n', await RowsAsync(connection, $"SELECT * FROM {table}", cancellationToken));
        }

        return dump;
    }

    public abstract ValueTask DisposeAsync();

    /// <summary>Lists the tables.</summary>
    protected abstract string TablesSql { get; }

    private static async Task<List<string>> RowsAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(string.Join('\t', Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) switch
            {
                byte[] bytes => Convert.ToHexStringLower(bytes) + " " + System.Text.Encoding.UTF8.GetString(bytes),
                var value => Convert.ToString(value, CultureInfo.InvariantCulture),
            })));
        }

        return rows;
    }

    protected abstract Task<Store> OpenStoreAsync(CancellationToken cancellationToken);

    protected abstract DbConnection Connect();
}
