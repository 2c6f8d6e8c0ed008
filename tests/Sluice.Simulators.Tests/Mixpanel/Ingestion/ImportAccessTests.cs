using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Ingestion;

public sealed class ImportAccessTests
{
    private static readonly MixpanelProject Main = new()
    {
        ServiceAccounts =
        [
            new("owner", "s1", MixpanelRole.Owner), new("admin", "s2"), new("analyst", "s3", MixpanelRole.Analyst),
            new("consumer", "s4", MixpanelRole.Consumer),
        ],
        OAuthTokens = ["oauth"],
    };

    private static readonly MixpanelProject Europe = new()
    {
        Id = "777", Token = "eu-token", ApiSecret = "eu-secret", Residency = MixpanelResidency.EU, ServiceAccounts = [new("eu", "s")],
    };

    [Theory]
    [InlineData("Basic base64(owner:s1)", "&project_id=12345", 200, null)]
    [InlineData("Basic base64(admin:s2)", "&project_id=12345", 200, null)]
    [InlineData("Basic admin:s2", "&project_id=12345", 200, null)]
    [InlineData("basic base64(admin:s2)", "&project_id=12345", 200, null)]
    [InlineData("Basic base64(simulator-api-secret:)", "", 200, null)]
    [InlineData("Basic base64(simulator-token:)", "", 200, null)]
    [InlineData("Bearer oauth", "&project_id=12345", 200, null)]
    [InlineData("Basic base64(admin:s2)", "", 400, "project_id is required")]
    [InlineData("Basic base64(simulator-api-secret:)", "&project_id=12345", 400, "project_id must not be sent with a project secret or token")]
    [InlineData("Basic base64(analyst:s3)", "&project_id=12345", 403, "The service account must be an owner or admin of the project")]
    [InlineData("Basic base64(consumer:s4)", "&project_id=12345", 403, "The service account must be an owner or admin of the project")]
    [InlineData("Basic base64(admin:wrong)", "&project_id=12345", 401, "Invalid credentials")]
    [InlineData("Basic base64(admin:s2)", "&project_id=999", 401, "Invalid credentials")]
    [InlineData("Basic base64(admin:s2)", "&project_id=777", 401, "Invalid credentials")]
    [InlineData("Basic base64(eu:s)", "&project_id=777", 401, "Invalid credentials")]
    [InlineData("Basic base64(eu-secret:)", "", 401, "Invalid credentials")]
    [InlineData("Bearer nobody", "&project_id=12345", 401, "Invalid credentials")]
    [InlineData("Bearer oauth", "", 401, "Invalid credentials")]
    [InlineData("Digest x", "&project_id=12345", 401, "Invalid credentials")]
    [InlineData(null, "&project_id=12345", 401, "Invalid credentials")]
    public async Task Credentials_open_their_own_project_alone(string? authorization, string query, int status, string? error)
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(Main, null, Europe);
        if (authorization?.Split("base64(") is [var scheme, var pair])
        {
            authorization = MixpanelHarness.Basic(pair[..^1]).Replace("Basic ", scheme, StringComparison.Ordinal);
        }

        var answer = await mixpanel.SendAsync(
            "POST", $"/import?strict=1{query}", System.Text.Encoding.UTF8.GetBytes($"[{mixpanel.Event()}]"), "application/json", authorization);

        Assert.Equal(status, answer.Status);
        Assert.Equal(error, error is null ? null : answer.Json.GetProperty("error").GetString());
        Assert.Equal(error is null ? 1 : 0, mixpanel.Events.Count);
        if (status == 401)
        {
            answer.Is(401, """{"code":401,"error":"Invalid credentials","status":"Unauthorized"}""");
        }
    }

    [Fact]
    public async Task A_project_lives_on_the_host_of_its_region()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(Main, null, Europe);
        var body = System.Text.Encoding.UTF8.GetBytes($"[{mixpanel.Event(more: ""","token":"eu-token" """)}]");

        var import = await mixpanel.SendAsync(
            "POST", "/import?strict=1&project_id=777", body, "application/json", MixpanelHarness.Basic("eu:s"), residency: MixpanelResidency.EU);
        var stranger = await mixpanel.PostAsync("/track", System.Text.Encoding.UTF8.GetString(body));
        var home = await mixpanel.SendAsync("POST", "/track", body, "application/json", residency: MixpanelResidency.EU);

        // What goes to another region is answered as good, and is nowhere.
        Assert.Equal((200, "1", "1"), (import.Status, stranger.Text, home.Text));
        Assert.Equal(["/import", "/track"], mixpanel.Simulator.Events("777").Select(stored => stored.Endpoint));
        Assert.Equal(1, mixpanel.Simulator.Strangers["/track"]);
        Assert.Equal("api-eu.mixpanel.com", MixpanelHarness.Properties(mixpanel.Simulator.Events("777")[0]).GetProperty("$mp_api_endpoint").GetString());
        Assert.Equal(3, mixpanel.Simulator.Calls.Last.Count);
        Assert.Equal(MixpanelResidency.EU, mixpanel.Simulator.Calls.Last[0].Residency);
    }

    [Fact]
    public async Task Other_methods_and_paths_are_not_there()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();

        Assert.Equal(405, (await mixpanel.SendAsync("DELETE", "/import")).Status);
        Assert.Equal(405, (await mixpanel.SendAsync("PUT", "/lookup-tables")).Status);
        Assert.Equal(404, (await mixpanel.GetAsync("/api/2.0/export")).Status);
    }
}
