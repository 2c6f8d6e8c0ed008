namespace Sluice.Configuration;

/// <summary>The block <c>storage</c>.</summary>
/// <param name="Engine">Default: <see cref="StorageEngine.Sqlite"/>.</param>
/// <param name="Connection">The Npgsql connection string; null with SQLite, never null with PostgreSQL.</param>
public sealed record StorageSettings(StorageEngine Engine, Secret? Connection);

/// <summary>What holds the data.</summary>
public enum StorageEngine
{
    /// <summary>Embedded, in <see cref="ServerSettings.DataDirectory"/>; one process.</summary>
    Sqlite,

    /// <summary>PostgreSQL 15 or later, or Citus; any number of processes.</summary>
    Postgres,
}
