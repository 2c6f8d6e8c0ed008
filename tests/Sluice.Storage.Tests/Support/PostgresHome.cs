using System.Data.Common;
using Npgsql;
using Sluice.Testing;

namespace Sluice.Storage.Tests.Support;

/// <summary>A real PostgreSQL database that all tests of this process share: what one project does, no other may notice.</summary>
public sealed class PostgresHome : StoreHome
{
    private static readonly Lazy<Task<PostgresDatabase>> Shared = new(CreateAsync);

    private readonly PostgresDatabase? _own;

    private PostgresHome(string connectionString, PostgresDatabase? own = null)
    {
        ConnectionString = connectionString;
        _own = own;
    }

    /// <summary>An Npgsql connection string of the database.</summary>
    public string ConnectionString { get; }

    public override bool OwnClock => false;

    public static async Task<PostgresHome> CreateAsync(CancellationToken cancellationToken)
    {
        var database = await Shared.Value.WaitAsync(cancellationToken);
        return new PostgresHome(database.ConnectionString);
    }

    /// <summary>A database of the test's own, for what would disturb the others.</summary>
    public static async Task<PostgresHome> CreateOwnAsync(CancellationToken cancellationToken)
    {
        var server = await PostgresServer.SharedAsync(cancellationToken);
        var database = await server.CreateDatabaseAsync(cancellationToken);
        return new PostgresHome(database.ConnectionString, database);
    }

    public override void Advance(TimeSpan time)
    {
    }

    public override ValueTask DisposeAsync() => _own?.DisposeAsync() ?? ValueTask.CompletedTask;

    protected override string TablesSql => "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename";

    protected override Task<Store> OpenStoreAsync(CancellationToken cancellationToken) => Store.OpenPostgresAsync(ConnectionString, cancellationToken);

    protected override DbConnection Connect() => new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);

    private static async Task<PostgresDatabase> CreateAsync()
    {
        // It goes away with the server, and the server with this process.
        var server = await PostgresServer.SharedAsync(CancellationToken.None);
        return await server.CreateDatabaseAsync();
    }
}
