using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Tests.Mixpanel.Ingestion;

public sealed class IngestionLimitTests
{
    [Fact]
    public async Task A_body_has_at_most_2000_events()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        string Batch(int count) => $"[{string.Join(',', Enumerable.Range(0, count).Select(i => mixpanel.Event(insertId: $"i-{i}")))}]";

        var full = await mixpanel.ImportAsync(Batch(2000));
        var over = await mixpanel.ImportAsync(Batch(2001));

        full.Is(200, """{"code":200,"num_records_imported":2000,"status":"OK"}""");
        Assert.Equal((413, "Request Entity Too Large"), (over.Status, over.Json.GetProperty("status").GetString()));
        Assert.Equal(2000, mixpanel.Events.Count);
        Assert.Equal("0", (await mixpanel.PostAsync("/track", Batch(2001))).Text);
    }

    [Fact]
    public async Task A_body_is_measured_unpacked()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        var body = $"[{mixpanel.Event(more: $""","x":"{new string('x', 2_097_152)}" """)}]";

        var plain = await mixpanel.ImportAsync(body);
        var packed = await mixpanel.SendAsync(
            "POST", MixpanelHarness.Import, MixpanelHarness.Gzip(body), "application/json", MixpanelHarness.ServiceAccount, "gzip");

        plain.Is(413, """{"code":413,"error":"request exceeds max limit of 2097152 bytes","status":"Request Entity Too Large"}""");
        packed.Is(413, plain.Text);
        (await mixpanel.PostAsync("/track", body)).Is(413, """{"status":"error","error":"request exceeds max limit of 2097152 bytes"}""");
    }

    [Fact]
    public async Task An_event_has_less_than_a_megabyte_and_255_properties()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        var many = string.Concat(Enumerable.Range(0, 251).Select(i => $",\"p{i}\":1"));

        Assert.Equal(200, (await mixpanel.ImportAsync($"[{mixpanel.Event(more: many)}]")).Status);
        var over = await mixpanel.ImportAsync($"[{mixpanel.Event(more: many + ",\"q\":1")}]");
        var large = await mixpanel.ImportAsync($"[{mixpanel.Event(more: $""","x":"{new string('x', 1_048_576)}" """)}]");

        Assert.Equal("'properties' must have fewer than 255 entries", over.Failed[0].GetProperty("message").GetString());
        Assert.Equal("event must be smaller than 1048576 bytes", large.Failed[0].GetProperty("message").GetString());
    }

    [Fact]
    public async Task Lists_and_objects_of_an_event_have_bounds()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync();
        var keys = string.Join(',', Enumerable.Range(0, 255).Select(i => $"\"k{i}\":1"));
        (string Value, string? Problem)[] cases =
        [
            ($"[{string.Join(',', Enumerable.Repeat("1", 254))}]", null),
            ($"[{string.Join(',', Enumerable.Repeat("1", 255))}]", "must have fewer than 255 elements"),
            ($$"""{ {{keys}} }""", "must have fewer than 255 elements"),
            ($"""["{new string('x', 8 * 1024)}"]""", "must not exceed 8192 bytes"),
            ("""{"a":{"b":[1]}}""", null),
            ("""{"a":{"b":[{}]}}""", "must not be nested deeper than 3 levels"),
        ];
        foreach (var (value, problem) in cases)
        {
            var answer = await mixpanel.ImportAsync($"[{mixpanel.Event(more: $",\"x\":{value}")}]");

            Assert.Equal(problem is null ? 200 : 400, answer.Status);
            if (problem is not null)
            {
                Assert.Equal($"'properties.x' is invalid: {problem}", answer.Failed[0].GetProperty("message").GetString());
            }
        }
    }

    [Fact]
    public async Task The_volume_of_a_minute_is_limited_and_rolls()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(limits: new MixpanelLimits { IngestionBytes = 400 });
        var body = $"[{mixpanel.Event(more: ""","token":"simulator-token","pad":"......................" """)}]";
        Assert.InRange(body.Length, 134, 199);

        var first = await mixpanel.ImportAsync(body);
        mixpanel.Clock.Advance(TimeSpan.FromSeconds(20));
        var second = await mixpanel.PostAsync("/track", body);
        mixpanel.Clock.Advance(TimeSpan.FromSeconds(9.5));
        var third = await mixpanel.ImportAsync(body);
        var fourth = await mixpanel.PostAsync("/track", body);

        Assert.Equal((200, "1"), (first.Status, second.Text));
        third.Is(429, """{"code":429,"error":"Project exceeded rate limits. Please retry the request with exponential backoff.","status":"Too Many Requests"}""");
        fourth.Is(429, """{"status":"error","error":"Project exceeded rate limits. Please retry the request with exponential backoff."}""");
        Assert.Equal(("31", "31"), (third.Headers["Retry-After"], fourth.Headers["Retry-After"]));
        Assert.Equal(2, mixpanel.Simulator.Calls.BudgetViolationCount);
        Assert.Equal(
            (body.Length * 2L, body.Length * 4L),
            (mixpanel.Simulator.Volume(MixpanelHarness.Project).InWindow, mixpanel.Simulator.Volume(MixpanelHarness.Project).MaxInWindow));

        // One tick before the first body leaves the window it is still full.
        mixpanel.Clock.Advance(TimeSpan.FromSeconds(30.5) - TimeSpan.FromTicks(1));
        Assert.Equal(429, (await mixpanel.ImportAsync(body)).Status);
        mixpanel.Clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(200, (await mixpanel.ImportAsync(body)).Status);
        Assert.Equal(3, mixpanel.Events.Count);
    }

    [Fact]
    public async Task Packed_bodies_use_the_allowance_of_what_is_in_them_and_so_do_bad_ones()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(limits: new MixpanelLimits { IngestionBytes = 3000 });
        var body = $"[{mixpanel.Event(more: $""","x":"{new string('x', 1200)}" """)}]";

        Assert.Equal(200, (await mixpanel.SendAsync(
            "POST", MixpanelHarness.Import, MixpanelHarness.Gzip(body), "application/json", MixpanelHarness.ServiceAccount, "gzip")).Status);
        Assert.Equal(400, (await mixpanel.ImportAsync(body[..^1])).Status);
        Assert.Equal(429, (await mixpanel.ImportAsync(body)).Status);
        Assert.Equal(body.Length * 2L - 1, mixpanel.Simulator.Volume(MixpanelHarness.Project).InWindow);
    }

    [Fact]
    public async Task Projects_do_not_share_an_allowance()
    {
        var other = new MixpanelProject { Id = "2", Token = "t2", ApiSecret = "s2" };
        await using var mixpanel = await MixpanelHarness.StartAsync(null, new MixpanelLimits { IngestionBytes = 150 }, other);
        var body = $"[{mixpanel.Event()}]";

        Assert.Equal(200, (await mixpanel.ImportAsync(body)).Status);
        Assert.Equal(429, (await mixpanel.ImportAsync(body)).Status);
        Assert.Equal(200, (await mixpanel.ImportAsync(body, "/import?strict=1", MixpanelHarness.Basic("s2:"))).Status);
    }

    [Fact]
    public async Task Too_many_events_of_one_id_on_one_day_are_set_aside()
    {
        await using var mixpanel = await MixpanelHarness.StartAsync(limits: new MixpanelLimits { MaxEventsPerIdAndDay = 2 });
        var yesterday = $"{mixpanel.Now - 86_400}";

        await mixpanel.ImportAsync(
            $"[{mixpanel.Event(insertId: "1")},{mixpanel.Event(insertId: "2")},{mixpanel.Event(insertId: "3")},{mixpanel.Event(insertId: "4", time: yesterday)},{mixpanel.Event("u-2", "5")}]");

        Assert.Equal(["Purchase", "Purchase", "$hotshard_events", "Purchase", "Purchase"], mixpanel.Events.Select(stored => stored.Name));
        var hot = mixpanel.Events[2];
        Assert.Equal("", hot.DistinctId);
        Assert.Equal("Purchase", MixpanelHarness.Properties(hot).GetProperty("mp_original_event_name").GetString());
        Assert.Equal("u-1", MixpanelHarness.Properties(hot).GetProperty("mp_original_distinct_id").GetString());
    }
}
