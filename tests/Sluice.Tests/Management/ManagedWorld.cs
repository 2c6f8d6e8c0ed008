using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Configuration;
using Sluice.Hosting;
using Sluice.Simulators.Brevo;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;
using Sluice.Testing;

namespace Sluice.Tests.Management;

/// <summary>An answer of the management API.</summary>
internal sealed record ApiAnswer(HttpStatusCode Status, string Body, string? ContentType)
{
    public JsonElement Json => JsonElement.Parse(Body);

    /// <summary>The problem's code, when it is one.</summary>
    public string? Code => ContentType == "application/problem+json" ? Json.GetProperty("type").GetString()!["urn:sluice:problem:".Length..] : null;

    /// <summary>The first field that a problem names.</summary>
    public string? Field => Json.GetProperty("errors") is { } errors && errors.GetArrayLength() > 0 ? errors[0].GetProperty("field").GetString() : null;
}

/// <summary>A whole node with two projects between a simulated Mixpanel and a simulated Brevo. The first project's file names hosts and no credentials.</summary>
internal sealed class ManagedWorld : IAsyncDisposable
{
    public const string BrevoKey = "xkeysib-simulator";
    public const string MixpanelToken = "token0123456789abcdef0123456789ab";
    public const string Account = "robot.of.the.shop";
    public const string AccountSecret = "robot-secret-0123456789";
    public const string ProjectId = "12345";
    public const string ProjectSecret = "secret-of-mixpanels-project-0123";
    public const string OAuthClient = "sluice-of-the-shop";
    public const string OAuthSecret = "oauth-secret-0123456789";
    public const string RefreshToken = "refresh-token-of-the-consent";
    public const long List = 16;

    public static readonly (string Access, string Secret) Shop = ("access-of-the-shop", "secret-of-the-shop-0123456789");
    public static readonly (string Access, string Secret) Blog = ("access-of-the-blog", "secret-of-the-blog-0123456789");

