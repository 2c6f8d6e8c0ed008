using System.Globalization;
using Sluice.Core.Events;
using Sluice.Simulators.Brevo;
using Sluice.Simulators.Mixpanel.Export;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Tests.Pull;

/// <summary>The real program, killed in the midst of what it fetches: it comes to the same, and nothing is there twice.</summary>
public sealed class PullKillTests
{
    private const string Project = "p1";
    private const string Remote = "12345";
    private const long List = 16;
    private const int EventsPerDay = 4_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task Cohorts_and_events_come_to_the_same_when_the_program_is_killed_again_and_again()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var folder = new TempFolder();
        await using var brevo = await BrevoSimulator.StartAsync(new BrevoSimulatorOptions(), cancellationToken);
        brevo.CreateList("Engaged", List);

        // Small pages, so that there are many of them, and still fewer than an hour has queries.
        await using var mixpanel = await MixpanelSimulator.StartAsync(
            new MixpanelSimulatorOptions { Query = new MixpanelQueryOptions { PageSize = 50 } }, cancellationToken);
        var people = Enumerable.Range(0, 600).Select(i => string.Create(CultureInfo.InvariantCulture, $"u{i}")).ToArray();
        foreach (var person in people)
        {
            mixpanel.Desk(Remote).SetProfile(person, $$"""{"$email":"{{person}}@example.test"}""");
        }

        mixpanel.Desk(Remote).SetCohort(901, "Engaged", people);
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        mixpanel.Desk(Remote).Generate(new MixpanelGenerated(today.AddDays(-5), today.AddDays(-1), EventsPerDay));

        foreach (var (path, calls) in new[] { ("/engage", 4), ("/export", 3) })
        {
            await using var program = Start(folder, mixpanel, brevo, today.AddDays(-5));
            await program.WaitForListeningAsync(Patience, cancellationToken);
            await Eventually.GetAsync(
                $"the calls to {path}", () => mixpanel.Calls.ByEndpoint.Where(e => e.Key.EndsWith(path, StringComparison.Ordinal)).Sum(e => e.Value), made => made >= calls, Patience,
                cancellationToken: cancellationToken);
            await program.KillAsync(cancellationToken);
        }

        await using (var program = Start(folder, mixpanel, brevo, today.AddDays(-5)))
        {
            await program.WaitForListeningAsync(Patience, cancellationToken);
            var expected = people.Select(p => $"{p}@example.test").Order(StringComparer.Ordinal).ToArray();
            await Eventually.GetAsync(
                "the list to hold the cohort's people", () => brevo.ListEmails(List).Order(StringComparer.Ordinal).ToArray(), held => held.SequenceEqual(expected), Patience,
                cancellationToken: cancellationToken);
            await Eventually.GetAsync(
                "the export of today", () => mixpanel.Calls.Last.Count(c => c.Path.EndsWith("/export", StringComparison.Ordinal) && c.Query.Contains($"to_date={today:yyyy-MM-dd}", StringComparison.Ordinal)),
                calls => calls > 0, Patience, cancellationToken: cancellationToken);
            await program.StopAsync(Patience, cancellationToken);
        }

        await using var store = await Store.OpenSqliteAsync(folder.Combine("data", "sluice.db"), TimeProvider.System, cancellationToken);
        Assert.Equal(people.Order(StringComparer.Ordinal), (await store.Groups.MembersAsync(Project, "901", null, 10_000, cancellationToken)).Select(m => m.DistinctId).Order(StringComparer.Ordinal));
        var counts = await store.EventLog.CountAsync(Project, 0, long.MaxValue, cancellationToken);
        Assert.Equal(5 * EventsPerDay, counts.Sum(c => c.Count));
        Assert.All(
            (await store.EventLog.ReadKeysAsync(Project, LogPosition.Start, 100_000, null, cancellationToken)).Keys, k => Assert.Equal(Origin.Pulled, k.Origin));
        Assert.Equal(0, mixpanel.Calls.BudgetViolationCount);
        Assert.Equal(0, brevo.Calls.BudgetViolationCount);
    }

    private static ChildProcess Start(TempFolder folder, MixpanelSimulator mixpanel, BrevoSimulator brevo, DateOnly from)
    {
        var config = folder.Write("sluice.yaml", $$"""
            server: { urls: "http://127.0.0.1:0", data: {{folder.Combine("data")}}, master_key: a-key-of-this-test-and-of-nobody-else }
            project: { id: {{Project}}, access_key: access, secret_key: secret }
            connectors:
              mixpanel:
                project_id: "{{Remote}}"
                service_account: { username: simulator.account, secret: simulator-secret }
                sync: { events: false }
                lists: { engaged: { list: {{List}}, max_removal: 1 } }
                endpoints: { query: "{{Root(mixpanel.QueryUrl)}}", export: "{{Root(mixpanel.ExportUrl)}}" }
              brevo: { api_key: xkeysib-simulator, base_url: "{{brevo.BaseUrl}}" }
            pull:
              cohorts: { schedule: every 6h }
              events: { schedule: daily 03:00, from: {{from:yyyy-MM-dd}}, overlap: 1d }
            """);
        return ChildProcess.Sluice(["serve", "--config", config]);
    }

    private static string Root(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
