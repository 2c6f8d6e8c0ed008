using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Companies;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Delivery.Insight;
using Sluice.Core.Erasure;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.Lookups;
using Sluice.Core.Management;
using Sluice.Core.People;
using Sluice.Core.Projects;
using Sluice.Core.Pull;
using Sluice.Storage.Cohorts;
using Sluice.Storage.Delivery;
using Sluice.Storage.Delivery.Events;
using Sluice.Storage.Erasure;
using Sluice.Storage.Events;
using Sluice.Storage.Forwarding;
using Sluice.Storage.Identity;
using Sluice.Storage.Lookups;
using Sluice.Storage.Management;
using Sluice.Storage.People;
using Sluice.Storage.Postgres;
using Sluice.Storage.Projects;
using Sluice.Storage.Pull;
using Sluice.Storage.Sqlite;

namespace Sluice.Storage;

/// <summary>The opened store: every port over one database.</summary>
public sealed class Store : IAsyncDisposable
{
    private readonly Database _database;
    private readonly ErasureWork _erasures;

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
        Companies = new Companies(database);
        ListClaims = new ListClaims(database);
        Suppressions = new SuppressionStore(database);
        Insight = new InsightStore(database);
        Events = new EventIntake(database);
        EventLog = new EventLog(database);
        EventOutbox = new EventOutbox(database);
        Forwarding = new ForwardStore(database);
        PeopleByAddress = new PeopleByAddress(database);
        Identities = new Identities(database);
        Lookups = new LookupTables(database);
        Profiles = new ProfileIntake(database);
        IntakeCounts = new IntakeCounts(database);
        RefusedRecords = new RefusedRecords(database);
        PullJobs = new PullJobs(database);
        _erasures = new ErasureWork(database);
        Erasures = new Erasures(database);
        PersonalData = new PersonalDataStore(database);
        var records = new Records(database);
        ProjectKeys = new ProjectKeys(database);
        Connectors = new Connectors(database);
        Authorisations = new Authorisations(database);
        Repeats = new Repeats(database);
        RecordPages = new RecordPages(database);
        Runs = records;
        DeadLetters = records;
    }

    public ICohortIntake Intake { get; }

    public IUserGroups Groups { get; }

    public ISettling Settling { get; }

    public ILeases Leases { get; }

    public IPermitBooks PermitBooks { get; }

    public ILedger Ledger { get; }

    public ICompanies Companies { get; }

    public IListClaims ListClaims { get; }

    public ISuppressions Suppressions { get; }

    public IInsight Insight { get; }

    public IEventIntake Events { get; }

    public IEventLog EventLog { get; }

    public IEventOutbox EventOutbox { get; }

    public IForwarding Forwarding { get; }

    public IPeopleByAddress PeopleByAddress { get; }

    public IIdentities Identities { get; }

    public ILookupTables Lookups { get; }

    public IIntakeCounts IntakeCounts { get; }

    public IRefusedRecords RefusedRecords { get; }

    public IProfileIntake Profiles { get; }

    public IPullJobs PullJobs { get; }

    public IRuns Runs { get; }

    public IDeadLetters DeadLetters { get; }

    public IProjectStore Projects { get; }

    public IProjectKeys ProjectKeys { get; }

    public IConnectors Connectors { get; }

    public IAuthorisations Authorisations { get; }

    public IRepeats Repeats { get; }

    public IRecordPages RecordPages { get; }

    public ISettingStore Settings { get; }

    public IErasures Erasures { get; }

    public IErasureWork ErasureWork => _erasures;

    public IPersonalData PersonalData { get; }

    /// <summary>Gives the store the key that makes tombstones. Without it nobody can be erased, and a store in which somebody was takes nothing in.</summary>
    public void UseTombstoneKey(ReadOnlySpan<byte> key) => _database.Tombstones.Use(new TombstoneKey(key));

    /// <summary>Overwrites what the rows of erased people have left in the files, as far as the engine can.</summary>
    /// <exception cref="StoreUnavailableException">Not now.</exception>
    public Task<DateTimeOffset> ScrubAsync(CancellationToken cancellationToken) => _database.ScrubAsync(ErasedTables.Touched, cancellationToken);

    /// <summary>Opens the embedded store, creating it or bringing it to the newest shape.</summary>
    /// <param name="durable">False leaves out the sync before the answer. Only a test that shows what that loses sets it.</param>
    /// <param name="asItIs">Leaves the shape as it is, for who only looks: they ask for the version before anything else.</param>
    /// <exception cref="StoreFormatException">The file is no database, or a damaged one.</exception>
    public static async Task<Store> OpenSqliteAsync(string file, TimeProvider time, CancellationToken cancellationToken, bool durable = true, bool asItIs = false)
    {
        try
        {
            return await OpenAsync(SqliteDatabase.Open(file, time, durable, asItIs), asItIs, cancellationToken);
        }
        catch (Exception e) when (SqliteDatabase.IsNoDatabase(e))
        {
            throw new StoreFormatException($"{file} is no SQLite database, or a damaged one: move it away, or restore a backup in its place.", e);
        }
    }

    /// <summary>Opens a PostgreSQL database (15 or newer), creating the tables or bringing them to the newest shape.</summary>
    /// <param name="connectionString">An Npgsql connection string.</param>
    /// <param name="asItIs">Leaves the shape as it is, for who only looks: they ask for the version before anything else.</param>
    public static Task<Store> OpenPostgresAsync(string connectionString, CancellationToken cancellationToken, bool asItIs = false) =>
        OpenAsync(PostgresDatabase.Open(connectionString), asItIs, cancellationToken);

    /// <summary>The version that this program brings a store to.</summary>
    public static int NewestVersion => Migrator.Newest;

    /// <summary>The version of the store as it lies there; 0 when nothing is.</summary>
    public Task<int> VersionAsync(CancellationToken cancellationToken) => Migrator.VersionAsync(_database, cancellationToken);

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

    private static async Task<Store> OpenAsync(Database database, bool asItIs, CancellationToken cancellationToken)
    {
        try
        {
            await (asItIs ? Migrator.VersionAsync(database, cancellationToken) : Migrator.RunAsync(database, cancellationToken));
            return new Store(database);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }
}
