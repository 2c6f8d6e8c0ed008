using System.Globalization;
using Npgsql;
using Sluice.Core.Events;
using Sluice.Simulators.Mixpanel.Export;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Tests.Pull;

/// <summary>Nodes of the real program on one PostgreSQL: one fetches at a time, and when it is killed another goes on where it stood.</summary>
public sealed class PostgresPullTests
{
    private const string Project = "p1";
    private const string Remote = "12345";
    private const int Pages = 12;
    private const int EventsPerDay = 4_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    // Longer than the test: whoever gets such an answer stands still until it is killed.
    private static readonly TimeSpan Forever = TimeSpan.FromHours(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_that_is_killed_in_the_midst_of_a_cohort_and_of_a_day_is_followed_by_another_without_loss_or_repetition()
    {
        using var folder = new TempFolder();
        var server = await PostgresServer.SharedAsync(Token);
        await using var database = await server.CreateDatabaseAsync(Token);
        await using var mixpanel = await MixpanelSimulator.StartAsync(new MixpanelSimulatorOptions { Query = new MixpanelQueryOptions { PageSize = 50 } }, Token);
        var people = Enumerable.Range(0, Pages * 50).Select(i => string.Create(CultureInfo.InvariantCulture, $"u{i}")).ToArray();
        foreach (var person in people)
        {
            mixpanel.Desk(Remote).SetProfile(person, $$"""{"$email":"{{person}}@example.test"}""");
        }

        mixpanel.Desk(Remote).SetCohort(901, "Engaged", people);
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        mixpanel.Desk(Remote).Generate(new MixpanelGenerated(today.AddDays(-5), today.AddDays(-1), EventsPerDay));

        // Both jobs begin at once, being new, and not again within this test.
        var far = today.AddDays(3).ToString("ddd", CultureInfo.InvariantCulture).ToLowerInvariant();

        // The first stands still at a page and in a day of which a part is stored; who comes after it, in another day.
        mixpanel.Faults.Add(new MixpanelFault { Method = "POST", Path = "/api/query/engage", Effect = MixpanelFaultEffect.SlowAnswer(Forever), Nth = 5 });
        foreach (var export in new[] { 3, 6 })
        {
            mixpanel.Faults.Add(new MixpanelFault { Method = "GET", Path = "/api/2.0/export", Effect = MixpanelFaultEffect.SlowBody(2_500, Forever), Nth = export });
        }

        await using var store = await Store.OpenPostgresAsync(database.ConnectionString, Token);
        await using var first = Start(1);
        await using var second = Start(2);
        await first.WaitForListeningAsync(Patience, Token);
        await second.WaitForListeningAsync(Patience, Token);
        await CallsAsync("/engage", 5);
        await CallsAsync("/export", 3);
        await Eventually.GetAsync("a part of the third day to be stored", _ => EventsAsync(), stored => stored > 2 * EventsPerDay, Patience, cancellationToken: Token);
        Assert.Empty(await store.Groups.MembersAsync(Project, "901", null, 10_000, Token));

        var (killed, left) = await HolderAsync() == first.Id ? (first, second) : (second, first);
        await killed.KillAsync(Token);
        await using var third = Start(3);
        await third.WaitForListeningAsync(Patience, Token);
        await CallsAsync("/export", 6);
        var holder = await Eventually.GetAsync("another node to go on", _ => HolderAsync(), id => id != killed.Id, Patience, cancellationToken: Token);
        await (holder == left.Id ? left : third).KillAsync(Token);
        await Eventually.GetAsync(
            "both jobs to end", _ => store.PullJobs.ListAsync(Project, Token), jobs => jobs.Count == 2 && jobs.All(j => j.Run is { EndedAt: not null }), Patience, cancellationToken: Token);
        await (holder == left.Id ? third : left).StopAsync(Patience, Token);

        Assert.Equal(people.Order(StringComparer.Ordinal), (await store.Groups.MembersAsync(Project, "901", null, 10_000, Token)).Select(m => m.DistinctId).Order(StringComparer.Ordinal));
        Assert.Equal(5 * EventsPerDay, await EventsAsync());
        Assert.All((await store.EventLog.ReadKeysAsync(Project, LogPosition.Start, 100_000, null, Token)).Keys, k => Assert.Equal(Origin.Pulled, k.Origin));

        // One run each, whoever worked at it; and nothing was asked twice but what nobody had heard the end of.
        var runs = await store.Runs.ListAsync(Project, 100, Token);
        Assert.Equal(["pull cohorts", "pull events"], runs.Where(r => r.Kind.StartsWith("pull", StringComparison.Ordinal)).Select(r => r.Kind).Order(StringComparer.Ordinal));
        Assert.All(runs, r => Assert.Equal("done", r.State));
        Assert.Equal(1, Calls("/cohorts/list"));
        Assert.InRange(Calls("/engage"), Pages + 1, Pages + 3);
        Assert.InRange(Calls("/export"), 5 + 1 + 2, 5 + 1 + 4);
        Assert.Equal(0, mixpanel.Calls.BudgetViolationCount);

        long Calls(string path) => mixpanel.Calls.ByEndpoint.Where(e => e.Key.EndsWith(path, StringComparison.Ordinal)).Sum(e => e.Value);

        Task<long> CallsAsync(string path, int count) => Eventually.GetAsync(
            $"{count} calls to {path}", () => Calls(path), made => made >= count, Patience, cancellationToken: Token);

        async Task<long> EventsAsync() => (await store.EventLog.CountAsync(Project, 0, long.MaxValue, Token)).Sum(c => c.Count);

        async Task<int> HolderAsync()
        {
            await using var connection = new NpgsqlConnection(database.ConnectionString);
            await connection.OpenAsync(Token);
            await using var command = new NpgsqlCommand($"SELECT owner FROM lease WHERE name = 'pull/{Project}'", connection);
            return int.Parse(((string)(await command.ExecuteScalarAsync(Token))!).Split('/')[^2], CultureInfo.InvariantCulture);
        }

        ChildProcess Start(int number)
        {
            var config = folder.Write($"sluice-{number}.yaml", $$"""
                server:
                  urls: http://127.0.0.1:0
                  data: {{folder.Combine($"data-{number}")}}
                  master_key: a-key-of-this-test-and-of-nobody-else
                storage: { engine: postgres, connection: "{{database.ConnectionString}}" }
                project: { id: {{Project}}, access_key: access, secret_key: secret }
                connectors:
                  mixpanel:
                    project_id: "{{Remote}}"
                    service_account: { username: simulator.account, secret: simulator-secret }
                    endpoints: { query: "{{Root(mixpanel.QueryUrl)}}", export: "{{Root(mixpanel.ExportUrl)}}" }
                pull:
                  cohorts: { schedule: weekly {{far}} 03:00 }
                  events: { schedule: weekly {{far}} 03:00, from: {{today.AddDays(-5):yyyy-MM-dd}}, overlap: 1d }
                """);
            return ChildProcess.Sluice(["serve", "--config", config]);
        }
    }

    private static string Root(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
