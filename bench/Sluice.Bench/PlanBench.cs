using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Core.Projects;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Bench;

/// <summary>
/// Planning a mirror: the difference of a cohort and what the ledger knows of its list, one in a hundred of them different, against the
/// engine's own EXCEPT over the same two sets, in both directions.
/// </summary>
internal static class PlanBench
{
    private const string Project = BenchServer.Project;
    private const string Cohort = "7700123";
    private const int SlicePeople = 5_000;
    private const int PagePeople = 10_000;

    public static async Task<int> RunAsync(BenchOptions options)
    {
        foreach (var engine in options.Engines)
        {
            using var folder = new TempFolder();
            await using var database = engine == "postgres" ? await (await PostgresServer.SharedAsync(CancellationToken.None)).CreateDatabaseAsync() : null;
            var file = folder.Combine("plan.db");
            await using var store = database is null
                ? await Store.OpenSqliteAsync(file, TimeProvider.System, CancellationToken.None)
                : await Store.OpenPostgresAsync(database.ConnectionString, CancellationToken.None);
            var scope = await FillAsync(store, options.Members);
            var ratios = new List<double>();
            for (var run = 0; run < options.Runs; run++)
            {
                var (bare, bareRows) = database is null ? await SqliteAsync(file) : await PostgresAsync(database.ConnectionString);
                var clock = Stopwatch.StartNew();
                var slices = KeyRange.CountFor(options.Members, SlicePeople);
                var found = 0;
                for (var i = 0; i < slices; i++)
                {
                    found += (await store.Ledger.DifferenceAsync(scope, scope.Rules[0], KeyRange.Slice(i, slices), all: false, CancellationToken.None)).Count;
                }

                var planned = clock.Elapsed.TotalSeconds;
                if (found != bareRows)
                {
                    throw new InvalidOperationException($"The difference has {found} people, EXCEPT finds {bareRows}.");
                }

                ratios.Add(planned / bare);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"  {engine}: EXCEPT both ways {bare:0.00} s, {slices} slices {planned:0.00} s, ratio {planned / bare:0.00}, {found:N0} differ"));
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{engine}: two sets of {options.Members:N0}, median ratio {BenchOptions.Median(ratios):0.00} (of {ratios.Min():0.00} to {ratios.Max():0.00}); memory of this process {Environment.WorkingSet / 1e6:0} MB"));
        }

        return 0;
    }

    private static async Task<DeliveryScope> FillAsync(Store store, int members)
    {
        await store.Projects.PutAsync(new StoredProject(Project, "access", new byte[32]), CancellationToken.None);
        var pages = (members + PagePeople - 1) / PagePeople;
        for (var page = 0; page < pages; page++)
        {
            var people = Enumerable.Range(page * PagePeople, Math.Min(PagePeople, members - (page * PagePeople))).Select(Id)
                .Select(id => new CohortMember(PersonKey.Of(Project, id), id, "{}", null, null)).OrderBy(m => m.Key).ToList();
            await store.Intake.ApplyAsync(
                new CohortPage(Project, Cohort, "Plan", null, "1", "s", CohortAction.Members, pages, page + 1, (UInt128)(page + 1), people, []), CancellationToken.None);
        }

        var rule = new ListRule(16, ListMode.Mirror, false, [Cohort], [], 1);
        var scope = new DeliveryScope(Project, "brevo", [rule], false);
        await store.Ledger.RegisterAsync(scope, CancellationToken.None);
        var lease = await store.Leases.TryTakeAsync("bench", "bench", TimeSpan.FromHours(1), CancellationToken.None)
            ?? throw new InvalidOperationException("The lease is taken.");

        // One in two hundred is missing from the ledger, and one in two hundred is there who is not in the cohort.
        var inLedger = Enumerable.Range(0, members).Where(i => i % 200 != 0).Select(Id).Concat(Enumerable.Range(0, members / 200).Select(i => $"gone-{i}"));
        foreach (var part in inLedger.Chunk(PagePeople))
        {
            var changes = new LedgerChanges();
            changes.Members.AddRange(part.Select(id => PersonKey.Of(Project, id)).Order()
                .Select(k => new MemberChange(16, k, new LedgerMember(LedgerState.Present, null, DateTimeOffset.UnixEpoch, null))));
            await store.Ledger.CommitAsync(scope, lease, changes, CancellationToken.None);
        }

        return scope;
    }

    private static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"user-{number}");

    private static async Task<(double Seconds, long Rows)> SqliteAsync(string file)
    {
        await using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
        await connection.OpenAsync();
        using var command = connection.CreateCommand();
        command.CommandText = Except;
        var clock = Stopwatch.StartNew();
        var rows = (long)(await command.ExecuteScalarAsync())!;
        return (clock.Elapsed.TotalSeconds, rows);
    }

    private static async Task<(double Seconds, long Rows)> PostgresAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(Except, connection);
        var clock = Stopwatch.StartNew();
        var rows = (long)(await command.ExecuteScalarAsync())!;
        return (clock.Elapsed.TotalSeconds, rows);
    }

    private const string Except = """
        SELECT (SELECT count(*) FROM (SELECT person FROM membership WHERE project = 'bench' AND cohort = '7700123'
                    EXCEPT SELECT person FROM ledger_member WHERE project = 'bench' AND destination = 'brevo' AND list = 16) a)
             + (SELECT count(*) FROM (SELECT person FROM ledger_member WHERE project = 'bench' AND destination = 'brevo' AND list = 16
                    EXCEPT SELECT person FROM membership WHERE project = 'bench' AND cohort = '7700123') b)
        """;
}
