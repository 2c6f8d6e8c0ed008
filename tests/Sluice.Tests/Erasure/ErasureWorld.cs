using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Configuration;
using Sluice.Hosting;
using Sluice.Simulators;
using Sluice.Simulators.Brevo;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Testing;

namespace Sluice.Tests.Erasure;

/// <summary>A whole node between a simulated Mixpanel and a simulated Brevo, on a clock that runs faster than the true one, but for the time of calls between them.</summary>
internal sealed class ErasureWorld : IAsyncDisposable
{
    public const string Project = "p1";
    public const string Token = "token0123456789abcdef0123456789ab";
    public const string GdprToken = "an-oauth-token-of-the-owner";
    public const long List = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestCall = TimeSpan.FromMinutes(3);

    private readonly TempFolder _folder = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly string _storage;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
    private readonly MeterListener _listener = new();
    private Task _ticking = Task.CompletedTask;
    private int _calls;
    private SluiceNode? _node;
    private int _session;

    private ErasureWorld(string storage) => _storage = storage;

    public ManualClock Clock { get; } = new();

    public BrevoSimulator Brevo { get; private set; } = null!;

    public MixpanelSimulator Mixpanel { get; private set; } = null!;

    public SluiceNode Node => _node!;

    public string DataFolder => _folder.Combine("data");

    /// <param name="storage">The block <c>storage</c> of the config; empty for the embedded store.</param>
    public static async Task<ErasureWorld> StartAsync(string storage = "")
    {
        var world = new ErasureWorld(storage);
        var cancellationToken = TestContext.Current.CancellationToken;
        world.Brevo = await BrevoSimulator.StartAsync(new BrevoSimulatorOptions { Clock = world.Clock }, cancellationToken);
        world.Brevo.CreateList("Engaged", List);
        world.Mixpanel = await MixpanelSimulator.StartAsync(
            new MixpanelSimulatorOptions { Clock = world.Clock, Projects = [new MixpanelProject { Token = Token, OAuthTokens = [GdprToken] }] }, cancellationToken);
        world.WatchCalls();
        await world.StartNodeAsync();
        world._ticking = Task.Run(world.TickAsync, CancellationToken.None);
        return world;
    }

    public async Task StartNodeAsync()
    {
        var config = _folder.Write("sluice.yaml", $$"""
            server: { urls: "http://127.0.0.1:0", data: {{DataFolder}}, master_key: a-master-key-that-is-long-enough-for-anybody }
            {{_storage}}
            project: { id: {{Project}}, access_key: access, secret_key: secret }
            connectors:
              mixpanel:
                project_token: {{Token}}
                project_id: "12345"
                service_account: { username: robot, secret: robot-secret }
                gdpr_token: {{GdprToken}}
                endpoints: { app: "{{new Uri(Mixpanel.AppUrl, "/api/app").AbsoluteUri}}" }
                lists: { engaged: {{List}}, all_users: 17 }
              brevo: { api_key: xkeysib-simulator, base_url: "{{Brevo.BaseUrl}}" }
            property_mapping: { $email: email, $first_name: FIRSTNAME, $phone: SMS }
            """);
        if (Brevo.Lists.All(l => l.Id != 17))
        {
            Brevo.CreateList("Everybody", 17);
        }

        var loaded = ConfigLoader.Load(config, _ => null);
        Assert.True(loaded.Settings is not null, ConfigReport.ToText(loaded));
        _node = await SluiceNode.StartAsync(loaded.Settings, NullLoggerFactory.Instance, Clock, _ => { }, TestContext.Current.CancellationToken);
    }

    public async Task StopNodeAsync()
    {
        if (_node is { } node)
        {
            _node = null;
            await node.DisposeAsync();
        }
    }

    public Task EngageAsync(string id, string json) => PostAsync("/engage?verbose=1", $$"""[{"$token":"{{Token}}","$distinct_id":"{{id}}","$set":{{json}}}]""");

    public Task ImportAsync(params string[] events) => PostAsync("/import?strict=0", $"[{string.Join(',', events)}]");

