using System.Text;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Ingestion;

public sealed class TrackTests : IAsyncLifetime
{
    private const string Form = "application/x-www-form-urlencoded";
    private const string Good = """{"event":"Seen ü?>~~","properties":{"token":"simulator-token","distinct_id":"u-1"}}""";

    private MixpanelHarness _mixpanel = null!;

    public async ValueTask InitializeAsync() => _mixpanel = await MixpanelHarness.StartAsync();

    public ValueTask DisposeAsync() => _mixpanel.DisposeAsync();

    [Fact]
    public async Task Every_form_of_the_body_arrives_as_the_same_event()
    {
        var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(Good));
        Assert.Contains('+', base64);

        Assert.Equal("1", (await _mixpanel.PostAsync("/track", Good)).Text);
        Assert.Equal("1", (await _mixpanel.PostAsync("/track", $"[{Good}]")).Text);
        Assert.Equal("1", (await _mixpanel.PostAsync("/track/", $"data={Uri.EscapeDataString(Good)}&verbose=0", Form)).Text);
        Assert.Equal("1", (await _mixpanel.PostAsync("/track", $"data={Uri.EscapeDataString(base64)}", Form)).Text);
        Assert.Equal("1", (await _mixpanel.PostAsync("/track", $"data={base64}", Form)).Text);
        Assert.Equal("1", (await _mixpanel.PostAsync("/track", $"data={Uri.EscapeDataString(base64)}", "text/plain")).Text);
        Assert.Equal("1", (await _mixpanel.GetAsync($"/track?data={Uri.EscapeDataString(base64)}&_=1767225600123")).Text);
        Assert.Equal("1", (await _mixpanel.SendAsync("POST", "/track", MixpanelHarness.Gzip(Good), "application/json", encoding: "gzip")).Text);

        Assert.Equal(8, _mixpanel.Events.Count);
        Assert.All(_mixpanel.Events, stored =>
        {
            Assert.Equal(("Seen ü?>~~", "u-1", _mixpanel.Now * 1000), (stored.Name, stored.DistinctId, stored.TimeMs));
            Assert.False(stored.InsertIdSent);
            var properties = MixpanelHarness.Properties(stored);
            Assert.False(properties.TryGetProperty("token", out _));
            Assert.False(properties.TryGetProperty("$import", out _));
            Assert.False(properties.TryGetProperty("$city", out _));
        });

