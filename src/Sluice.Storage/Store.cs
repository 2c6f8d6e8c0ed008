using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Insight;
using Sluice.Core.Projects;
using Sluice.Storage.Cohorts;
using Sluice.Storage.Delivery;
using Sluice.Storage.Postgres;
using Sluice.Storage.Projects;
using Sluice.Storage.Sqlite;

namespace Sluice.Storage;

/// <summary>The opened store: every port over one database.</summary>
public sealed class Store : IAsyncDisposable
{
    private readonly Database _database;

    private Store(Database database)
    {
        _database = database;
        var projects = new ProjectStore(database);
        Projects = projects;
        Settings = projects;
        Intake = new CohortIntake(database);
        Groups = new UserGroups(database);
        Settling = new Settling(database);
        Leases = new Leases(database);
        PermitBooks = new PermitBooks(database);
        Ledger = new Ledger(database);
        Suppressions = new SuppressionStore(database);
        Insight = new InsightStore(database);
        var records = new Records(database);
        Runs = records;
        DeadLetters = records;
    }

    public ICohortIntake Intake { get; }

    public IUserGroups Groups { get; }

    public ISettling Settling { get; }

    public ILeases Leases { get; }

    public IPermitBooks PermitBooks { get; }

    public ILedger Ledger { get; }

    public ISuppressions Suppressions { get; }

    public IInsight Insight { get; }

    public IRuns Runs { get; }

    public IDeadLetters DeadLetters { get; }

    public IProjectStore Projects { get; }

    public ISettingStore Settings { get; }

    /// <summary>Opens the embedded store, creating it or bringing it to the newest shape.</summary>
    /// <param name="durable">False leaves out the sync before the answer. Only a test that shows what that loses sets it.</param>
    public static Task<Store> OpenSqliteAsync(string file, TimeProvider time, CancellationToken cancellationToken, bool durable = true) =>
        OpenAsync(SqliteDatabase.Open(file, time, durable), cancellationToken);

    /// <summary>Opens a PostgreSQL database (15 or newer), creating the tables or bringing them to the newest shape.</summary>
    /// <param name="connectionString">An Npgsql connection string.</param>
    public static Task<Store> OpenPostgresAsync(string connectionString, CancellationToken cancellationToken) =>
        OpenAsync(PostgresDatabase.Open(connectionString), cancellationToken);

    /// <summary>True when the store answers.</summary>
    public async Task<bool> PingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _database.ReadAsync((session, token) => session.ScalarAsync<int>("SELECT 1", token), cancellationToken);
            return true;
        }
        catch (StoreBusyException)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private static async Task<Store> OpenAsync(Database database, CancellationToken cancellationToken)
    {
        try
        {
            await Migrator.RunAsync(database, cancellationToken);
            return new Store(database);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }
}