    public static string Event(string name, string id, int number, string more = "") => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"event":"{{{name}}}","properties":{"time":{{{1_772_400_000 + number}}},"distinct_id":"{{{id}}}","$user_id":"{{{id}}}","$insert_id":"{{{id}}}-{{{number}}}"{{{more}}}}}""");

    /// <summary>A page of people who entered.</summary>
    public Task EnterAsync(params string[] members) => PostAsync(
        $"/mixpanel/projects/{Project}/cohorts",
        string.Create(CultureInfo.InvariantCulture, $$$"""
            {"action":"add_members","parameters":{"mixpanel_project_id":"12345","mixpanel_cohort_id":"901","mixpanel_cohort_name":"engaged",
            "mixpanel_cohort_description":"","mixpanel_session_id":"s{{{++_session}}}","page_info":{"total_pages":1,"page_count":1},"members":[{{{string.Join(',', members)}}}]}}
            """));

    public async Task<JsonElement> PostAsync(string path, string body)
    {
        var (status, json) = await SendAsync(HttpMethod.Post, path, body);
        Assert.True((int)status is >= 200 and < 300, $"{path}: {(int)status} {json}");
        return json;
    }

    /// <param name="credentials">User name and password; null for a bearer of the node's, empty for none.</param>
    public async Task<(HttpStatusCode Status, JsonElement Json)> SendAsync(HttpMethod method, string path, string? body = null, string? credentials = "access:secret", string? bearer = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(new Uri(Node.Urls[0]), path))
        {
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = bearer is not null ? new AuthenticationHeaderValue("Bearer", bearer)
            : string.IsNullOrEmpty(credentials) ? null
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, text.StartsWith('{') ? JsonElement.Parse(text) : default);
    }

    public static Task UntilAsync(string what, Func<bool> condition) =>
        Eventually.TrueAsync(what, condition, Patience, cancellationToken: TestContext.Current.CancellationToken);

    public async Task<JsonElement> UntilAsync(string what, string path, Func<JsonElement, bool> condition) => await Eventually.GetAsync(
        what, async _ => (await SendAsync(HttpMethod.Get, path)).Json, condition, Patience, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>Lets time pass.</summary>
    public Task PassAsync(TimeSpan length)
    {
        var until = Clock.GetUtcNow() + length;
        return UntilAsync($"{length} to pass", () => Clock.GetUtcNow() >= until);
    }

    /// <summary>The files of the data folder in which one of some traces stands, with the trace.</summary>
    public List<string> Search(IEnumerable<byte[]> traces)
    {
        var found = new List<string>();
        foreach (var file in Directory.EnumerateFiles(DataFolder, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "sluice.lock" || _node is null))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            found.AddRange(traces.Where(t => bytes.AsSpan().IndexOf(t) >= 0).Select(t => $"{Path.GetFileName(file)}: {Encoding.UTF8.GetString(t)}"));
        }

        return found;
    }

    public async ValueTask DisposeAsync()
    {
        await StopNodeAsync();
        await _stopping.CancelAsync();
        await _ticking;
        await Brevo.DisposeAsync();
        await Mixpanel.DisposeAsync();
        _listener.Dispose();
        _http.Dispose();
        _stopping.Dispose();
        _folder.Dispose();
    }

    /// <summary>Counts the calls to the simulators that have no answer yet.</summary>
    private void WatchCalls()
    {
        HashSet<int> ports = [Brevo.BaseUrl.Port, Mixpanel.BaseUrl.Port, Mixpanel.AppUrl.Port];
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "System.Net.Http", Name: "http.client.active_requests" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, change, tags, _) =>
        {
            foreach (var (name, value) in tags)
            {
                if (name == "server.port" && value is int port && ports.Contains(port))
                {
                    Interlocked.Add(ref _calls, (int)change);
                }
            }
        });
        _listener.Start();
    }

    private async Task TickAsync()
    {
        // A slow machine must not look like a slow Brevo: an answer that the node does not wait for any more is one that it asks for twice.
        var since = TimeProvider.System.GetTimestamp();
        while (!_stopping.IsCancellationRequested)
        {
            var isLong = TimeProvider.System.GetElapsedTime(since) > LongestCall;
            if (Volatile.Read(ref _calls) == 0 || isLong)
            {
                if (isLong)
                {
                    TestContext.Current.TestOutputHelper?.WriteLine($"A call was on its way for {LongestCall}; the clock goes on without its answer.");
                }

                since = TimeProvider.System.GetTimestamp();
                Clock.Advance(Step);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }
    }
}