    private readonly TempFolder _folder = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(4) };
    private readonly string? _postgres;
    private readonly bool _shared;
    private SluiceNode? _node;
    private SluiceNode? _second;

    private ManagedWorld(string? postgres, bool shared)
    {
        _postgres = postgres;
        _shared = shared;
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public BrevoSimulator Brevo { get; private set; } = null!;

    public MixpanelSimulator Mixpanel { get; private set; } = null!;

    public SluiceNode Node => _node!;

    /// <summary>The other node on the same database.</summary>
    public SluiceNode Second => _second!;

    public Uri Url => new(Node.Urls[0]);

    public string DataFolder => _folder.Combine("data");

    public string ConfigFile => _folder.Combine("sluice.yaml");

    /// <param name="mixpanel">Lines of the first project's <c>connectors.mixpanel</c>.</param>
    /// <param name="brevo">Lines of its <c>connectors.brevo</c>.</param>
    /// <param name="postgres">A database in place of the data folder.</param>
    /// <param name="shared">Whether the second project has <see cref="ProjectSecret"/>, as the first one may too: a file cannot give it the same number.</param>
    public static async Task<ManagedWorld> StartAsync(string mixpanel = "", string brevo = "", string? postgres = null, bool shared = false)
    {
        var world = new ManagedWorld(postgres, shared);
        world.Brevo = await BrevoSimulator.StartAsync(
            new BrevoSimulatorOptions { ApiKey = BrevoKey, ImportQueueTime = TimeSpan.FromMilliseconds(20), ImportBaseTime = TimeSpan.FromMilliseconds(50) }, Token);
        world.Brevo.CreateList("Engaged", List);
        world.Brevo.CreateList("At risk", 17);
        world.Mixpanel = await MixpanelSimulator.StartAsync(
            new MixpanelSimulatorOptions
            {
                Projects = [new MixpanelProject { Id = ProjectId, Token = MixpanelToken, ServiceAccounts = [new MixpanelServiceAccount(Account, AccountSecret)] }],
                OAuthClients = [new MixpanelOAuthClient(OAuthClient, OAuthSecret, RefreshToken, [ProjectId])],
            },
            Token);
        await world.StartNodeAsync(mixpanel, brevo);
        return world;
    }

    public async Task StartNodeAsync(string mixpanel = "", string brevo = "", string? brevoUrl = null) => _node = await NodeAsync(mixpanel, brevo, brevoUrl);

    public async Task StartSecondAsync(string mixpanel = "", string brevo = "") => _second = await NodeAsync(mixpanel, brevo, brevoUrl: null);

    private async Task<SluiceNode> NodeAsync(string mixpanel, string brevo, string? brevoUrl)
    {
        var hosts = $$"""endpoints: { ingestion: "{{Root(Mixpanel.BaseUrl)}}", query: "{{Root(Mixpanel.QueryUrl)}}", export: "{{Root(Mixpanel.ExportUrl)}}", app: "{{Root(Mixpanel.AppUrl)}}" }""";
        var config = _folder.Write("sluice.yaml", $$"""
            server: { urls: "http://127.0.0.1:0", data: {{DataFolder}}{{(_postgres is null ? "" : ", master_key: a-key-of-this-test-and-of-nobody-else")}} }
            storage: { engine: {{(_postgres is null ? "sqlite" : $"postgres, connection: \"{_postgres}\"")}} }
            projects:
              - project: { id: shop, access_key: {{Shop.Access}}, secret_key: {{Shop.Secret}} }
                connectors:
                  mixpanel:
                    {{hosts}}
                    {{mixpanel}}
                  brevo:
                    base_url: "{{brevoUrl ?? Brevo.BaseUrl.AbsoluteUri}}"
                    {{brevo}}
                property_mapping: { $email: email, plan: PLAN_TYPE }
              - project: { id: blog, access_key: {{Blog.Access}}, secret_key: {{Blog.Secret}} }
                {{(_shared ? $"connectors: {{ mixpanel: {{ {hosts}, project_secret: {ProjectSecret} }} }}" : "")}}
            """);
        var loaded = ConfigLoader.Load(config, _ => null);
        Assert.True(loaded.Settings is not null, ConfigReport.ToText(loaded));
        return await SluiceNode.StartAsync(loaded.Settings, NullLoggerFactory.Instance, TimeProvider.System, _ => { }, Token);
    }

    public async Task StopNodeAsync()
    {
        if (_node is { } node)
        {
            _node = null;
            await node.DisposeAsync();
        }
    }

    /// <summary>Gives the simulated Mixpanel a cohort of people with addresses.</summary>
    public async Task SaveCohortAsync(long id, string name, int people)
    {
        string[] ids = [.. Enumerable.Range(1, people).Select(i => $"u{i:000}")];
        var updates = string.Join(',', ids.Select(u => $$$"""{"$token":"{{{MixpanelToken}}}","$distinct_id":"{{{u}}}","$set":{"$email":"{{{u}}}@shop.test"}}"""));
        using var answer = await _http.PostAsync(new Uri(Mixpanel.BaseUrl, "/engage"), new StringContent($"[{updates}]", Encoding.UTF8, "application/json"), Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
        Mixpanel.Desk(ProjectId).SetCohort(id, name, ids);
    }

    /// <summary>The simulated Brevo answers nothing that writes a contact.</summary>
    public void HangContacts()
    {
        foreach (var method in new[] { "POST", "PUT" })
        {
            Brevo.Faults.Add(method, "/contacts", BrevoFaultEffect.Hang(), count: null);
            Brevo.Faults.Add(method, "/contacts/*", BrevoFaultEffect.Hang(), count: null);
        }
    }

    public Task<ApiAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null, Shop);

    public Task<ApiAnswer> PostAsync(string path, string? body = null, string? repeatKey = null) => SendAsync(HttpMethod.Post, path, body, Shop, repeatKey);

    public Task<ApiAnswer> PutAsync(string path, string body) => SendAsync(HttpMethod.Put, path, body, Shop);

    public Task<ApiAnswer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null, Shop);

    /// <param name="path">Under <c>/api/v1</c>, unless it begins with a slash.</param>
    /// <param name="site">What a browser says of the page that sends it.</param>
    /// <param name="node">Who is asked; null is the first.</param>
    public async Task<ApiAnswer> SendAsync(
        HttpMethod method, string path, string? body, (string Access, string Secret)? keys, string? repeatKey = null, string? site = null, SluiceNode? node = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(node is null ? Url : new Uri(node.Urls[0]), path.StartsWith('/') ? path : "/api/v1/" + path));
        if (keys is { } pair)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{pair.Access}:{pair.Secret}")));
        }

        if (repeatKey is not null)
        {
            request.Headers.Add("Idempotency-Key", repeatKey);
        }

        if (site is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", site);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var answer = await _http.SendAsync(request, Token);
        return new ApiAnswer(answer.StatusCode, await answer.Content.ReadAsStringAsync(Token), answer.Content.Headers.ContentType?.MediaType);
    }

    public async ValueTask DisposeAsync()
    {
        await StopNodeAsync();
        if (_second is not null)
        {
            await _second.DisposeAsync();
        }

        await Brevo.DisposeAsync();
        await Mixpanel.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    private static string Root(Uri url) => url.AbsoluteUri.TrimEnd('/');
}
