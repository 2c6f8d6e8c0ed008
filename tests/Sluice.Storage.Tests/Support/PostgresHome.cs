using System.Data.Common;
using Npgsql;
using Sluice.Testing;

namespace Sluice.Storage.Tests.Support;

/// <summary>A real PostgreSQL database that all tests of this process share: what one project does, no other may notice.</summary>
public sealed class PostgresHome : StoreHome
{
    private static readonly Lazy<Task<PostgresDatabase>> Shared = new(CreateAsync);

    private readonly string _connectionString;

    private PostgresHome(string connectionString) => _connectionString = connectionString;

    public override bool OwnClock => false;

    public static async Task<PostgresHome> CreateAsync(CancellationToken cancellationToken)
    {
        var database = await Shared.Value.WaitAsync(cancellationToken);
        return new PostgresHome(database.ConnectionString);
    }

    public override void Advance(TimeSpan time)
    {
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override Task<Store> OpenStoreAsync(CancellationToken cancellationToken) => Store.OpenPostgresAsync(_connectionString, cancellationToken);

    protected override DbConnection Connect() => new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_connectionString) { Pooling = false }.ConnectionString);

    private static async Task<PostgresDatabase> CreateAsync()
    {
        // It goes away with the server, and the server with this process.
        var server = await PostgresServer.SharedAsync(CancellationToken.None);
        return await server.CreateDatabaseAsync();
    }
}
