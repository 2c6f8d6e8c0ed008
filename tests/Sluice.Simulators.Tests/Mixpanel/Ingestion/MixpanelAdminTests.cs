using System.Text;
using System.Text.Json;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Ingestion;

public sealed class MixpanelAdminTests : IAsyncLifetime
{
    private static readonly MixpanelProject Settings = new()
    {
        GroupKeys = ["team"], LookupTables = [new(Guid.Parse("11111111-1111-4111-8111-111111111111"), "Products")],
    };

    private MixpanelHarness _mixpanel = null!;

    public async ValueTask InitializeAsync()
    {
        _mixpanel = await MixpanelHarness.StartAsync(Settings);
        await _mixpanel.ImportAsync($"[{_mixpanel.Event(more: ""","$device_id":"d","$user_id":"<b>u" """)}]");
        await _mixpanel.ImportAsync($"[{_mixpanel.Event(more: ""","$device_id":"d","$user_id":"<b>u" """)}]");
        await _mixpanel.PostAsync("/engage", """{"$token":"simulator-token","$distinct_id":"u","$set":{"a":1}}""");
        await _mixpanel.PostAsync("/groups", """{"$token":"simulator-token","$group_key":"team","$group_id":"g","$set":{"a":1}}""");
        await _mixpanel.PostAsync("/track", """{"event":"x"}""");
    }

    public ValueTask DisposeAsync() => _mixpanel.DisposeAsync();

    [Fact]
    public async Task The_state_is_told_in_numbers_and_in_parts()
    {
        var state = (await _mixpanel.GetAsync("/_sim/state")).Json;
        var project = state.GetProperty("projects")[0].GetProperty("holds");

        Assert.Equal(
            (2, 1, 1, 1),
            (project.GetProperty("events").GetInt32(), project.GetProperty("profiles").GetInt32(), project.GetProperty("groups").GetInt32(), project.GetProperty("clusters").GetInt32()));
        Assert.Equal(1, state.GetProperty("strangers").GetProperty("/track").GetInt32());
        Assert.Equal(2, state.GetProperty("calls").GetProperty("byEndpoint").GetProperty("POST /import").GetInt32());
        Assert.Equal(2, (await PartAsync("events")).GetArrayLength());
        Assert.Equal(1, (await PartAsync("query-events")).GetArrayLength());
        Assert.Equal("u", (await PartAsync("profiles"))[0].GetProperty("distinctId").GetString());
        Assert.Equal("u", (await PartAsync("profiles/u")).GetProperty("distinctId").GetString());
        Assert.Equal("g", (await PartAsync("groups"))[0].GetProperty("groupId").GetString());
        Assert.Equal("<b>u", (await PartAsync("clusters"))[0].GetProperty("canonicalId").GetString());
        Assert.Equal("Products", (await PartAsync("lookup-tables"))[0].GetProperty("name").GetString());
        Assert.Equal(5, (await _mixpanel.GetAsync("/_sim/calls")).Json.GetArrayLength());
        Assert.Equal(404, (await _mixpanel.GetAsync("/_sim/projects/none/events")).Status);
        Assert.Equal(404, (await _mixpanel.GetAsync("/_sim/projects/12345/none")).Status);
    }

    [Fact]
    public async Task The_page_shows_everything_and_escapes_it()
    {
        var page = await _mixpanel.GetAsync("/_sim/");

        Assert.Equal((200, "text/html; charset=utf-8"), (page.Status, page.Headers["Content-Type"]));
        Assert.All(
            ["Purchase", "&lt;b&gt;u", "Products", "team", "/track: unknown token", "POST /engage"],
            text => Assert.Contains(text, page.Text, StringComparison.Ordinal));
        Assert.DoesNotContain("<b>u", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_and_the_clock_can_be_driven_and_all_of_it_forgotten()
    {
        var added = await AdminAsync("POST", "faults", """{"method":"POST","path":"/import","count":1,"effect":{"kind":"status","status":503,"body":"{}","retryAfterSeconds":9}}""");
        var spoiled = await _mixpanel.ImportAsync($"[{_mixpanel.Event()}]");

        Assert.Equal((201, 1), (added.Status, added.Json.GetProperty("id").GetInt32()));
        Assert.Equal((503, "9"), (spoiled.Status, spoiled.Headers["Retry-After"]));
        Assert.Equal(1, (await _mixpanel.GetAsync("/_sim/faults")).Json[0].GetProperty("fired").GetInt32());
        Assert.Equal(204, (await AdminAsync("DELETE", "faults/1")).Status);
        Assert.Equal(404, (await AdminAsync("DELETE", "faults/1")).Status);

        var before = _mixpanel.Clock.GetUtcNow();
        Assert.Equal(204, (await AdminAsync("POST", "clock", """{"seconds":90}""")).Status);
        Assert.Equal(before.AddSeconds(90), _mixpanel.Clock.GetUtcNow());
        Assert.Equal(400, (await AdminAsync("POST", "clock", "{")).Status);

        Assert.Equal(204, (await AdminAsync("POST", "reset")).Status);
        Assert.Equal((0, 0), (_mixpanel.Simulator.EventCount(MixpanelHarness.Project), _mixpanel.Simulator.Calls.Total));
    }

    private async Task<JsonElement> PartAsync(string part) => (await _mixpanel.GetAsync($"/_sim/projects/12345/{part}")).Json;

    private Task<Answer> AdminAsync(string method, string path, string? body = null) =>
        _mixpanel.SendAsync(method, "/_sim/" + path, body is null ? null : Encoding.UTF8.GetBytes(body), body is null ? null : "application/json");
}
