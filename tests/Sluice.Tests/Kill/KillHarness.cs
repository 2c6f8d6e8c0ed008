using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Sluice.Simulators.Brevo;
using Sluice.Testing;

namespace Sluice.Tests.Kill;

/// <summary>The real program, killed at instants that nobody chose, and Mixpanel's side of it.</summary>
internal static class KillHarness
{
    private const string Project = "p1";
    private const long List = 16;
    private const int MaxPeople = 400;

    /// <summary>How often the program is killed; more on a machine that has the time.</summary>
    private const string RoundsVariable = "SLUICE_TEST_KILLS";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Kills the program so often, while pages come, and lets the last one come to its end.</summary>
    public static async Task RunAsync(TempFolder folder, string storage, int rounds)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var brevo = await StartBrevoAsync(cancellationToken);
        using var cohort = new Sender(seed);
        for (var round = 0; round <= rounds; round++)
        {
            await using var program = Start(folder, storage, brevo);
            var url = await AddressAsync(program, cancellationToken);
            if (round == rounds)
            {
                await cohort.FinishAsync(url, cancellationToken);
                await HoldsAsync(brevo, cohort, cancellationToken);
                await program.StopAsync(Patience, cancellationToken);
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

    public static int Rounds(int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(RoundsVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) ? rounds : otherwise;

    public static async Task<BrevoSimulator> StartBrevoAsync(CancellationToken cancellationToken)
    {
        var brevo = await BrevoSimulator.StartAsync(new BrevoSimulatorOptions(), cancellationToken);
        brevo.CreateList("Engaged", List);
        return brevo;
    }

    /// <summary>The block <c>storage</c> of the config.</summary>
    public static string Postgres(PostgresDatabase database) => $$"""
        storage:
          engine: postgres
          connection: "{{database.ConnectionString}}"
        """;

    public static ChildProcess Start(TempFolder folder, string storage, BrevoSimulator brevo)
    {
        var config = folder.Write("sluice.yaml", $$"""
            server:
              urls: http://127.0.0.1:0
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

    /// <summary>Where a program that was started takes cohorts.</summary>
    public static async Task<Uri> AddressAsync(ChildProcess program, CancellationToken cancellationToken) =>
        new(await program.WaitForListeningAsync(Patience, cancellationToken), $"/mixpanel/projects/{Project}/cohorts");

    public static async Task HoldsAsync(BrevoSimulator brevo, Sender cohort, CancellationToken cancellationToken)
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
    public sealed class Sender(int seed) : IDisposable
    {
        private readonly Random _random = new(seed);
        private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
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
