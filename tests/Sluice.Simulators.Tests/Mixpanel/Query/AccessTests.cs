using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;
using Sluice.Simulators.Tests.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Query;

public sealed class AccessTests : IAsyncLifetime
{
    private const string Cohorts = "/cohorts/list";

    private MixpanelHarness _mixpanel = null!;

    public async ValueTask InitializeAsync() => _mixpanel = await MixpanelHarness.StartAsync(new MixpanelSimulatorOptions
    {
        Projects =
        [
            new MixpanelProject { OAuthTokens = ["partner"] },
            new MixpanelProject { Id = "777", Token = "eu-token", ApiSecret = "eu-secret", Residency = MixpanelResidency.EU },
            new MixpanelProject { Id = "888", Token = "free-token", ApiSecret = "free-secret", AllowsQueries = false },
        ],
        OAuthClients = [new MixpanelOAuthClient("sluice", "client-secret", "refresh-1", ["12345"])],
    });

    public ValueTask DisposeAsync() => _mixpanel.DisposeAsync();

    [Theory]
    [InlineData("/api/2.0/cohorts/list")]
    [InlineData("/api/query/cohorts/list")]
    [InlineData("/api/query/engage")]
    [InlineData("/api/2.0/engage/query")]
    public async Task Both_prefixes_answer_the_same(string path)
    {
        Assert.Equal(200, (await SendAsync($"{path}?project_id=12345", MixpanelHarness.ServiceAccount)).Status);
        Assert.Equal(200, (await SendAsync($"{path}?project_id=12345", MixpanelHarness.ServiceAccount, method: "POST")).Status);
    }

    [Fact]
    public async Task Every_credential_opens_what_it_opens_at_Mixpanel()
    {
        var path = "/api/2.0/cohorts/list";
        var withId = path + "?project_id=12345";

        Assert.Equal(200, (await SendAsync(withId, MixpanelHarness.ServiceAccount)).Status);
        Assert.Equal(200, (await SendAsync(withId, "Basic simulator.account:simulator-secret")).Status);
        Assert.Equal(400, (await SendAsync(path, MixpanelHarness.ServiceAccount)).Status);
        Assert.Equal(200, (await SendAsync(path, MixpanelHarness.Basic("simulator-api-secret:"))).Status);
        Assert.Equal(400, (await SendAsync(withId, MixpanelHarness.Basic("simulator-api-secret:"))).Status);
        Assert.Equal(401, (await SendAsync(path, MixpanelHarness.Basic("simulator-token:"))).Status);
        Assert.Equal(200, (await SendAsync(withId, "Bearer partner")).Status);
        Assert.Equal(401, (await SendAsync(path, "Bearer partner")).Status);
        Assert.Equal(401, (await SendAsync(withId, "Bearer somebody")).Status);
        (await SendAsync(withId, null)).Is(401, """{"error":"Invalid credentials","status":"error"}""");
    }

    [Fact]
    public async Task A_call_to_another_familys_host_finds_nothing_and_one_to_another_region_nobody()
    {
        var query = "/api/2.0/cohorts/list?project_id=12345";
        var export = "/api/2.0/export?from_date=2026-03-01&to_date=2026-03-01&project_id=12345";
        var account = MixpanelHarness.ServiceAccount;

        Assert.Equal(404, (await SendAsync(query, account, family: MixpanelFamily.Ingestion)).Status);
        Assert.Equal(404, (await SendAsync(query, account, family: MixpanelFamily.Export)).Status);
        Assert.Equal(404, (await SendAsync(export, account)).Status);
        Assert.Equal(404, (await SendAsync("/api/app/me", account, family: MixpanelFamily.Ingestion)).Status);
        Assert.Equal(404, (await SendAsync("/import", account)).Status);
        Assert.Equal(401, (await SendAsync(query, account, residency: MixpanelResidency.EU)).Status);
        Assert.Equal(401, (await SendAsync(export, account, MixpanelFamily.Export, MixpanelResidency.IN)).Status);
        Assert.Equal(200, (await SendAsync("/api/2.0/cohorts/list?project_id=777", account, residency: MixpanelResidency.EU)).Status);
        Assert.Equal(_mixpanel.Simulator.QueryUrl, _mixpanel.Simulator.AppUrl);
    }

    [Fact]
    public async Task A_free_plan_has_no_queries()
    {
        var account = MixpanelHarness.ServiceAccount;

        (await SendAsync("/api/2.0/cohorts/list?project_id=888", account))
            .Is(402, """{"error":"Your plan does not allow API calls. Upgrade at mixpanel.com/pricing"}""");
        Assert.Equal(200, (await SendAsync(
            "/api/2.0/export?from_date=2026-03-01&to_date=2026-03-01&project_id=888", account, MixpanelFamily.Export)).Status);
    }

    [Fact]
    public async Task A_refresh_token_gives_an_access_token_for_a_while_and_is_good_once()
    {
        var first = await TokenAsync("grant_type=refresh_token&client_id=sluice&client_secret=client-secret&refresh_token=refresh-1");
        var access = first.Json.GetProperty("access_token").GetString();
        var second = first.Json.GetProperty("refresh_token").GetString();

        Assert.Equal((200, 3600, "Bearer"), (first.Status, first.Json.GetProperty("expires_in").GetInt32(), first.Json.GetProperty("token_type").GetString()));
        Assert.Equal(200, (await _mixpanel.QueryAsync(Cohorts, authorization: $"Bearer {access}")).Status);
        (await TokenAsync("grant_type=refresh_token&client_id=sluice&client_secret=client-secret&refresh_token=refresh-1"))
            .Is(400, """{"error":"invalid_grant"}""");
        Assert.Equal(200, (await TokenAsync($"grant_type=refresh_token&refresh_token={second}", MixpanelHarness.Basic("sluice:client-secret"))).Status);
        Assert.Equal(401, (await TokenAsync("grant_type=refresh_token&client_id=sluice&client_secret=wrong&refresh_token=refresh-1")).Status);
        _mixpanel.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(401, (await _mixpanel.QueryAsync(Cohorts, authorization: $"Bearer {access}")).Status);
    }

    private Task<Answer> TokenAsync(string form, string? authorization = null) => _mixpanel.SendAsync(
        "POST", "/oauth/token/", System.Text.Encoding.UTF8.GetBytes(form), "application/x-www-form-urlencoded", authorization, family: MixpanelFamily.App);

    private Task<Answer> SendAsync(
        string target, string? authorization, MixpanelFamily family = MixpanelFamily.Query, MixpanelResidency residency = MixpanelResidency.US, string method = "GET") =>
        _mixpanel.SendAsync(method, target, authorization: authorization, family: family, residency: residency);
}
