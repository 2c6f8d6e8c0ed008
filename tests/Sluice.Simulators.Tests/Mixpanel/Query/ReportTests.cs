using System.Text.Json;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;
using Sluice.Simulators.Tests.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Query;

/// <summary>The reports over a handful of events of the first three days of March; the clock stands on the second at nine.</summary>
public sealed class ReportTests : IAsyncLifetime
{
    private const string Days = "from_date=2026-03-01&to_date=2026-03-02";

    private MixpanelHarness _mixpanel = null!;
    private int _number;

    public async ValueTask InitializeAsync()
    {
        _mixpanel = await MixpanelHarness.StartAsync();
        await _mixpanel.ImportAsync($"[{string.Join(',', new[]
        {
            At("Sign up", "a", 1, 8),
            At("Purchase", "a", 1, 9, ""","amount":10,"country":"KR" """),
            At("Purchase", "a", 2, 8, ""","amount":30,"country":"KR" """),
            At("Sign up", "b", 1, 10),
            At("Purchase", "b", 2, 1, ""","amount":5,"country":"BR" """),
            At("Sign up", "c", 2, 7),
            At("Purchase", "d", 1, 23, ""","amount":"much" """),
        })}]");
    }

    public ValueTask DisposeAsync() => _mixpanel.DisposeAsync();

    [Fact]
    public async Task Segmentation_counts_by_day_people_and_property()
    {
        await IsAsync(
            $"/segmentation?event=Purchase&{Days}",
            """{"legend_size":1,"data":{"series":["2026-03-01","2026-03-02"],"values":{"Purchase":{"2026-03-01":2,"2026-03-02":2}}}}""");
        await IsAsync(
            $"/segmentation?event=Purchase&{Days}&unit=month&type=unique",
            """{"legend_size":1,"data":{"series":["2026-03-01"],"values":{"Purchase":{"2026-03-01":3}}}}""");
        var on = Uri.EscapeDataString("properties[\"country\"]");
        await IsAsync(
            $"/segmentation?event=Purchase&{Days}&on={on}&limit=1",
            """{"legend_size":1,"data":{"series":["2026-03-01","2026-03-02"],"values":{"KR":{"2026-03-01":1,"2026-03-02":1}}}}""");
        await IsAsync(
            $"/segmentation?event=Purchase&{Days}&interval=2&type=average&where={Uri.EscapeDataString("properties[\"amount\"] > 0")}",
            """{"legend_size":1,"data":{"series":["2026-03-01"],"values":{"Purchase":{"2026-03-01":1.5}}}}""");
        (await _mixpanel.QueryAsync($"/segmentation?event=Purchase&{Days}&format=csv")).Is(200, "date,Purchase\n2026-03-01,2\n2026-03-02,2\n");
        Assert.Equal(24, (await JsonAsync($"/segmentation?event=Purchase&from_date=2026-03-01&to_date=2026-03-01&unit=hour")).GetProperty("data").GetProperty("series").GetArrayLength());
        await IsAsync($"/segmentation?event=None&{Days}&unit=month", """{"legend_size":1,"data":{"series":["2026-03-01"],"values":{"None":{"2026-03-01":0}}}}""");
        foreach (var wrong in new[] { "unit=week", "type=median", "limit=3", "interval=1&unit=day", "where=%3D%3D" })
        {
            Assert.True((await _mixpanel.QueryAsync($"/segmentation?event=Purchase&{Days}&{wrong}")).Status == 400, wrong);
        }
    }

    [Fact]
    public async Task Numbers_are_added_averaged_and_put_into_ranges()
    {
        var on = Uri.EscapeDataString("properties[\"amount\"]");

        await IsAsync(
            $"/segmentation/sum?event=Purchase&{Days}&on={on}",
            """{"status":"ok","results":{"2026-03-01":10,"2026-03-02":35},"computed_at":"2026-03-02T09:00:00.000000+00:00"}""");
        await IsAsync($"/segmentation/average?event=Purchase&{Days}&on={on}", """{"status":"ok","results":{"2026-03-01":10,"2026-03-02":17.5}}""");
        await IsAsync(
            $"/segmentation/numeric?event=Purchase&{Days}&on={on}",
            """{"legend_size":3,"data":{"series":["2026-03-01","2026-03-02"],"values":{"0 - 10":{"2026-03-01":0,"2026-03-02":1},"10 - 20":{"2026-03-01":1,"2026-03-02":0},"30 - 40":{"2026-03-01":0,"2026-03-02":1}}}}""");
        Assert.Equal(400, (await _mixpanel.QueryAsync($"/segmentation/sum?event=Purchase&{Days}")).Status);
    }

    [Fact]
    public async Task Copies_count_once_and_people_by_their_canonical_id()
    {
        var copy = $"[{_mixpanel.Event("$device:z", "i-copy", "Visit")}]";
        await _mixpanel.ImportAsync(copy);
        await _mixpanel.ImportAsync(copy);
        await _mixpanel.ImportAsync($"[{_mixpanel.Event("z", "i-other", "Visit", ""","$user_id":"z","$device_id":"z" """)}]");

        Assert.Equal(2, Count(await JsonAsync("/segmentation?event=Visit&from_date=2026-03-02&to_date=2026-03-02")));
        Assert.Equal(1, Count(await JsonAsync("/segmentation?event=Visit&from_date=2026-03-02&to_date=2026-03-02&type=unique")));

        static int Count(JsonElement answer) => answer.GetProperty("data").GetProperty("values").GetProperty("Visit").GetProperty("2026-03-02").GetInt32();
    }

    [Fact]
    public async Task Days_are_days_of_the_projects_zone()
    {
        await using var seoul = await MixpanelHarness.StartAsync(new MixpanelProject { TimeZone = "Asia/Seoul" });
        await seoul.ImportAsync($"[{seoul.Event(time: $"{seoul.Now - (10 * 3_600)}")}]");

        (await seoul.QueryAsync("/segmentation?event=Purchase&from_date=2026-03-02&to_date=2026-03-02"))
            .Is(200, """{"legend_size":1,"data":{"series":["2026-03-02"],"values":{"Purchase":{"2026-03-02":1}}}}""");
    }

    [Fact]
    public async Task Retention_follows_who_came_first_and_who_came_again()
    {
        await IsAsync(
            $"/retention?{Days}&born_event=Sign%20up&event=Purchase&interval_count=1",
            """{"2026-03-01":{"first":2,"counts":[2,1]},"2026-03-02":{"first":1,"counts":[0,0]}}""");
        await IsAsync(
            $"/retention?{Days}&born_event=Sign%20up&event=Purchase&interval_count=1&born_where={Uri.EscapeDataString("event[\"$distinct_id\"] == \"a\"")}",
            """{"2026-03-01":{"first":1,"counts":[1,1]},"2026-03-02":{"first":0,"counts":[0,0]}}""");
        await IsAsync(
            "/retention?from_date=2026-03-01&to_date=2026-03-02&retention_type=compounded&event=Purchase",
            """{"2026-03-01":{"first":2,"counts":[1,0]},"2026-03-02":{"first":2,"counts":[0,0]}}""");
        Assert.Equal(400, (await _mixpanel.QueryAsync($"/retention?{Days}")).Status);
    }

    [Fact]
    public async Task Unbounded_retention_counts_whoever_came_later()
    {
        _mixpanel.Clock.Advance(TimeSpan.FromDays(10));
        await _mixpanel.ImportAsync($"[{At("Purchase", "c", 9, 8)}]");

        await IsAsync(
            "/retention?from_date=2026-03-02&to_date=2026-03-02&born_event=Sign%20up&event=Purchase&unit=day&interval_count=8",
            """{"2026-03-02":{"first":1,"counts":[0,0,0,0,0,0,0,1,0]}}""");
        await IsAsync(
            "/retention?from_date=2026-03-02&to_date=2026-03-02&born_event=Sign%20up&event=Purchase&unit=day&interval_count=8&unbounded_retention=true",
            """{"2026-03-02":{"first":1,"counts":[1,1,1,1,1,1,1,1,0]}}""");
    }

    [Fact]
    public async Task Retention_is_told_by_the_segments_that_the_first_events_are_of()
    {
        var on = Uri.EscapeDataString("event[\"$distinct_id\"]");
        await IsAsync(
            $"/retention?{Days}&born_event=Sign%20up&event=Purchase&on={on}",
            """{"2026-03-01":{"a":{"first":1,"counts":[1,1]},"b":{"first":1,"counts":[1,0]}},"2026-03-02":{"c":{"first":1,"counts":[0,0]}}}""");
        await IsAsync(
            $"/retention?{Days}&born_event=Sign%20up&event=Purchase&on={on}&limit=1",
            """{"2026-03-01":{"a":{"first":1,"counts":[1,1]}},"2026-03-02":{}}""");
        Assert.Equal(400, (await _mixpanel.QueryAsync($"/retention?{Days}&born_event=Sign%20up&limit=1")).Status);
        Assert.Equal(400, (await _mixpanel.QueryAsync($"/retention?{Days}&born_event=Sign%20up&on=country")).Status);
        Assert.Equal(400, (await _mixpanel.QueryAsync($"/retention/addiction?{Days}&unit=day&addiction_unit=hour&on={on}")).Status);
    }

    [Fact]
    public async Task Addiction_counts_the_hours_that_people_came_in()
    {
        var data = (await JsonAsync($"/retention/addiction?{Days}&unit=day&addiction_unit=hour")).GetProperty("data");

        Assert.Equal([3, 1, 0], data.GetProperty("2026-03-01").EnumerateArray().Take(3).Select(count => count.GetInt32()));
        Assert.Equal([3, 0], data.GetProperty("2026-03-02").EnumerateArray().Take(2).Select(count => count.GetInt32()));
        Assert.Equal(24, data.GetProperty("2026-03-01").GetArrayLength());
        Assert.Equal(400, (await _mixpanel.QueryAsync($"/retention/addiction?{Days}&unit=day")).Status);
    }

    [Fact]
    public async Task A_funnel_counts_its_steps_in_order_within_its_window()
    {
        _mixpanel.Simulator.Desk(MixpanelHarness.Project).SetFunnel(new MixpanelFunnel(9, "Buy", ["Sign up", "Purchase"]));
        await IsAsync("/funnels/list", """[{"funnel_id":9,"name":"Buy"}]""");
        var first = (await JsonAsync($"/funnels?funnel_id=9&{Days}")).GetProperty("data").GetProperty("2026-03-01");

        Assert.Equal(
            """[{"count":2,"goal":"Sign up","event":"Sign up","step_conv_ratio":1,"overall_conv_ratio":1,"avg_time":null,"avg_time_from_start":null},{"count":2,"goal":"Purchase","event":"Purchase","step_conv_ratio":1,"overall_conv_ratio":1,"avg_time":28800,"avg_time_from_start":28800}]""",
            first.GetProperty("steps").GetRawText());
        Assert.Equal("""{"completion":2,"starting_amount":2,"steps":2,"worst":1}""", first.GetProperty("analysis").GetRawText());
        var quick = (await JsonAsync($"/funnels?funnel_id=9&{Days}&length=2&length_unit=hour&interval=2")).GetProperty("data").GetProperty("2026-03-01");
        Assert.Equal("""{"completion":1,"starting_amount":3,"steps":2,"worst":1}""", quick.GetProperty("analysis").GetRawText());
        var segments = (await JsonAsync($"/funnels?funnel_id=9&{Days}&on={Uri.EscapeDataString("event[\"$distinct_id\"]")}")).GetProperty("data").GetProperty("2026-03-01");
        Assert.Equal(["$overall", "a", "b"], segments.EnumerateObject().Select(segment => segment.Name));
        Assert.Equal(1, segments.GetProperty("b")[1].GetProperty("count").GetInt32());
        segments = (await JsonAsync($"/funnels?funnel_id=9&{Days}&limit=1&on={Uri.EscapeDataString("event[\"$distinct_id\"]")}")).GetProperty("data").GetProperty("2026-03-01");
        Assert.Equal(["$overall", "a"], segments.EnumerateObject().Select(segment => segment.Name));
        Assert.Equal(400, (await _mixpanel.QueryAsync($"/funnels?funnel_id=8&{Days}")).Status);
        Assert.Equal(400, (await _mixpanel.QueryAsync($"/funnels?funnel_id=9&{Days}&length=91")).Status);
    }

    [Fact]
    public async Task The_events_family_tells_what_there_is()
    {
        await IsAsync(
            $"/events?event=%5B%22Purchase%22%2C%22None%22%5D&unit=day&{Days}",
            """{"legend_size":2,"data":{"series":["2026-03-01","2026-03-02"],"values":{"Purchase":{"2026-03-01":2,"2026-03-02":2},"None":{"2026-03-01":0,"2026-03-02":0}}}}""");
        await IsAsync(
            "/events?event=%5B%22Purchase%22%5D&unit=day&interval=1&type=unique",
            """{"legend_size":1,"data":{"series":["2026-03-02"],"values":{"Purchase":{"2026-03-02":2}}}}""");
        Assert.Equal(400, (await _mixpanel.QueryAsync($"/events?event=%5B%22Purchase%22%5D&unit=hour&type=unique&{Days}")).Status);
        Assert.Equal(400, (await _mixpanel.QueryAsync($"/events?event=%5B%22Purchase%22%5D&{Days}")).Status);
        (await _mixpanel.QueryAsync($"/events?event=%5B%22Purchase%22%5D&unit=day&format=csv&{Days}")).Is(200, "date,Purchase\n2026-03-01,2\n2026-03-02,2\n");
        await IsAsync("/events/names", """["Purchase","Sign up"]""");
        await IsAsync("/events/names?limit=1", """["Purchase"]""");
        await IsAsync(
            "/events/top",
            """{"type":"general","events":[{"event":"Purchase","amount":2,"percent_change":0},{"event":"Sign up","amount":1,"percent_change":-0.5}]}""");
        await IsAsync(
            $"/events/properties?event=Purchase&name=country&values=%5B%22KR%22%5D&unit=month&{Days}",
            """{"legend_size":1,"data":{"series":["2026-03-01"],"values":{"KR":{"2026-03-01":2}}}}""");
        await IsAsync("/events/properties/values?event=Purchase&name=country", """["KR","BR"]""");
        Assert.Equal(4, (await JsonAsync("/events/properties/top?event=Purchase&limit=100")).GetProperty("amount").GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task The_stream_of_any_of_a_persons_ids_is_the_whole_persons()
    {
        await _mixpanel.ImportAsync($"[{_mixpanel.Event("a", "i-link", "Link", ""","$user_id":"a","$device_id":"dev" """)}]");
        var events = (await JsonAsync($"/stream/query?{Days}&distinct_ids=%5B%22%24device%3Adev%22%5D")).GetProperty("results").GetProperty("events");

        Assert.Equal(["Sign up", "Purchase", "Purchase", "Link"], events.EnumerateArray().Select(row => row.GetProperty("event").GetString()));
        Assert.Equal("a", events[0].GetProperty("properties").GetProperty("$distinct_id").GetString());
        Assert.Equal("a", events[1].GetProperty("properties").GetProperty("distinct_id").GetString());
        Assert.Equal(_mixpanel.Now, events[3].GetProperty("properties").GetProperty("time").GetInt64());
    }

    [Fact]
    public async Task Scripts_and_saved_reports_answer_what_was_laid_down()
    {
        const string Script = "function main() { return People().reduce(mixpanel.reducer.count()); }";
        var desk = _mixpanel.Simulator.Desk(MixpanelHarness.Project);
        desk.SetScript(Script, "[4]");
        desk.SetReport(55, """{"headers":["$event"],"series":{}}""");

        (await _mixpanel.QueryAsync("/jql", $"script={Uri.EscapeDataString($" {Script}\n")}&params=%7B%7D")).Is(200, "[4]");
        var unknown = await _mixpanel.QueryAsync("/jql", "script=" + Uri.EscapeDataString("function main() { return 1 }"));
        Assert.Equal((412, "/api/2.0/jql?project_id=12345"), (unknown.Status, unknown.Json.GetProperty("request").GetString()));
        Assert.StartsWith("UserVisiblePreconditionFailedError: Uncaught exception TypeError", unknown.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(412, (await _mixpanel.QueryAsync("/jql", "script=1")).Status);
        Assert.Equal("Missing required parameter: script", (await _mixpanel.QueryAsync("/jql", "params=%7B%7D")).Json.GetProperty("error").GetString());
        (await _mixpanel.QueryAsync("/insights?bookmark_id=55")).Is(200, """{"headers":["$event"],"series":{}}""");
        Assert.Equal(400, (await _mixpanel.QueryAsync("/insights?bookmark_id=56")).Status);
    }

    [Fact]
    public async Task A_scripts_rows_can_be_made_of_its_parameters_and_of_the_events_before_any_merge()
    {
        const string Script = "function main() { return Events(params).groupByUser(mixpanel.reducer.count()); }";
        await _mixpanel.ImportAsync($"[{_mixpanel.Event("$device:x", "i-1", "Visit")}]");
        await _mixpanel.ImportAsync($"[{_mixpanel.Event("x", "i-2", "Visit", ""","$user_id":"x","$device_id":"x" """)}]");
        _mixpanel.Simulator.Desk(MixpanelHarness.Project).SetScript(Script, (parameters, events) => JsonSerializer.Serialize(
            events.Where(found => found.Name == parameters.GetProperty("event").GetString())
                .GroupBy(found => found.DistinctId, (id, found) => new { key = new[] { id }, value = found.Count() })));

        Assert.Equal("""[{"key":["$device:x"],"value":1},{"key":["x"],"value":1}]""", await RowsAsync("Visit"));
        Assert.Equal("""[{"key":["a"],"value":2},{"key":["b"],"value":1},{"key":["d"],"value":1}]""", await RowsAsync("Purchase"));

        async Task<string> RowsAsync(string name) => (await _mixpanel.QueryAsync(
            "/jql", $"script={Uri.EscapeDataString(Script)}&params={Uri.EscapeDataString($$"""{"event":"{{name}}"}""")}")).Text;
    }

    [Fact]
    public async Task A_script_reads_and_answers_only_so_much()
    {
        foreach (var limits in new[] { new MixpanelLimits { MaxJqlInputBytes = 10 }, new MixpanelLimits { MaxJqlOutputBytes = 10 } })
        {
            await using var mixpanel = await MixpanelHarness.StartAsync(limits: limits);
            await mixpanel.ImportAsync($"[{mixpanel.Event()}]");
            mixpanel.Simulator.Desk(MixpanelHarness.Project).SetScript("function main() {}", """["a","b","c"]""");
            Assert.Equal(412, (await mixpanel.QueryAsync("/jql", "script=function%20main()%20%7B%7D")).Status);
        }
    }

    [Fact]
    public async Task History_goes_back_as_far_as_the_plan_and_not_before_the_year_2000()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(new MixpanelProject { HistoryDays = 30 });

        var old = await mixpanel.QueryAsync("/events/names?from_date=2026-01-01&to_date=2026-03-01");
        Assert.Equal((403, "Date range exceeds 30 days into the past"), (old.Status, old.Json.GetProperty("error").GetString()));
        Assert.Equal(200, (await mixpanel.QueryAsync("/events/names")).Status);
        var bad = await mixpanel.QueryAsync("/events/names?from_date=1999-01-01&to_date=2026-03-01");
        Assert.Equal((400, "Error in from_date: invalid date, bad year"), (bad.Status, bad.Json.GetProperty("error").GetString()));
    }

    private string At(string name, string id, int day, int hour, string more = "") => _mixpanel.Event(
        id, $"e-{++_number}", name, more, $"{new DateTimeOffset(2026, 3, day, hour, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds()}");

    private async Task IsAsync(string target, string json) => (await _mixpanel.QueryAsync(target)).Is(200, json);

    private async Task<JsonElement> JsonAsync(string target)
    {
        var answer = await _mixpanel.QueryAsync(target);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Json;
    }
}
