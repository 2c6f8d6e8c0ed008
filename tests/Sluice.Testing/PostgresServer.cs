using Npgsql;

namespace Sluice.Testing;

/// <summary>
/// A real PostgreSQL server for tests: on loopback, on a port of its own, with a new data folder and durable commits as in production.
/// <see cref="SharedAsync"/> starts one for the whole test process; it goes away with that process, however that ends.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>An Npgsql connection string of a server to use instead, whose user may create databases.</summary>
    public const string ConnectionVariable = "SLUICE_TEST_POSTGRES";

    private static readonly Lazy<Task<PostgresServer>> Shared = new(() => StartSharedAsync(CancellationToken.None));

    private readonly string _adminConnectionString;
    private readonly PostgresProcess? _process;

    private PostgresServer(string connectionString, PostgresProcess? process)
    {
        // Not pooled: an idle connection of ours would outlive its use.
        _adminConnectionString = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;
        ConnectionString = connectionString;
        _process = process;
    }

    /// <summary>The connection string of the server's administrative database.</summary>
    public string ConnectionString { get; }

    /// <summary>The process id of the server; null for a server that we did not start.</summary>
    public int? ProcessId => _process?.Id;

    /// <summary>The data folder; null for a server that we did not start.</summary>
    public string? DataFolder => _process?.Folder;

    /// <summary>The server of this test process, started by whoever asks first. Skips (on the build server: fails) the test when there is no PostgreSQL.</summary>
    public static Task<PostgresServer> SharedAsync(CancellationToken cancellationToken)
    {
        return Shared.Value.WaitAsync(cancellationToken);
    }

    /// <summary>Starts a server of one's own, for tests that stop or kill it. The settings are set on top of the defaults.</summary>
    public static async Task<PostgresServer> StartAsync(
        IReadOnlyDictionary<string, string>? settings = null, CancellationToken cancellationToken = default)
    {
        var binaries = PostgresBinaries.Find();
        if (binaries is null)
        {
            Prerequisite.Missing(
                $"PostgreSQL {PostgresBinaries.OldestVersion} or newer (Debian's package postgresql), or {ConnectionVariable} with a connection string");
        }

        var process = await PostgresProcess.StartAsync(binaries, settings ?? new Dictionary<string, string>(), cancellationToken);
        return new PostgresServer(process.ConnectionString, process);
    }

    /// <summary>A new, empty database.</summary>
    public async Task<PostgresDatabase> CreateDatabaseAsync(CancellationToken cancellationToken = default)
    {
        var name = "sluice_test_" + Guid.NewGuid().ToString("N");
        await ExecuteAsync($"CREATE DATABASE {name}", cancellationToken);
        var connection = new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name };
        return new PostgresDatabase(this, name, connection.ConnectionString);
    }

    /// <summary>Stops a server that we started and deletes its data.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    internal Task DropDatabaseAsync(string name, CancellationToken cancellationToken)
    {
        return ExecuteAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)", cancellationToken);
    }

    private static async Task<PostgresServer> StartSharedAsync(CancellationToken cancellationToken)
    {
        var given = Environment.GetEnvironmentVariable(ConnectionVariable);
        if (!string.IsNullOrWhiteSpace(given))
        {
            return new PostgresServer(given, process: null);
        }

        var server = await StartAsync(cancellationToken: cancellationToken);
        // The watchdog would do it too, a moment after our end; a container that ends with us would not leave it that moment.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return server;
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(_adminConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
