using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Sluice.Core.Erasure;
using Sluice.Core.Identity;
using Sluice.Core.Projects;
using Sluice.Server.Hosting;

namespace Sluice.Server.Tests.Fakes;

/// <summary>The real server on a loopback port with three projects, its ports played by fakes and its clock by the test.</summary>
internal sealed class Gateway : IAsyncDisposable
{
    public const string Shop = "shop";
    public const string Blog = "blog";
    public const string CohortPath = "/mixpanel/projects/shop/cohorts";
    public const string EventsPath = "/brevo/projects/shop/events";

    public const string Club = "club";
    public const string ClubToken = "clubtoken0123456789abcdef01234567";
    public const string ShopToken = "shoptoken0123456789abcdef01234567";
    public const string BlogToken = "blogtoken0123456789abcdef01234567";
    public const string ShopProjectId = "4100200";
    public const string ShopSecret = "project-secret-of-the-shop";
    public const string Robot = "robot.of.the.shop";
    public const string RobotSecret = "robot-secret-0123456789";

    public static readonly KeyPair ShopKeys = KeyPair.Generate();
    public static readonly KeyPair BlogKeys = KeyPair.Generate();
    public static readonly KeyPair ClubKeys = KeyPair.Generate();

    private ServerHost? _host;
    private HttpClient? _client;

    private Gateway()
    {
        var hasher = new SecretHasher("a master key for tests"u8);
        Project[] projects =
        [
            new(Shop, ShopKeys.AccessKey, RemoteProject: ShopProjectId, TimeZoneInfo.Utc) { Token = ShopToken },
            new(Blog, BlogKeys.AccessKey, RemoteProject: null, TimeZoneInfo.Utc)
            {
                Token = BlogToken, Identity = IdentityMode.Original, ImportWithToken = false,
            },
            new(Club, ClubKeys.AccessKey, RemoteProject: null, TimeZoneInfo.Utc) { Token = ClubToken, Identity = IdentityMode.Original },
        ];
        ProjectCredentials[] credentials =
        [
            new(Shop, ShopKeys.AccessKey, [hasher.Hash(Shop, ShopKeys.SecretKey)])
            {
                ServiceAccount = new ServiceAccountLogin(Robot, hasher.Hash(Shop, RobotSecret)),
                ProjectSecret = hasher.Hash(Shop, ShopSecret),
            },
            new(Blog, BlogKeys.AccessKey, [hasher.Hash(Blog, BlogKeys.SecretKey)]),
            new(Club, ClubKeys.AccessKey, [hasher.Hash(Club, ClubKeys.SecretKey)]),
        ];
        Directory = new RecordingDirectory(new ProjectDirectory(projects, credentials, hasher, Time));
    }

    public VirtualTime Time { get; } = new();

    public FakeCohortIntake Intake { get; } = new();

    public FakeInbox Inbox { get; } = new();

    public FakeEvents Events { get; } = new();

    public FakeProfiles Profiles { get; } = new();

    public FakeLookups Lookups { get; } = new();

    public FakeRefused Refused { get; } = new();

    public FakeCounts Counts { get; } = new();

    public FakeErasures Erasures { get; } = new();

    public FakeReadiness Readiness { get; } = new();

    public FakeReports Reports { get; } = new();

    public LogCapture Logs { get; } = new();

    public MeterCapture Meters { get; } = new();

    public RecordingDirectory Directory { get; }

    public List<string> Announced { get; } = [];

    public ServerHost Host => _host!;

    public HttpClient Client => _client!;

    public Uri Url => new(Host.Urls[0]);

    public static AuthenticationHeaderValue ShopBasic { get; } = Basic(ShopKeys);

    public static async Task<Gateway> StartAsync(Func<ServerOptions, ServerOptions>? configure = null)
    {
        var gateway = new Gateway();
        var options = new ServerOptions { Urls = ["http://127.0.0.1:0"] };
        gateway._host = ServerHost.Create(configure?.Invoke(options) ?? options, gateway.Services());
        await gateway._host.StartAsync(gateway.Announced.Add, TestContext.Current.CancellationToken);
        gateway._client = gateway.NewClient();
        return gateway;
    }

    public ServerServices Services() => new()
    {
        Projects = Directory,
        Cohorts = Intake,
        Events = Events,
        Profiles = Profiles,
        Lookups = Lookups,
        RefusedRecords = Refused,
        IntakeCounts = Counts,
        AddressKey = "a key for addresses"u8.ToArray(),
        Readiness = Readiness,
        Inboxes = [Inbox],
        Erasure = new ErasureServices(Erasures, new PersonalDataFile(null!, null!, Time), (_, _) => false),
        Reports = Reports,
        TimeProvider = Time,
        LoggerFactory = Logs,
        Meters = Meters,
    };

    public HttpClient NewClient() => new(new SocketsHttpHandler { UseProxy = false, AutomaticDecompression = DecompressionMethods.None })
    {
        BaseAddress = Url,
        Timeout = TimeSpan.FromMinutes(2),
    };

    public static AuthenticationHeaderValue Basic(KeyPair keys) => Basic(keys.AccessKey, keys.SecretKey);

    public static AuthenticationHeaderValue Basic(string user, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    public Task<Answer> PostAsync(string path, string body, AuthenticationHeaderValue? authorization) =>
        SendAsync(HttpMethod.Post, path, new StringContent(body, Encoding.UTF8, "application/json"), authorization);

    /// <summary>Posts a page with the shop's keys.</summary>
    public Task<Answer> PostPageAsync(string body) => PostAsync(CohortPath, body, ShopBasic);

    public async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content, AuthenticationHeaderValue? authorization)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = authorization;
        return await SendAsync(request);
    }

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Answer(
            (int)response.StatusCode,
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Headers.Concat(response.Content.Headers)
                .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await Host.StopAsync(CancellationToken.None);
        await Host.DisposeAsync();
        Meters.Dispose();
    }
}

internal sealed record Answer(int Status, string Body, IReadOnlyDictionary<string, string> Headers);
