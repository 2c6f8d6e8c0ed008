using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;
using Sluice.Core.People;
using Sluice.Mixpanel.Cohorts;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Bench;

/// <summary>
/// What the engine does by itself: the rows that Sluice stores for a page, written by the shortest program there is. One connection,
/// the same durability, 1,000 members a transaction; prepared statements on SQLite, COPY on PostgreSQL.
/// </summary>
internal static class BareLoop
{
    private static readonly string[] ProfileParameters = ["$person", "$distinct", "$props", "$email", "$phone"];

    internal readonly record struct Row(short Shard, byte[] Person, string DistinctId, string Properties, byte[]? Email, byte[]? Phone);

    /// <summary>The rows of the pages, made before the clock starts.</summary>
    public static async Task<List<Row[]>> RowsAsync(IEnumerable<byte[]> pages, bool sharded)
    {
        var parsed = new List<Row[]>();
        foreach (var body in pages)
        {
            using var stream = new MemoryStream(body);
            var result = await new CohortWebhookParser(new CohortWebhookParserOptions()).ParseAsync(stream, CancellationToken.None);
            using var page = (CohortWebhookPage)result;
            parsed.Add([.. page.Members.Select(m => Make(m, sharded)).OrderBy(r => r.Person, ByteOrder.Instance)]);
        }

        return parsed;
    }

    public static async Task<double> SqliteAsync(List<Row[]> pages)
    {
        using var folder = new TempFolder();
        var file = folder.Combine("bare.db");
        await (await Store.OpenSqliteAsync(file, TimeProvider.System, CancellationToken.None)).DisposeAsync();
        await using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        await connection.OpenAsync();
        Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=8192;");
        using var profile = connection.CreateCommand();
        profile.CommandText = """
            INSERT INTO profile (shard, project, person, distinct_id, props, rev, number, email, phone, first_seen, updated_at)
            VALUES (0, 'bench', $person, $distinct, $props, 1, 1, $email, $phone, 1, 1)
            """;
        using var member = connection.CreateCommand();
        member.CommandText = "INSERT INTO membership (shard, project, cohort, person, number, kind, pages) VALUES (0, 'bench', '7700123', $person, 1, 2, 1)";
        var p = ProfileParameters.Select(n => profile.Parameters.Add(new SqliteParameter(n, null))).ToArray();
        var m = member.Parameters.Add(new SqliteParameter("$person", SqliteType.Blob));
        var clock = Stopwatch.StartNew();
        foreach (var page in pages)
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            profile.Transaction = transaction;
            member.Transaction = transaction;
            foreach (var row in page)
            {
                p[0].Value = row.Person;
                p[1].Value = row.DistinctId;
                p[2].Value = row.Properties;
                p[3].Value = (object?)row.Email ?? DBNull.Value;
                p[4].Value = (object?)row.Phone ?? DBNull.Value;
                profile.ExecuteNonQuery();
                m.Value = row.Person;
                member.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        return clock.Elapsed.TotalSeconds;
    }

    public static async Task<double> PostgresAsync(List<Row[]> pages)
    {
        await using var database = await (await PostgresServer.SharedAsync(CancellationToken.None)).CreateDatabaseAsync();
        await (await Store.OpenPostgresAsync(database.ConnectionString, CancellationToken.None)).DisposeAsync();
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        var clock = Stopwatch.StartNew();
        foreach (var page in pages)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await using (var copy = await connection.BeginBinaryImportAsync(
                "COPY profile (shard, project, person, distinct_id, props, rev, number, email, phone, first_seen, updated_at) FROM STDIN (FORMAT BINARY)"))
            {
                foreach (var row in page)
                {
                    await copy.StartRowAsync();
                    await copy.WriteAsync(row.Shard, NpgsqlDbType.Smallint);
                    await copy.WriteAsync("bench", NpgsqlDbType.Text);
                    await copy.WriteAsync(row.Person, NpgsqlDbType.Bytea);
                    await copy.WriteAsync(row.DistinctId, NpgsqlDbType.Text);
                    await copy.WriteAsync(row.Properties, NpgsqlDbType.Text);
                    await copy.WriteAsync(1L, NpgsqlDbType.Bigint);
                    await copy.WriteAsync(1L, NpgsqlDbType.Bigint);
                    await WriteOrNullAsync(copy, row.Email);
                    await WriteOrNullAsync(copy, row.Phone);
                    await copy.WriteAsync(1L, NpgsqlDbType.Bigint);
                    await copy.WriteAsync(1L, NpgsqlDbType.Bigint);
                }

                await copy.CompleteAsync();
            }

            await using (var copy = await connection.BeginBinaryImportAsync(
                "COPY membership (shard, project, cohort, person, number, kind, pages) FROM STDIN (FORMAT BINARY)"))
            {
                foreach (var row in page)
                {
                    await copy.StartRowAsync();
                    await copy.WriteAsync(row.Shard, NpgsqlDbType.Smallint);
                    await copy.WriteAsync("bench", NpgsqlDbType.Text);
                    await copy.WriteAsync("7700123", NpgsqlDbType.Text);
                    await copy.WriteAsync(row.Person, NpgsqlDbType.Bytea);
                    await copy.WriteAsync(1L, NpgsqlDbType.Bigint);
                    await copy.WriteAsync((short)2, NpgsqlDbType.Smallint);
                    await copy.WriteAsync((short)1, NpgsqlDbType.Smallint);
                }

                await copy.CompleteAsync();
            }

            await transaction.CommitAsync();
        }

        return clock.Elapsed.TotalSeconds;
    }

    private static Task WriteOrNullAsync(NpgsqlBinaryImporter copy, byte[]? value) =>
        value is null ? copy.WriteNullAsync() : copy.WriteAsync(value, NpgsqlDbType.Bytea);

    private static Row Make(CohortMember member, bool sharded)
    {
        var key = PersonKey.Of(BenchServer.Project, member.DistinctId);
        var properties = System.Text.Encoding.UTF8.GetString(member.Properties.Span);
        var (email, phone) = ContactKeys.Of(BenchServer.Project, properties);
        return new Row(
            sharded ? (short)(byte)(key.Value >> 120) : (short)0, key.ToBytes(), member.DistinctId, properties,
            email is { } e ? new PersonKey(e).ToBytes() : null, phone is { } p ? new PersonKey(p).ToBytes() : null);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static readonly ByteOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
