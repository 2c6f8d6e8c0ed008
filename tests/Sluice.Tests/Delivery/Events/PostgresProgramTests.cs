using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Npgsql;
using Sluice.Simulators.Brevo;
using Sluice.Testing;

namespace Sluice.Tests.Delivery.Events;

/// <summary>
/// The real program on PostgreSQL, on the true clock: budgets, leases and unknown outcomes go there by the database's clock, which no test moves.
/// </summary>
public sealed class PostgresProgramTests
{
    private const string Project = "p1";
    private const int People = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Under_faults_and_after_a_kill_each_event_reaches_Brevo_once_and_in_order()
    {
        await using var world = await World.StartAsync();
        world.Brevo.Faults.Add(new BrevoFault { Method = "POST", Path = "/events", Effect = BrevoFaultEffect.TooManyRequests(1), Every = 23 });
        world.Brevo.Faults.Add(new BrevoFault { Method = "POST", Path = "/events", Effect = BrevoFaultEffect.Error(503, "unavailable", "try again"), Every = 19 });
        world.Brevo.Faults.Add(new BrevoFault { Method = "POST", Path = "/events", Effect = BrevoFaultEffect.CutAfter(), Nth = 12 });
        world.Brevo.Faults.Add(new BrevoFault { Method = "POST", Path = "/events", Effect = BrevoFaultEffect.CutBefore(), Nth = 31 });
        await using (var program = world.Start())
        {
            var url = await program.WaitForListeningAsync(Patience, World.Token);
            await world.AddPeopleAsync(url);
            await world.ImportAsync(url, 1, 90);
            await world.ArrivedAsync(40);
            await program.KillAsync(World.Token);
        }

        await using (var program = world.Start())
        {
            var url = await program.WaitForListeningAsync(Patience, World.Token);
            await world.ImportAsync(url, 91, 30);
            await world.ArrivedAsync(120);
            await program.StopAsync(Patience, World.Token);
        }

        world.AssertOnceInOrder(120);
    }

    [Fact]
    public async Task A_node_that_stands_still_past_its_lease_sends_nothing_twice_when_it_goes_on()
    {
        await using var world = await World.StartAsync();

        // Answers take a while: there are always calls under way.
        world.Brevo.Faults.Add(new BrevoFault { Method = "POST", Path = "/events", Effect = BrevoFaultEffect.SlowAnswer(TimeSpan.FromMilliseconds(400)) });
        await using var first = world.Start();
        var firstUrl = await first.WaitForListeningAsync(Patience, World.Token);
        await using var second = world.Start();
        var secondUrl = await second.WaitForListeningAsync(Patience, World.Token);
        await world.AddPeopleAsync(firstUrl);
        await world.ImportAsync(secondUrl, 1, 120);
        await world.ArrivedAsync(40);

        var holder = await world.HolderAsync();
        var (stopped, other, url) = holder == first.Id ? (first, second, secondUrl) : (second, first, firstUrl);
        Assert.Equal(stopped.Id, holder);
        stopped.Signal(UnixSignal.Stop);
        await world.ImportAsync(url, 121, 30);
        await Eventually.GetAsync("the other node to take over", _ => world.HolderAsync(), id => id == other.Id, Patience, cancellationToken: World.Token);
        await world.ArrivedAsync(world.Brevo.EventCount + 20);

        // It knows of calls whose outcome somebody else finds out by now.
        stopped.Signal(UnixSignal.Continue);
        await world.ImportAsync(holder == first.Id ? firstUrl : secondUrl, 151, 30);
        await world.ArrivedAsync(180);
        Assert.Equal(other.Id, await world.HolderAsync());
        await other.StopAsync(Patience, World.Token);
        await world.ImportAsync(holder == first.Id ? firstUrl : secondUrl, 181, 10);
        await world.ArrivedAsync(190);
        Assert.Equal(stopped.Id, await world.HolderAsync());
        world.AssertOnceInOrder(190);
    }

    /// <summary>A database, a Brevo, and clients that send.</summary>
    private sealed class World(PostgresDatabase database, BrevoSimulator brevo) : IAsyncDisposable
    {
        private readonly TempFolder _folder = new();
        private int _programs;
        private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };

