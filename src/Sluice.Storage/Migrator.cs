using System.Globalization;
using System.Reflection;

namespace Sluice.Storage;

/// <summary>Brings the store to the newest shape: numbered files, each in a transaction, each once.</summary>
internal static class Migrator
{
    private const string Prefix = "Sluice.Storage.Migrations.";

    public static int Newest => Files().Max(f => f.Number);

    public static async Task RunAsync(Database database, CancellationToken cancellationToken)
    {
        await database.WriteAsync(
            async (session, token) =>
            {
                if (!session.Dialect.RowByRow)
                {
                    // Two nodes that start together: the second waits and then finds the work done.
                    await session.ExecuteAsync("SELECT pg_advisory_xact_lock(7318349394477056)", token);
                }

                await session.ExecuteAsync("CREATE TABLE IF NOT EXISTS schema_version (version int NOT NULL PRIMARY KEY)", token);
                var version = await session.ScalarAsync<int?>("SELECT max(version) FROM schema_version", token) ?? 0;
                if (version > Newest)
                {
                    throw new InvalidOperationException(
                        $"The store is of version {version}, this program knows versions up to {Newest}: start the newer program, or restore a backup.");
                }

                foreach (var (number, name) in Files().Where(f => f.Number > version).OrderBy(f => f.Number))
                {
                    foreach (var statement in Statements(name))
                    {
                        await session.ExecuteAsync(statement.Replace("{rows}", session.Dialect.Rows, StringComparison.Ordinal), token);
                    }

                    await session.ExecuteAsync("INSERT INTO schema_version (version) VALUES (@version)", token, ("version", number));
                }
            },
            cancellationToken);
    }

    /// <summary>The store's version as it lies there; 0 when nothing is. Writes nothing.</summary>
    public static Task<int> VersionAsync(Database database, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) =>
                await session.ScalarAsync<int?>(
                    session.Dialect.RowByRow ? "SELECT 1 FROM sqlite_master WHERE name = 'schema_version'" : "SELECT 1 WHERE to_regclass('schema_version') IS NOT NULL", token) is null
                    ? 0
                    : await session.ScalarAsync<int?>("SELECT max(version) FROM schema_version", token) ?? 0,
            cancellationToken);

    private static List<(int Number, string Name)> Files() =>
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(n => (int.Parse(n.AsSpan(Prefix.Length, 4), CultureInfo.InvariantCulture), n))];

    private static string[] Statements(string resource)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!);
        var lines = reader.ReadToEnd().Split('\n').Where(l => !l.TrimStart().StartsWith("--", StringComparison.Ordinal));
        return string.Join('\n', lines).Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }
}
