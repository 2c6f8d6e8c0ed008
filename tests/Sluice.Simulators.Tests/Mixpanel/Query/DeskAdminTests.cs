using System.Text;
using Sluice.Simulators.Tests.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Query;

public sealed class DeskAdminTests
{
    [Fact]
    public async Task Whatever_a_test_lays_down_a_script_can_lay_down_too()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();

        await PostAsync("cohorts", """{"id":7,"name":"Dormant","members":["u-1"]}""");
        await PostAsync("profiles", """{"distinctId":"u-1","properties":{"plan":"pro"}}""");
        await PostAsync("funnels", """{"id":9,"name":"Buy","steps":["a","b"],"window":"1.00:00:00"}""");
        await PostAsync("scripts", """{"script":"function main() {}","rows":[1]}""");
        await PostAsync("reports", """{"bookmarkId":5,"answer":{"series":{}}}""");
        await PostAsync("generated", """{"from":"2026-03-01","to":"2026-03-01","eventsPerDay":3}""");

        Assert.Equal(
            """[{"$distinct_id":"u-1","$properties":{"plan":"pro"}}]""",
            (await mixpanel.QueryAsync("/engage", "filter_by_cohort=%7B%22id%22%3A7%7D")).Json.GetProperty("results").GetRawText());
        (await mixpanel.QueryAsync("/funnels/list")).Is(200, """[{"funnel_id":9,"name":"Buy"}]""");
        (await mixpanel.QueryAsync("/jql", "script=function%20main()%20%7B%7D")).Is(200, "[1]");
        (await mixpanel.QueryAsync("/insights?bookmark_id=5")).Is(200, """{"series":{}}""");
        Assert.Equal(3, (await mixpanel.ExportAsync("from_date=2026-03-01&to_date=2026-03-01")).Text.Count(letter => letter == '\n'));
        Assert.Equal("Dormant", (await mixpanel.GetAsync("/_sim/projects/12345/cohorts")).Json[0].GetProperty("name").GetString());
        var state = (await mixpanel.GetAsync("/_sim/state")).Json;
        Assert.Equal(4, state.GetProperty("projects")[0].GetProperty("queries").GetProperty("inWindow").GetInt32());
        Assert.Equal(mixpanel.Simulator.ExportUrl, new Uri(state.GetProperty("hosts").GetProperty("US").GetProperty("Export").GetString()!));
        Assert.Contains("Dormant", (await mixpanel.GetAsync("/_sim/")).Text, StringComparison.Ordinal);

        Assert.Equal(204, await SendAsync("DELETE", "cohorts/7"));
        Assert.Equal(404, await SendAsync("DELETE", "cohorts/7"));
        Assert.Equal(404, await SendAsync("POST", "nothing", "{}"));
        Assert.Equal(400, await SendAsync("POST", "cohorts", """{"id":"x"}"""));
        Assert.Equal(400, await SendAsync("POST", "scripts", """{"script":"x","rows":{}}"""));
        Assert.Equal(400, await SendAsync("POST", "generated", """{"from":"2026-03-01","to":"2026-03-01","eventsPerDay":0}"""));
        Assert.Equal(204, await SendAsync("DELETE", "generated"));
        mixpanel.Simulator.Reset();
        (await mixpanel.QueryAsync("/funnels/list")).Is(200, "[]");

        async Task PostAsync(string path, string body) => Assert.Equal(204, await SendAsync("POST", path, body));

        async Task<int> SendAsync(string method, string path, string? body = null) => (await mixpanel.SendAsync(
            method, $"/_sim/projects/12345/{path}", body is null ? null : Encoding.UTF8.GetBytes(body), "application/json")).Status;
    }
}