        public static CancellationToken Token => TestContext.Current.CancellationToken;

        public BrevoSimulator Brevo { get; } = brevo;

        public static async Task<World> StartAsync()
        {
            var server = await PostgresServer.SharedAsync(Token);
            return new World(await server.CreateDatabaseAsync(Token), await BrevoSimulator.StartAsync(new BrevoSimulatorOptions(), Token));
        }

        public ChildProcess Start()
        {
            var number = (++_programs).ToString(CultureInfo.InvariantCulture);
            var config = _folder.Write($"sluice-{number}.yaml", $$"""
                server:
                  urls: http://127.0.0.1:0
                  data: {{_folder.Combine("data-" + number)}}
                  master_key: a-key-of-this-test-and-of-nobody-else
                storage: { engine: postgres, connection: "{{database.ConnectionString}}" }
                project: { id: {{Project}}, access_key: access, secret_key: secret }
                connectors:
                  mixpanel: { project_token: token0123456789abcdef0123456789ab, project_id: "1" }
                  brevo: { api_key: xkeysib-simulator, base_url: "{{Brevo.BaseUrl}}" }
                property_mapping: { $email: email }
                """);
            return ChildProcess.Sluice(["serve", "--config", config]);
        }

        public Task AddPeopleAsync(Uri url) => PostAsync(url, "/engage", Enumerable.Range(0, People).Select(i => (object)new Dictionary<string, object>
        {
            ["$token"] = "token0123456789abcdef0123456789ab",
            ["$distinct_id"] = $"u{i}",
            ["$set"] = new Dictionary<string, string> { ["$email"] = $"u{i}@example.test" },
        }));

        public Task ImportAsync(Uri url, int from, int count) => PostAsync(url, "/import?strict=1", Enumerable.Range(from, count).Select(i => (object)new
        {
            @event = "Purchase",
            properties = new Dictionary<string, object>
            {
                ["time"] = 1_790_000_000 + i, ["distinct_id"] = $"u{i % People}", ["$insert_id"] = $"insert-{i}", ["number"] = i,
            },
        }));

        public Task<int> ArrivedAsync(int count) => Eventually.GetAsync(
            $"{count} events to arrive", () => Brevo.EventCount, arrived => arrived >= count, Patience, cancellationToken: Token);

        /// <summary>The process that sends events now.</summary>
        public async Task<int> HolderAsync()
        {
            await using var connection = new NpgsqlConnection(database.ConnectionString);
            await connection.OpenAsync(Token);
            await using var command = new NpgsqlCommand($"SELECT owner FROM lease WHERE name = 'events/{Project}/brevo'", connection);
            return int.Parse(((string)(await command.ExecuteScalarAsync(Token))!).Split('/')[^2], CultureInfo.InvariantCulture);
        }

        public void AssertOnceInOrder(int count)
        {
            Assert.Equal(Enumerable.Range(1, count), Brevo.Events.Select(Number).Order());
            Assert.All(Brevo.Events.GroupBy(e => e.ContactId), person => Assert.Equal(person.Select(Number).Order(), person.Select(Number)));
            Assert.Equal((0, 0L), (Brevo.Calls.BudgetViolationCount, Brevo.DroppedEvents));
        }

        public async ValueTask DisposeAsync()
        {
            _client.Dispose();
            await Brevo.DisposeAsync();
            await database.DisposeAsync();
            _folder.Dispose();
        }

        private static int Number(BrevoEventView stored)
        {
            using var properties = JsonDocument.Parse(stored.PropertiesJson);
            return properties.RootElement.GetProperty("number").GetInt32();
        }

        private async Task PostAsync(Uri url, string path, IEnumerable<object> records)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, path))
            {
                Content = new StringContent(JsonSerializer.Serialize(records), Encoding.UTF8, "application/json"),
            };
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("access:secret"u8));
            using var response = await _client.SendAsync(request, Token);
            var answer = await response.Content.ReadAsStringAsync(Token);
            Assert.True(response.IsSuccessStatusCode && answer != "0", answer);
        }
    }
}
