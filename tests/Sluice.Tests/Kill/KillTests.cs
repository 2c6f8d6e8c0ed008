using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Sluice.Simulators.Brevo;
using Sluice.Testing;

namespace Sluice.Tests.Kill;

/// <summary>The real program, killed at instants that nobody chose. What it has acknowledged reaches the list all the same.</summary>
public sealed class KillTests
{
    private const string Project = "p1";
    private const long List = 16;
    private const int MaxPeople = 400;

    /// <summary>How often the program is killed; more on a machine that has the time.</summary>
    private const string RoundsVariable = "SLUICE_TEST_KILLS";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task Killed_again_and_again_on_the_embedded_store()
    {
        using var folder = new TempFolder();
        await RunAsync(folder, storage: "", rounds: Rounds(12));
    }

    [Fact]
    public async Task Killed_on_postgresql_the_next_node_waits_for_the_lease()
    {
        var server = await PostgresServer.SharedAsync(TestContext.Current.CancellationToken);
        await using var database = await server.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        using var folder = new TempFolder();
        await RunAsync(folder, Postgres(database), rounds: Rounds(3));
    }

    [Fact]
    public async Task Of_two_nodes_one_stands_still_past_its_lease_and_one_is_killed()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var server = await PostgresServer.SharedAsync(cancellationToken);
        await using var database = await server.CreateDatabaseAsync(cancellationToken);
        using var folder = new TempFolder();
        await using var brevo = await StartBrevoAsync(cancellationToken);
        await using var first = Start(folder, Postgres(database), brevo, out var firstUrl);
        await first.WaitForListeningAsync(cancellationToken: cancellationToken);
        await using var second = Start(folder, Postgres(database), brevo, out var secondUrl);
        await second.WaitForListeningAsync(cancellationToken: cancellationToken);
        using var cohort = new Sender(seed: 1);

        await cohort.FullAsync(firstUrl, Enumerable.Range(0, 300), cancellationToken);
        await cohort.ChangeAsync(secondUrl, enter: true, Enumerable.Range(300, 30), cancellationToken);
        await HoldsAsync(brevo, cohort, cancellationToken);

        // One of the two has the lease; whichever it is, it stands still in the middle of its work.
        await cohort.ChangeAsync(secondUrl, enter: true, Enumerable.Range(330, 60), cancellationToken);
        first.Signal(UnixSignal.Stop);
        await cohort.ChangeAsync(secondUrl, enter: false, Enumerable.Range(0, 100), cancellationToken);
        await HoldsAsync(brevo, cohort, cancellationToken);
        first.Signal(UnixSignal.Continue);
        await cohort.ChangeAsync(firstUrl, enter: true, Enumerable.Range(0, 20), cancellationToken);
        await HoldsAsync(brevo, cohort, cancellationToken);

