using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;
using Sluice.Storage;
using Sluice.Storage.Postgres;
using Sluice.Storage.Sqlite;
using Sluice.Testing;

namespace Sluice.Bench;

/// <summary>The rate of <c>/import</c>, durable and de-duplicated before each answer, against the bare loop that writes the same rows.</summary>
internal static class EventsBench
{
    private const double PublishedBytesPerSecond = 2e9 / 60;

    public static async Task<int> RunAsync(BenchOptions options)
    {
        var size = BenchEvents.Size();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"events: {options.Members:N0} of {size:0} bytes, {BenchEvents.PerRequest:N0} a request, gzip, {options.Runs} runs"));
        var bodies = BenchEvents.Bodies(options.Members);
        foreach (var engine in options.Engines)
        {
            foreach (var senders in options.Senders)
            {
                var ratios = new List<double>();
                var rates = new List<double>();
                var memory = new List<double>();
                for (var run = 0; run < options.Runs; run++)
                {
                    var bare = engine == "postgres" ? await BarePostgresAsync(options.Members) : await BareSqliteAsync(options.Members);
                    await using var server = await BenchServer.StartAsync(engine);
                    var seconds = await SendAsync(server, bodies, senders);
                    ratios.Add(bare / seconds);
                    rates.Add(options.Members / seconds);
                    memory.Add(server.PeakMemoryBytes() / 1e6);
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"  {engine} {senders} senders: bare {options.Members / bare:N0}/s, /import {options.Members / seconds:N0}/s, ratio {bare / seconds:0.00}, memory {memory[^1]:0} MB"));
                }

                var rate = BenchOptions.Median(rates);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{engine} {senders} senders: median ratio {BenchOptions.Median(ratios):0.00} (of {ratios.Min():0.00} to {ratios.Max():0.00}), {rate:N0} events/s = {rate * size / 1e6:0} MB/s, {rate * size / PublishedBytesPerSecond:0.0} times Mixpanel's published limit; memory {memory.Max():0} MB"));
            }
        }

        return 0;
    }

    /// <summary>Whether the rate holds while the log grows: the rate of each part of a long import.</summary>
    public static async Task<int> RunLongAsync(BenchOptions options)
    {
        const int Part = 1_000_000;
        foreach (var engine in options.Engines)
        {
            await using var server = await BenchServer.StartAsync(engine);
            var rates = new List<double>();
            for (var done = 0; done < options.Members; done += Part)
            {
                var seconds = await SendAsync(server, BenchEvents.Bodies(Part, done), senders: 4);
                rates.Add(Part / seconds);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {engine}: {done + Part:N0} stored, {Part / seconds:N0}/s, {Part / seconds / rates[0]:0.00} of the first, memory {server.PeakMemoryBytes() / 1e6:0} MB"));
            }
        }

        return 0;
    }

    private static async Task<double> SendAsync(BenchServer server, List<byte[]> bodies, int senders)
    {
        var next = -1;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, senders).Select(async _ =>
        {
            for (var body = Interlocked.Increment(ref next); body < bodies.Count; body = Interlocked.Increment(ref next))
            {
                using var content = new ByteArrayContent(bodies[body]);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                content.Headers.ContentEncoding.Add("gzip");
                using var answer = await server.Http.PostAsync("/import?strict=1", content);
                if (!answer.IsSuccessStatusCode)
                {
                    throw new InvalidOperationException($"The server answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
                }
            }
        }));
        return clock.Elapsed.TotalSeconds;
    }

    private static async Task<double> BareSqliteAsync(int events)
    {
        using var folder = new TempFolder();
        var file = folder.Combine("bare.db");
        await (await Store.OpenSqliteAsync(file, TimeProvider.System, CancellationToken.None)).DisposeAsync();
        await using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        await connection.OpenAsync();
        using (var setup = connection.CreateCommand())
        {
            setup.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=8192;";
            setup.ExecuteNonQuery();
        }

        using var key = connection.CreateCommand();
        key.CommandText = "INSERT INTO event (shard, project, event, time, person, insert_id) VALUES (0, 'bench', $event, $time, $person, $insert)";
        using var log = connection.CreateCommand();
        log.CommandText = """
            INSERT INTO event_log (shard, project, batch, n, event, time, person, insert_id, origin, props)
            VALUES (0, 'bench', $batch, $n, $event, $time, $person, $insert, 0, $props)
            """;
        var keys = Parameters(key, "$event", "$time", "$person", "$insert");
        var logs = Parameters(log, "$event", "$time", "$person", "$insert", "$batch", "$n", "$props");
        var spent = TimeSpan.Zero;
        var batch = 0L;
        foreach (var rows in BenchEvents.Rows(new SqliteDialect(TimeProvider.System), events))
        {
            batch++;
            var all = rows.LogOf([.. Enumerable.Range(0, rows.Count)]);
            var clock = Stopwatch.StartNew();
            foreach (var slice in Enumerable.Range(0, rows.Count).Chunk(1_000))
            {
                using var transaction = connection.BeginTransaction(deferred: false);
                key.Transaction = log.Transaction = transaction;
                foreach (var row in slice)
                {
                    keys[0].Value = logs[0].Value = all.Columns[2].At(row);
                    keys[1].Value = logs[1].Value = all.Columns[3].At(row);
                    keys[2].Value = logs[2].Value = all.Columns[4].At(row);
                    keys[3].Value = logs[3].Value = all.Columns[5].At(row);
                    key.ExecuteNonQuery();
                    logs[4].Value = batch;
                    logs[5].Value = row + 1;
                    logs[6].Value = ((ReadOnlyMemory<byte>)all.Columns[6].At(row)).ToArray();
                    log.ExecuteNonQuery();
                }

                transaction.Commit();
            }

            spent += clock.Elapsed;
        }

        return spent.TotalSeconds;
    }

    private static async Task<double> BarePostgresAsync(int events)
    {
        await using var database = await (await PostgresServer.SharedAsync(CancellationToken.None)).CreateDatabaseAsync();
        await (await Store.OpenPostgresAsync(database.ConnectionString, CancellationToken.None)).DisposeAsync();
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        var spent = TimeSpan.Zero;
        var batch = 0L;
        foreach (var rows in BenchEvents.Rows(new PostgresDialect(), events))
        {
            batch++;
            var all = rows.LogOf([.. Enumerable.Range(0, rows.Count)]);
            var clock = Stopwatch.StartNew();
            foreach (var slice in Enumerable.Range(0, rows.Count).Chunk(1_000))
            {
                await using var transaction = await connection.BeginTransactionAsync();
                await using (var copy = await connection.BeginBinaryImportAsync(
                    "COPY event (shard, project, event, time, person, insert_id) FROM STDIN (FORMAT BINARY)"))
                {
                    foreach (var row in slice)
                    {
                        await copy.StartRowAsync();
                        await copy.WriteAsync((short)all.Columns[1].At(row), NpgsqlDbType.Smallint);
                        await copy.WriteAsync(BenchServer.Project, NpgsqlDbType.Text);
                        await WriteKeyAsync(copy, all, row);
                    }

                    await copy.CompleteAsync();
                }

                await using (var copy = await connection.BeginBinaryImportAsync(
                    "COPY event_log (shard, project, batch, n, origin, props, event, time, person, insert_id) FROM STDIN (FORMAT BINARY)"))
                {
                    foreach (var row in slice)
                    {
                        await copy.StartRowAsync();
                        await copy.WriteAsync((short)all.Columns[1].At(row), NpgsqlDbType.Smallint);
                        await copy.WriteAsync(BenchServer.Project, NpgsqlDbType.Text);
                        await copy.WriteAsync(batch, NpgsqlDbType.Bigint);
                        await copy.WriteAsync(row + 1, NpgsqlDbType.Integer);
                        await copy.WriteAsync((short)0, NpgsqlDbType.Smallint);
                        await copy.WriteAsync((ReadOnlyMemory<byte>)all.Columns[6].At(row), NpgsqlDbType.Bytea);
                        await WriteKeyAsync(copy, all, row);
                    }

                    await copy.CompleteAsync();
                }

                await transaction.CommitAsync();
            }

            spent += clock.Elapsed;
        }

        return spent.TotalSeconds;
    }

    private static async Task WriteKeyAsync(NpgsqlBinaryImporter copy, Batch all, int row)
    {
        await copy.WriteAsync((byte[])all.Columns[2].At(row), NpgsqlDbType.Bytea);
        await copy.WriteAsync((long)all.Columns[3].At(row), NpgsqlDbType.Bigint);
        await copy.WriteAsync((byte[])all.Columns[4].At(row), NpgsqlDbType.Bytea);
        await copy.WriteAsync((byte[])all.Columns[5].At(row), NpgsqlDbType.Bytea);
    }

    private static SqliteParameter[] Parameters(SqliteCommand command, params string[] names) =>
        [.. names.Select(n => command.Parameters.Add(new SqliteParameter(n, null)))];
}
