using System.Data.Common;
using Microsoft.Data.Sqlite;
using Sluice.Testing;

namespace Sluice.Storage.Tests.Support;

/// <summary>A file of its own, with a clock that the test moves.</summary>
public sealed class SqliteHome : StoreHome
{
    private readonly TempFolder _folder = new();

    public ManualTime Time { get; } = new();

    public string File => _folder.Combine("sluice.db");

    /// <summary>False where a test is about something else than the disk, and writes a lot.</summary>
    public bool Durable { get; init; } = true;

    public override bool OwnClock => true;

    public override void Advance(TimeSpan time) => Time.Advance(time);

    public override ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override string TablesSql => "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";

    protected override Task<Store> OpenStoreAsync(CancellationToken cancellationToken) => Store.OpenSqliteAsync(File, Time, cancellationToken, Durable);

    protected override DbConnection Connect() =>
        new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = File, Pooling = false, DefaultTimeout = 30 }.ToString());
}
