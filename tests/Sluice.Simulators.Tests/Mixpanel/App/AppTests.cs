using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Tests.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.App;

public sealed class AppTests : IAsyncLifetime
{
    private static readonly string Analyst = MixpanelHarness.Basic("analyst:a-secret");
    private static readonly string Consumer = MixpanelHarness.Basic("consumer:c-secret");

    private MixpanelHarness _mixpanel = null!;

    public async ValueTask InitializeAsync() => _mixpanel = await MixpanelHarness.StartAsync(
        new MixpanelProject
        {
            OAuthTokens = ["partner"],
            ServiceAccounts =
            [
                new("simulator.account", "simulator-secret"), new("analyst", "a-secret", MixpanelRole.Analyst), new("consumer", "c-secret", MixpanelRole.Consumer),
            ],
        },
        null,
        new MixpanelProject { Id = "777", Token = "eu-token", ApiSecret = "eu-secret", Residency = MixpanelResidency.EU, TimeZone = "Europe/Paris" });

    public ValueTask DisposeAsync() => _mixpanel.DisposeAsync();

    [Fact]
    public async Task Me_tells_what_the_caller_may_see_in_this_region()
    {
        var me = (await _mixpanel.AppAsync("GET", "/me")).Json.GetProperty("results");
        var project = me.GetProperty("projects").GetProperty("12345");

        Assert.Equal("simulator.account", me.GetProperty("user_name").GetString());
        Assert.Equal(["12345"], me.GetProperty("projects").EnumerateObject().Select(entry => entry.Name));
        Assert.Equal(("UTC", 77, "mixpanel.com"), (project.GetProperty("timezone").GetString(), project.GetProperty("organization_id").GetInt32(), project.GetProperty("domain").GetString()));
        Assert.Equal("admin", me.GetProperty("organizations").GetProperty("77").GetProperty("role").GetString());
        Assert.Equal(12345, me.GetProperty("workspaces").EnumerateObject().Single().Value.GetProperty("project_id").GetInt32());
        Assert.Equal(200, (await _mixpanel.AppAsync("GET", "/me?include_workspace_users=false", authorization: "Bearer partner")).Status);
        (await _mixpanel.AppAsync("GET", "/me", authorization: "Basic nobody:x")).Is(401, """{"error":"Invalid credentials","status":"error"}""");
        Assert.Equal(401, (await _mixpanel.AppAsync("GET", "/me", authorization: MixpanelHarness.Basic("simulator-api-secret:"))).Status);
        Assert.Equal(404, (await _mixpanel.AppAsync("GET", "/nothing")).Status);

        var paris = await _mixpanel.SendAsync(
            "GET", "/api/app/me", authorization: MixpanelHarness.ServiceAccount, residency: MixpanelResidency.EU, family: MixpanelFamily.App);
        Assert.Equal("Europe/Paris", paris.Json.GetProperty("results").GetProperty("projects").GetProperty("777").GetProperty("timezone").GetString());
        Assert.Equal(401, (await _mixpanel.SendAsync(
            "GET", "/api/app/me", authorization: Analyst, residency: MixpanelResidency.EU, family: MixpanelFamily.App)).Status);
    }

    [Fact]
    public async Task A_service_account_can_be_made_used_and_taken_away()
    {
        var made = await _mixpanel.AppAsync(
            "POST", "/organizations/77/service-accounts",
            """{"username":"sync","role":"admin","expires":"2026-03-02T10:00:00Z","projects":[{"id":12345,"role":"analyst"}]}""");
        var account = made.Json.GetProperty("results");
        var id = account.GetProperty("id").GetInt64();
        var credentials = MixpanelHarness.Basic($"sync:{account.GetProperty("token").GetString()}");

        Assert.Equal((201, "2026-03-02T10:00:00"), (made.Status, account.GetProperty("expires").GetString()));
        Assert.Equal(200, (await _mixpanel.QueryAsync("/cohorts/list", authorization: credentials)).Status);
        Assert.Equal(403, (await _mixpanel.ImportAsync($"[{_mixpanel.Event()}]", authorization: credentials)).Status);
        Assert.Equal(4, (await _mixpanel.AppAsync("GET", "/organizations/77/service-accounts")).Json.GetProperty("results").GetArrayLength());
        Assert.Equal(4, (await _mixpanel.AppAsync("GET", "/projects/12345/service-accounts")).Json.GetProperty("results").GetArrayLength());
        Assert.False((await _mixpanel.AppAsync("GET", $"/organizations/77/service-accounts/{id}")).Json.GetProperty("results").TryGetProperty("token", out _));

        var body = $$"""{"projects":[{"id":12345,"service_account_ids":[{{id}}]}]}""";
        Assert.Equal(200, (await _mixpanel.AppAsync("POST", "/organizations/77/service-accounts/remove-from-project", body)).Status);
        Assert.Equal(401, (await _mixpanel.QueryAsync("/cohorts/list", authorization: credentials)).Status);
        body = $$"""{"projects":[{"id":12345,"role":"owner"}],"service_account_ids":[{{id}}]}""";
        Assert.Equal(200, (await _mixpanel.AppAsync("POST", "/organizations/77/service-accounts/add-to-project", body)).Status);
        Assert.Equal(200, (await _mixpanel.ImportAsync($"[{_mixpanel.Event()}]", authorization: credentials)).Status);

        _mixpanel.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(401, (await _mixpanel.QueryAsync("/cohorts/list", authorization: credentials)).Status);
        Assert.Equal(200, (await _mixpanel.AppAsync("DELETE", $"/organizations/77/service-accounts/{id}")).Status);
        Assert.Equal(404, (await _mixpanel.AppAsync("GET", $"/organizations/77/service-accounts/{id}")).Status);
        Assert.Equal(2, _mixpanel.Simulator.Calls.ByEndpoint["GET /api/app/organizations/{id}/service-accounts/{id}"]);
    }

