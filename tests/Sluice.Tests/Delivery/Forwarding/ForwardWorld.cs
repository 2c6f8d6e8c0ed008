using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.Projects;
using Sluice.Destinations.Brevo;
using Sluice.Destinations.Brevo.Campaigns;
using Sluice.Destinations.Mixpanel;
using Sluice.Mixpanel.Client;
using Sluice.Server.Hosting;
using Sluice.Simulators;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Storage;
using Sluice.Testing;
using MixpanelProject = Sluice.Simulators.Mixpanel.Ingestion.MixpanelProject;

namespace Sluice.Tests.Delivery.Forwarding;

/// <summary>
/// The whole way from a client's request through the real receiver and store to Mixpanel, on a clock that the test moves; and beside it
/// a Mixpanel that gets the same requests without us, to compare with.
/// </summary>
internal sealed class ForwardWorld : IAsyncDisposable
{
    public const string Project = "p1";
    public const string RemoteProject = "12345";
    public const string Token = "simulator-token";
    public const string BrevoToken = "a bearer token of Brevo's webhooks";
    private const string Access = "access";
    private const string Node = "node";
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(500);

    private readonly TempFolder _folder = new();
    private readonly ConcurrentQueue<Exception> _errors = new();
    private readonly Activity _activity = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly HttpClient _outgoing;
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(4) };
    private ServerHost _server = null!;
    private CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private IdentityMode _identity;

    private ForwardWorld()
    {
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        _outgoing = new HttpClient(new Wire(_activity, handler)) { Timeout = Timeout.InfiniteTimeSpan };
        _activity.Held = () => Mixpanel.HeldAnswers;
    }

    public ManualClock Clock { get; } = new();

    /// <summary>What Sluice passes on to.</summary>
    public MixpanelSimulator Mixpanel { get; private set; } = null!;

    /// <summary>What gets the same requests directly.</summary>
    public MixpanelSimulator Direct { get; private set; } = null!;

    public Store Store { get; private set; } = null!;

    public ForwardScope Scope { get; private set; }

    public ForwardOptions Options { get; set; } = new() { RunEndsAfter = TimeSpan.FromSeconds(5) };

    public MixpanelCredentials Credentials { get; set; } = MixpanelCredentials.ServiceAccount("simulator.account", "simulator-secret", RemoteProject);

    /// <summary>Asked after the store has done something for the worker; an exception takes the place of its answer.</summary>
    public Func<string, Exception?>? StoreFault { get; set; }

    public IReadOnlyCollection<Exception> Errors => _errors;

    public IReadOnlyList<MixpanelEventView> Events => Mixpanel.QueryEvents(RemoteProject);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="scope">What is passed on; by default all that is received.</param>
    /// <param name="project">The project at Mixpanel.</param>
    /// <param name="identity">What Sluice takes the project's identity mode for.</param>
    public static async Task<ForwardWorld> StartAsync(
        ForwardScope? scope = null, MixpanelProject? project = null, IdentityMode identity = IdentityMode.Simplified, MixpanelLimits? limits = null)
    {
        var world = new ForwardWorld { Scope = scope ?? new ForwardScope(Received: true, Told: false) };
        var options = new MixpanelSimulatorOptions { Clock = world.Clock, Projects = [project ?? new MixpanelProject()], Limits = limits ?? new MixpanelLimits() };
        world.Mixpanel = await MixpanelSimulator.StartAsync(options, Cancel);
        world.Direct = await MixpanelSimulator.StartAsync(options, Cancel);
        world.Store = await Store.OpenSqliteAsync(world._folder.Combine("sluice.db"), world.Clock, Cancel, durable: false);
        world._identity = identity;
        await world.ServeAsync();
        return world;
    }

    /// <summary>Stops receiving and begins again with another setting, as a restart does.</summary>
    public async Task SwitchAsync(ForwardScope scope)
    {
        await _server.StopAsync(CancellationToken.None);
        await _server.DisposeAsync();
        Scope = scope;
        await ServeAsync();
    }

    /// <summary>Sends to Sluice, and the same to the Mixpanel beside it.</summary>
    /// <returns>What Sluice answered.</returns>
    public async Task<string> SendAsync(string pathAndQuery, string body, string contentType = "application/json", bool withKeys = false, HttpMethod? method = null, bool compare = true)
    {
        var answer = await SendAsync(new Uri(_server.Urls[0] + pathAndQuery), Access, "secret", body, contentType, withKeys, method);
        if (compare)
        {
            var separator = pathAndQuery.Contains('?', StringComparison.Ordinal) ? '&' : '?';
            await SendAsync(
                new Uri(Direct.BaseUrl, pathAndQuery + (withKeys ? $"{separator}project_id={RemoteProject}" : "")), "simulator.account", "simulator-secret", body, contentType, withKeys, method);
        }

        return answer;
    }

    /// <summary>Sends events through <c>/import</c>, to Sluice alone.</summary>
    public Task<string> ImportAsync(params IEnumerable<JsonObject> events) =>
        SendAsync("/import?strict=1", new JsonArray([.. events]).ToJsonString(), withKeys: true, compare: false);

    /// <summary>Sends updates through <c>/engage</c>, to Sluice alone.</summary>
    public Task<string> EngageAsync(params IEnumerable<JsonObject> updates) => SendAsync("/engage", new JsonArray([.. updates]).ToJsonString(), compare: false);

    /// <summary>An event with a number of its own, of a person.</summary>
    public JsonObject Event(int number, string person = "u1", string name = "Purchase") => new()
    {
        ["event"] = name,
        ["properties"] = new JsonObject
        {
            ["time"] = Clock.GetUtcNow().ToUnixTimeMilliseconds() - 100_000 + number, ["distinct_id"] = person, ["$insert_id"] = FormattableString.Invariant($"e-{number}"), ["n"] = number,
        },
    };

    public static JsonObject Update(string person, string operation, JsonNode operand) =>
        new() { ["$token"] = Token, ["$distinct_id"] = person, [operation] = operand };

    /// <summary>What Brevo's webhook does.</summary>
    /// <returns>The status of the answer.</returns>
    public async Task<int> TellAsync(string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{_server.Urls[0]}/brevo/projects/{Project}/events?of=campaigns"))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", BrevoToken);
        using var response = await _client.SendAsync(request, Cancel);
        return (int)response.StatusCode;
    }

    public void Run()
    {
        _stopping.Dispose();
        _stopping = new CancellationTokenSource();
        var settings = new MixpanelSettings { Token = Token, Credentials = Credentials, Ingestion = Mixpanel.BaseUrl };
        var books = Watched<IPermitBooks>.Of(Store.PermitBooks, _activity);
        var worker = new ForwardWorker(
            Project, Scope, new MixpanelDestination(Project, settings, _outgoing, books, Store.Lookups, Clock),
            Watched<IForwarding>.Of(Store.Forwarding, _activity, method => StoreFault?.Invoke(method)), Watched<IEventLog>.Of(Store.EventLog, _activity),
            Watched<ILeases>.Of(Store.Leases, _activity), Options, Clock, () => 0.5, Node, _errors.Enqueue);
        _running = _activity.RunAsync(() => worker.RunAsync(_stopping.Token));
    }

    public async Task StopAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync();
        await UntilAsync(() => Task.FromResult(_running.IsCompleted));
        await _running;
    }

    /// <summary>Lets time pass until nothing waits any more, and a while longer.</summary>
    public async Task DrainAsync()
    {
        await UntilAsync(async () => await WaitingAsync() == 0);
        await PassAsync(TimeSpan.FromSeconds(8));
    }

    public Task UntilAsync(Func<Task<bool>> condition) => _activity.UntilAsync(
        Clock, condition, LongestStep, () => Task.FromResult($"{Events.Count} events at Mixpanel; errors: {string.Join("; ", _errors.Take(3))}"), lookEvery: 4);

    public Task PassAsync(TimeSpan length) => _activity.PassAsync(Clock, length, LongestStep);

    public async Task<IReadOnlyList<Run>> RunsAsync() =>
        [.. (await Store.Runs.ListAsync(Project, 1_000, Cancel)).Where(r => r.Kind == "forward")];

    /// <summary>The counts of all runs together.</summary>
    public async Task<IReadOnlyDictionary<string, long>> CountsAsync() =>
        (await RunsAsync()).SelectMany(r => r.Counts).GroupBy(c => c.Key).ToDictionary(g => g.Key, g => g.Sum(c => c.Value));

    public Task<IReadOnlyList<DeadLetter>> LettersAsync(string? state = "open") => Store.DeadLetters.ListAsync(Project, state, 10_000, Cancel);

    public JsonObject Profile(string person) => (JsonObject)JsonNode.Parse(Mixpanel.Profile(RemoteProject, person)!.PropertiesJson)!;

    /// <summary>The numbers of the events that Mixpanel shows: copies are one there.</summary>
    public IEnumerable<int> Numbers() => Events.Select(e => JsonNode.Parse(e.PropertiesJson)!["n"]!.GetValue<int>());

    /// <summary>Takes rows away behind the store's back, as an erasure of another node does.</summary>
    public int Delete(string table, string where)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.Combine("sluice.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"DELETE FROM {table} WHERE {where}";
        return command.ExecuteNonQuery();
    }

    public void AssertClean()
    {
        Assert.Empty(_errors);
        Assert.Equal(0, Mixpanel.Calls.BudgetViolationCount);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
        await _server.StopAsync(CancellationToken.None);
        await _server.DisposeAsync();
        await Store.DisposeAsync();
        await Mixpanel.DisposeAsync();
        await Direct.DisposeAsync();
        await _services.DisposeAsync();
        _client.Dispose();
        _outgoing.Dispose();
        _folder.Dispose();
    }

    private async Task ServeAsync()
    {
        var hasher = new SecretHasher("a master key for tests"u8);
        await Store.Projects.PutAsync(new StoredProject(Project, Access, hasher.Hash(Project, "secret").ToBytes()), Cancel);
        await Store.Forwarding.StartAsync(Project, Scope, Cancel);
        var directory = new ProjectDirectory(
            [new Project(Project, Access, RemoteProject, TimeZoneInfo.Utc) { Token = Token, Identity = _identity, IsForwarded = Scope.Received }],
            [new ProjectCredentials(Project, Access, [hasher.Hash(Project, "secret")])], hasher, Clock);
        _server = ServerHost.Create(
            new ServerOptions { Urls = ["http://127.0.0.1:0"] },
            new ServerServices
            {
                Projects = directory,
                Cohorts = Store.Intake,
                Events = Store.Events,
                Profiles = Store.Profiles,
                Lookups = Store.Lookups,
                RefusedRecords = Store.RefusedRecords,
                IntakeCounts = Store.IntakeCounts,
                AddressKey = new byte[32],
                Readiness = new Ready(),
                Inboxes =
                [
                    new BrevoInbox(
                        new Dictionary<string, string> { [Project] = BrevoToken }, Store.Suppressions,
                        new CampaignIntake(Store.Events, Store.PeopleByAddress, Store.IntakeCounts, Clock), (_, _) => { }, Clock),
                ],
                TimeProvider = Clock,
                LoggerFactory = NullLoggerFactory.Instance,
                Meters = _services.GetRequiredService<IMeterFactory>(),
            });
        await _server.StartAsync(_ => { }, Cancel);
    }

    private async Task<string> SendAsync(Uri address, string user, string password, string body, string contentType, bool withKeys, HttpMethod? method)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Post, address) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        request.Headers.Authorization = withKeys ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))) : null;
        using var response = await _client.SendAsync(request, Cancel);
        var answer = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.IsSuccessStatusCode, $"{address.AbsolutePath}: {answer}");
        return answer;
    }

    /// <summary>Operations that wait, and events behind the cursor.</summary>
    private async Task<long> WaitingAsync()
    {
        var waiting = 0L;
        foreach (var way in Enum.GetValues<ForwardWay>())
        {
            waiting += (await Store.Forwarding.ReadAsync(Project, way, 1, 1, Cancel)).Count;
        }

        var cursor = await Store.Forwarding.CursorAsync(Project, Cancel) ?? LogPosition.Start;
        waiting += (await Store.EventLog.ReadKeysAsync(Project, cursor, 1, null, Cancel)).Looked;
        return waiting + (await Store.Forwarding.AgainAsync(Project, 1, Cancel)).Count;
    }

    private sealed class Ready : IReadiness
    {
        public ValueTask<Readiness> CheckAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new Readiness([]));
    }
}