        // Without an insert id no two events are copies of each other.
        Assert.Equal(8, _mixpanel.Simulator.QueryEvents(MixpanelHarness.Project).Count);
    }

    [Theory]
    [InlineData("", "text/plain; charset=utf-8", "1", "0")]
    [InlineData("?verbose=1", "application/json", """{"status":1,"error":""}""", """{"status":0,"error":"'event' must not be missing or blank"}""")]
    [InlineData("?callback=fn", "text/javascript; charset=utf-8", "fn(1);", "fn(0);")]
    [InlineData("?callback=fn&verbose=1", "text/javascript; charset=utf-8", """fn({"status":1,"error":""});""", """fn({"status":0,"error":"'event' must not be missing or blank"});""")]
    [InlineData("?test=1", "text/plain; charset=utf-8", "1", "0")]
    public async Task The_answer_has_the_shape_that_was_asked_for(string query, string type, string good, string bad)
    {
        var yes = await _mixpanel.PostAsync("/track" + query, Good);
        var no = await _mixpanel.PostAsync("/track" + query, """{"properties":{}}""");

        yes.Is(200, good);
        no.Is(200, bad);
        Assert.Equal((type, type), (yes.Headers["Content-Type"], no.Headers["Content-Type"]));
    }

    [Fact]
    public async Task Pixel_and_redirect()
    {
        var pixel = await _mixpanel.GetAsync($"/track?img=1&data={Uri.EscapeDataString(Good)}");
        var redirect = await _mixpanel.GetAsync($"/track?redirect=http%3A%2F%2Fexample.test%2F&data={Uri.EscapeDataString(Good)}");

        Assert.Equal((200, "image/gif", "GIF89a"), (pixel.Status, pixel.Headers["Content-Type"], Encoding.ASCII.GetString(pixel.Body, 0, 6)));
        Assert.Equal((302, "http://example.test/"), (redirect.Status, redirect.Headers["Location"]));
        Assert.Equal(2, _mixpanel.Events.Count);
    }

    [Theory]
    [InlineData("/track?verbose=1", "", "data, missing or empty")]
    [InlineData("/track?verbose=1", "[]", "data, missing or empty")]
    [InlineData("/track?verbose=1", "[{", "request body is not valid JSON")]
    [InlineData("/engage?verbose=1", "", "data, missing or empty")]
    [InlineData("/groups?verbose=1", "", "data, missing or empty")]
    public async Task No_data_are_a_failure_with_status_200(string path, string body, string error) =>
        (await _mixpanel.PostAsync(path, body)).Is(200, $$"""{"status":0,"error":"{{error}}"}""");

    [Fact]
    public async Task A_form_without_data_is_a_failure()
    {
        (await _mixpanel.PostAsync("/track", "verbose=1", Form)).Is(200, """{"status":0,"error":"data, missing or empty"}""");
        (await _mixpanel.PostAsync("/track", "data=%21%21&verbose=1", Form)).Is(200, """{"status":0,"error":"data is neither JSON nor base64"}""");
    }

    [Fact]
    public async Task One_good_event_is_enough_unless_strict()
    {
        var mixed = $$"""[{"event":""},{{Good}}]""";

        Assert.Equal("1", (await _mixpanel.PostAsync("/track", mixed)).Text);
        Assert.Equal("0", (await _mixpanel.PostAsync("/track?strict=1", mixed)).Text);
        Assert.Equal(2, _mixpanel.Events.Count);
    }

    [Fact]
    public async Task An_unknown_token_is_answered_as_good_and_the_event_is_lost()
    {
        var answer = await _mixpanel.PostAsync("/track", $$"""[{"event":"a","properties":{"token":"nobody"} },{"event":"b"},{{Good}}]""");

        Assert.Equal("1", answer.Text);
        Assert.Single(_mixpanel.Events);
        Assert.Equal(2, _mixpanel.Simulator.Strangers["/track"]);
    }

    [Fact]
    public async Task Only_the_last_five_days_are_taken()
    {
        string At(long time) => $$$"""{"event":"e","properties":{"token":"simulator-token","distinct_id":"u","time":{{{time}}}}}""";
        const long FiveDays = 5 * 86_400;

        var answer = await _mixpanel.PostAsync("/track", $"[{At(_mixpanel.Now - FiveDays)},{At(_mixpanel.Now - FiveDays - 1)},{At(_mixpanel.Now * 1000 - 5)}]");

        Assert.Equal("1", answer.Text);
        Assert.Equal([(_mixpanel.Now - FiveDays) * 1000, _mixpanel.Now * 1000 - 5], _mixpanel.Events.Select(stored => stored.TimeMs));
        Assert.Equal(1, _mixpanel.Simulator.Lost(MixpanelHarness.Project)["older than 5 days"]);
    }

    [Fact]
    public async Task The_callers_address_gives_place_and_id_when_asked_for()
    {
        await _mixpanel.PostAsync("/track?ip=1", """[{"event":"a","properties":{"token":"simulator-token"}},{"event":"b","properties":{"token":"simulator-token"}}]""");
        await _mixpanel.PostAsync("/track", """{"event":"c","properties":{"token":"simulator-token"}}""");

        Assert.Equal(32, _mixpanel.Events[0].DistinctId.Length);
        Assert.Equal(_mixpanel.Events[0].DistinctId, _mixpanel.Events[1].DistinctId);
        Assert.Equal("", _mixpanel.Events[2].DistinctId);
        Assert.Equal("Ashburn", MixpanelHarness.Properties(_mixpanel.Events[0]).GetProperty("$city").GetString());
    }

    [Fact]
    public async Task An_event_belongs_to_the_project_of_its_own_token()
    {
        await using var two = await MixpanelHarness.StartAsync(null, null, new MixpanelProject { Id = "2", Token = "t2" });

        await two.PostAsync("/track", $$"""[{{Good}},{"event":"other","properties":{"token":"t2"} }]""");

        Assert.Equal(["Seen ü?>~~"], two.Events.Select(stored => stored.Name));
        Assert.Equal(["other"], two.Simulator.Events("2").Select(stored => stored.Name));
    }
}
