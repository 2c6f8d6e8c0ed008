using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Configuration;
using Sluice.Hosting;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Testing;

namespace Sluice.Tests.Query;

/// <summary>A client of Mixpanel's query API calls Sluice, and the simulated Mixpanel answers.</summary>
public sealed class PassThroughTests : IAsyncLifetime
{
    private const string Remote = "12345";

    private readonly TempFolder _folder = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(4) };
    private MixpanelSimulator _mixpanel = null!;
    private SluiceNode? _node;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _mixpanel = await MixpanelSimulator.StartAsync(cancellationToken: Token);

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        await _mixpanel.DisposeAsync();
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Mixpanel_answers_with_our_credentials_and_the_same_question_once_a_minute()
    {
        await StartAsync();
        var before = _mixpanel.Calls.Total;
        var (status, body, _) = await AskAsync(HttpMethod.Post, "/api/2.0/cohorts/list");
        Assert.Equal((200, JsonValueKind.Array), (status, JsonDocument.Parse(body).RootElement.ValueKind));

        await AskAsync(HttpMethod.Post, "/api/2.0/cohorts/list");
        Assert.Equal(before + 1, _mixpanel.Calls.Total);
        await AskAsync(HttpMethod.Post, "/engage/query");
        Assert.Equal(before + 2, _mixpanel.Calls.Total);
        Assert.Equal(0, _mixpanel.Calls.BudgetViolationCount);
    }

    [Fact]
    public async Task What_Mixpanel_refuses_is_refused_in_its_own_words()
    {
        await StartAsync();
        _mixpanel.Faults.Add("POST", "/api/2.0/cohorts/list", MixpanelFaultEffect.Error(402, "Your plan does not allow API calls."));
        var (status, body, _) = await AskAsync(HttpMethod.Post, "/api/2.0/cohorts/list");
        Assert.Equal(402, status);
        Assert.Contains("Your plan does not allow API calls.", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_hour_is_spent_the_answer_says_when_it_returns_and_Mixpanel_is_left_alone()
    {
        await StartAsync();
        for (var i = 0; i < 60; i++)
        {
            Assert.Equal(200, (await AskAsync(HttpMethod.Post, $"/api/query/cohorts/list?n={i}")).Status);
        }

        var before = _mixpanel.Calls.Total;
        var (status, body, response) = await AskAsync(HttpMethod.Post, "/api/query/cohorts/list?n=60");
        Assert.Equal(429, status);
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(61));
        Assert.Contains("More comes at", JsonDocument.Parse(body).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);

        // What was answered a moment ago still is.
        Assert.Equal(200, (await AskAsync(HttpMethod.Post, "/api/query/cohorts/list?n=59")).Status);
        Assert.Equal((before, 0), (_mixpanel.Calls.Total, _mixpanel.Calls.BudgetViolationCount));
    }

    [Fact]
    public async Task What_was_spent_before_the_project_had_a_number_is_spent()
    {
        await StartAsync("project_secret: simulator-api-secret", remote: null);
        for (var i = 0; i < 60; i++)
        {
            Assert.Equal(200, (await AskAsync(HttpMethod.Post, $"/api/query/cohorts/list?n={i}")).Status);
        }

        await _node!.DisposeAsync();
        await StartAsync("project_secret: simulator-api-secret\n    service_account: { username: simulator.account, secret: simulator-secret }");
        var before = _mixpanel.Calls.Total;
        Assert.Equal(429, (await AskAsync(HttpMethod.Post, "/api/query/cohorts/list?n=60")).Status);
        Assert.Equal((before, 0), (_mixpanel.Calls.Total, _mixpanel.Calls.BudgetViolationCount));
    }

    [Fact]
    public async Task Events_are_exported_through_Sluice()
    {
        await StartAsync();
        var events = Enumerable.Range(0, 50).Select(i => new
        {
            @event = "Purchase",
            properties = new Dictionary<string, object> { ["time"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 60, ["distinct_id"] = "u" + i, ["$insert_id"] = "i" + i },
        });
        using var import = new HttpRequestMessage(HttpMethod.Post, new Uri(_mixpanel.BaseUrl, "/import?strict=1&project_id=" + Remote))
        {
            Content = new StringContent(JsonSerializer.Serialize(events), System.Text.Encoding.UTF8, "application/json"),
        };
        import.Headers.Authorization = Basic("simulator.account", "simulator-secret");
        using var imported = await _client.SendAsync(import, Token);
        Assert.Equal(HttpStatusCode.OK, imported.StatusCode);

        var day = TimeProvider.System.GetUtcNow().UtcDateTime;
        var range = FormattableString.Invariant($"from_date={day.AddDays(-1):yyyy-MM-dd}&to_date={day:yyyy-MM-dd}");
        var (status, body, _) = await AskAsync(HttpMethod.Get, "/export?" + range);
        Assert.Equal((200, 50), (status, body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
    }

    [Fact]
    public async Task Nobody_there_is_503()
    {
        await StartAsync();
        _mixpanel.Faults.Add("POST", "/api/query/cohorts/list", MixpanelFaultEffect.CutBefore());
        _mixpanel.Faults.Add("GET", "/api/2.0/export", MixpanelFaultEffect.CutBefore());
        Assert.Equal(503, (await AskAsync(HttpMethod.Post, "/cohorts/list")).Status);
        Assert.Equal(503, (await AskAsync(HttpMethod.Get, "/export?from_date=2026-01-01&to_date=2026-01-01")).Status);
    }

    [Fact]
    public async Task Without_credentials_for_Mixpanel_the_answer_says_what_to_set()
    {
        await StartAsync(credentials: "");
        var (status, body, _) = await AskAsync(HttpMethod.Post, "/cohorts/list");
        Assert.Equal(400, status);
        Assert.Contains("service_account", JsonDocument.Parse(body).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    private static AuthenticationHeaderValue Basic(string user, string password) =>
        new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{password}")));

    private async Task StartAsync(string credentials = "service_account: { username: simulator.account, secret: simulator-secret }", string? remote = Remote)
    {
        var config = _folder.Write("sluice.yaml", $$"""
            server: { urls: "http://127.0.0.1:0", data: {{_folder.Combine("data")}} }
            project: { id: p1, access_key: access, secret_key: secret }
            connectors:
              mixpanel:
                {{(remote is null ? "" : $"project_id: \"{remote}\"")}}
                {{credentials}}
                endpoints: { query: "{{Root(_mixpanel.QueryUrl)}}/api/query", export: "{{Root(_mixpanel.ExportUrl)}}/api/2.0", app: "{{Root(_mixpanel.AppUrl)}}/api/app" }
            reports: mixpanel
            """);
        var settings = ConfigLoader.Load(config, _ => null);
        Assert.Empty(settings.Warnings);
        _node = await SluiceNode.StartAsync(settings.Settings!, NullLoggerFactory.Instance, TimeProvider.System, _ => { }, Token);
    }

    private static string Root(Uri url) => url.GetLeftPart(UriPartial.Authority);

    private async Task<(int Status, string Body, HttpResponseMessage Response)> AskAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, new Uri(new Uri(_node!.Urls[0]), path));
        request.Headers.Authorization = Basic("access", "secret");
        var response = await _client.SendAsync(request, Token);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Token), response);
    }
}