        await cohort.ChangeAsync(secondUrl, enter: false, Enumerable.Range(300, 40), cancellationToken);
        await second.KillAsync(cancellationToken);
        await HoldsAsync(brevo, cohort, cancellationToken);
        Assert.Equal(0, brevo.Calls.BudgetViolationCount);
    }

    private static async Task RunAsync(TempFolder folder, string storage, int rounds)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var brevo = await StartBrevoAsync(cancellationToken);
        using var cohort = new Sender(seed);
        for (var round = 0; round <= rounds; round++)
        {
            await using var program = Start(folder, storage, brevo, out var url);
            await program.WaitForListeningAsync(Patience, cancellationToken);
            if (round == rounds)
            {
                await cohort.FinishAsync(url, cancellationToken);
                await HoldsAsync(brevo, cohort, cancellationToken);
                await program.StopAsync(cancellationToken: cancellationToken);
                break;
            }

            // A page that was under way at the kill comes again from the next round on, as Mixpanel would send it.
            using var killed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var sending = cohort.LiveAsync(url, killed.Token);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(50, 2500)), TimeProvider.System, cancellationToken);
            await program.KillAsync(cancellationToken);
            await killed.CancelAsync();
            await sending;
        }

        Assert.Equal(0, brevo.Calls.BudgetViolationCount);
    }

    private static int Rounds(int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(RoundsVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) ? rounds : otherwise;

    private static async Task<BrevoSimulator> StartBrevoAsync(CancellationToken cancellationToken)
    {
        var brevo = await BrevoSimulator.StartAsync(new BrevoSimulatorOptions(), cancellationToken);
        brevo.CreateList("Engaged", List);
        return brevo;
    }

    private static string Postgres(PostgresDatabase database) => $$"""
        storage:
          engine: postgres
          connection: "{{database.ConnectionString}}"
        """;

    private static ChildProcess Start(TempFolder folder, string storage, BrevoSimulator brevo, out Uri url)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        url = new Uri($"http://127.0.0.1:{port}/mixpanel/projects/{Project}/cohorts");
        var config = folder.Write($"sluice-{port}.yaml", $$"""
            server:
              urls: http://127.0.0.1:{{port}}
              data: {{folder.Combine("data")}}
              master_key: a-key-of-this-test-and-of-nobody-else
            {{storage}}
            project:
              id: {{Project}}
              access_key: access
              secret_key: secret
            connectors:
              mixpanel:
                project_id: "1"
                lists:
                  engaged: { list: {{List}}, max_removal: 1 }
              brevo:
                api_key: xkeysib-simulator
                base_url: {{brevo.BaseUrl}}
            property_mapping:
              $email: email
              plan: PLAN_TYPE
            """);
        return ChildProcess.Sluice(["serve", "--config", config]);
    }

    private static async Task HoldsAsync(BrevoSimulator brevo, Sender cohort, CancellationToken cancellationToken)
    {
        var expected = cohort.Inside.Select(Sender.Email).Order(StringComparer.Ordinal).ToArray();
        await Eventually.GetAsync(
            $"the list to hold the cohort's {expected.Length} people",
            () => brevo.ListEmails(List).Order(StringComparer.Ordinal).ToArray(),
            held => held.SequenceEqual(expected),
            Patience,
            cancellationToken: cancellationToken);
    }

    /// <summary>Mixpanel's side: pages, each until it is acknowledged, and what they come to.</summary>
    private sealed class Sender(int seed) : IDisposable
    {
        private readonly Random _random = new(seed);
        private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };
        private (string Body, Action Then)? _unanswered;
        private int _sessions;

        public HashSet<int> Inside { get; private set; } = [];

        public static string Email(int person) => string.Create(CultureInfo.InvariantCulture, $"u{person}@example.test");

        public Task FullAsync(Uri url, IEnumerable<int> people, CancellationToken cancellationToken)
        {
            var members = people.ToHashSet();
            return SendAsync(url, "members", members, () => Inside = members, cancellationToken);
        }

        public Task ChangeAsync(Uri url, bool enter, IEnumerable<int> people, CancellationToken cancellationToken)
        {
            var members = people.ToHashSet();
            return SendAsync(
                url, enter ? "add_members" : "remove_members", members,
                () =>
                {
                    if (enter)
                    {
                        Inside.UnionWith(members);
                    }
                    else
                    {
                        Inside.ExceptWith(members);
                    }
                },
                cancellationToken);
        }

        /// <summary>Sends changes until the program is gone.</summary>
        public async Task LiveAsync(Uri url, CancellationToken cancellationToken)
        {
            try
            {
                await FinishAsync(url, cancellationToken);
                while (true)
                {
                    var people = Enumerable.Range(0, _random.Next(1, 120)).Select(_ => _random.Next(MaxPeople));
                    await (_sessions == 0 || _random.Next(8) == 0
                        ? FullAsync(url, people, cancellationToken)
                        : ChangeAsync(url, _random.Next(3) > 0, people, cancellationToken));
                    await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(400)), TimeProvider.System, cancellationToken);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // The page that has no answer stays to be sent again.
            }
        }

        public async Task FinishAsync(Uri url, CancellationToken cancellationToken)
        {
            if (_unanswered is { } page)
            {
                await PostAsync(url, page.Body, cancellationToken);
                page.Then();
                _unanswered = null;
            }
        }

        public void Dispose() => _http.Dispose();

        private Task SendAsync(Uri url, string action, IEnumerable<int> people, Action then, CancellationToken cancellationToken)
        {
            var session = ++_sessions;
            var members = string.Join(',', people.Select(p => string.Create(
                CultureInfo.InvariantCulture, $$"""{"mixpanel_distinct_id":"u{{p}}","email":"{{Email(p)}}","plan":"plan{{session % 5}}"}""")));
            var body = string.Create(CultureInfo.InvariantCulture, $$$"""
                {"action":"{{{action}}}","parameters":{"mixpanel_project_id":"1","mixpanel_cohort_id":"901","mixpanel_cohort_name":"Engaged",
                "mixpanel_cohort_description":"","mixpanel_session_id":"s{{{session}}}","page_info":{"total_pages":1,"page_count":1},"members":[{{{members}}}]}}
                """);
            _unanswered = (body, then);
            return FinishAsync(url, cancellationToken);
        }

        private async Task PostAsync(Uri url, string body, CancellationToken cancellationToken)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("access:secret"u8));
            using var response = await _http.SendAsync(request, cancellationToken);
            response.EnsureSuccessStatusCode();
        }
    }
}