    [Theory]
    [InlineData("""{"role":"admin"}""")]
    [InlineData("""{"username":"x","role":"king"}""")]
    [InlineData("""{"username":"x","role":"admin","expires":"soon"}""")]
    [InlineData("[]")]
    [InlineData("{")]
    public async Task A_wrong_service_account_is_refused(string body) =>
        Assert.Equal(400, (await _mixpanel.AppAsync("POST", "/organizations/77/service-accounts", body)).Status);

    [Fact]
    public async Task Roles_are_kept_to()
    {
        Assert.Equal(403, (await _mixpanel.AppAsync("GET", "/organizations/77/service-accounts", authorization: Analyst)).Status);
        Assert.Equal(403, (await _mixpanel.AppAsync("GET", "/organizations/78/service-accounts")).Status);
        Assert.Equal(403, (await _mixpanel.AppAsync("POST", "/projects/12345/schemas", """{"entries":[]}""", Analyst)).Status);
        Assert.Equal(200, (await _mixpanel.AppAsync("GET", "/projects/12345/schemas", authorization: Consumer)).Status);
        Assert.Equal(403, (await _mixpanel.AppAsync("POST", "/projects/12345/annotations/tags", """{"name":"t"}""", Consumer)).Status);
        Assert.Equal(201, (await _mixpanel.AppAsync("POST", "/projects/12345/annotations/tags", """{"name":"t"}""", Analyst)).Status);
        Assert.Equal(403, (await _mixpanel.AppAsync("GET", "/projects/777/annotations")).Status);
        Assert.Equal(403, (await _mixpanel.AppAsync("GET", "/projects/1/annotations")).Status);
    }

    [Fact]
    public async Task Annotations_have_a_day_and_tags_that_exist()
    {
        const string Path = "/projects/12345/annotations";
        var tag = (await _mixpanel.AppAsync("POST", $"{Path}/tags", """{"name":"release"}""")).Json.GetProperty("results").GetProperty("id").GetInt64();
        var made = await _mixpanel.AppAsync("POST", Path, $$"""{"date":"2026-02-15 12:00:00","description":"launch","tags":[{{tag}}]}""");
        var id = made.Json.GetProperty("results").GetProperty("id").GetInt64();

        Assert.Equal(201, made.Status);
        var all = await _mixpanel.AppAsync("GET", $"{Path}?fromDate=2026-02-15&toDate=2026-02-15");
        all.Is(200, $$$"""{"status":"ok","results":[{"id":{{{id}}},"date":"2026-02-15 12:00:00","description":"launch","user":{"id":9,"first_name":"simulator.account","last_name":""},"tags":[{"id":{{{tag}}},"name":"release"}]}]}""");
        Assert.Equal(all.Text, (await _mixpanel.QueryAsync("/annotations?from_date=2026-02-15&to_date=2026-02-15")).Text);
        (await _mixpanel.QueryAsync("/annotations?from_date=2026-02-16&to_date=2026-03-01")).Is(200, """{"status":"ok","results":[]}""");
        Assert.Equal(400, (await _mixpanel.QueryAsync("/annotations")).Status);
        (await _mixpanel.AppAsync("GET", $"{Path}?fromDate=2026-02-16&toDate=2026-03-01")).Is(200, """{"status":"ok","results":[]}""");
        var changed = (await _mixpanel.AppAsync("PATCH", $"{Path}/{id}", """{"description":"later","tags":[]}""")).Json.GetProperty("results");
        Assert.Equal(("later", 0), (changed.GetProperty("description").GetString(), changed.GetProperty("tags").GetArrayLength()));
        (await _mixpanel.AppAsync("DELETE", $"{Path}/{id}")).Is(200, $$$"""{"status":"ok","results":{"id":{{{id}}}}}""");
        Assert.Equal(404, (await _mixpanel.AppAsync("GET", $"{Path}/{id}")).Status);
        Assert.Equal(1, (await _mixpanel.AppAsync("GET", $"{Path}/tags")).Json.GetProperty("results").GetArrayLength());
        Assert.Equal(400, (await _mixpanel.AppAsync("POST", Path, """{"date":"2026-02-15","description":"x"}""")).Status);
        Assert.Equal(400, (await _mixpanel.AppAsync("POST", Path, """{"date":"2026-02-15 12:00:00","description":"x","tags":[99]}""")).Status);
    }
}
