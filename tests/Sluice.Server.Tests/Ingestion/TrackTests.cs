using System.Text;
using Sluice.Core.Cohorts;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Ingestion;

public sealed class TrackTests : IAsyncLifetime
{
    private Gateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await Gateway.StartAsync(o => o with { MaxIngestionBodyBytes = 100_000 });

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("/track")]
    [InlineData("/track/")]
    [InlineData("/track/?ip=1&_=1793610000000")]
    public async Task Json_is_taken_and_answered_with_1(string path)
    {
        var answer = await _gateway.SendAsync(path, $"[{Shop()}]");

        Assert.Equal((200, "1"), (answer.Status, answer.Body));
        Assert.Equal((Gateway.Shop, "Order", "u-1"), Stored(Assert.Single(_gateway.Events.Stored)));
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    // What a browser's beacon says of a form.
    [InlineData("text/plain; charset=utf-8")]
    public async Task Forms_carry_plain_or_base64_data_whatever_they_say_they_are(string type)
    {
        var plain = await _gateway.SendAsync("/track", "data=" + Uri.EscapeDataString(Shop(insertId: "a")), type);
        var base64 = await _gateway.SendAsync("/track", "verbose=1&data=" + Uri.EscapeDataString(Sent.Base64($"[{Shop(insertId: "b")}]")), type);

        Assert.Equal("1", plain.Body);
        Assert.Equal("""{"status":1,"error":""}""", base64.Body);
        Assert.Equal(["a", "b"], _gateway.Events.Stored.Select(e => e.InsertId));
    }

    [Fact]
    public async Task A_get_carries_its_data_in_the_query()
    {
        var answer = await _gateway.GetAsync($"/track/?data={Uri.EscapeDataString(Sent.Base64(Shop()))}&verbose=1");

        Assert.Equal("""{"status":1,"error":""}""", answer.Body);
        Assert.Single(_gateway.Events.Stored);
    }

    [Fact]
    public async Task A_long_get_is_taken_and_a_longer_one_is_no_5xx()
    {
        var some = $"[{string.Join(',', Enumerable.Range(0, 100).Select(i => Shop(insertId: $"i-{i}")))}]";
        var taken = await _gateway.GetAsync($"/track?data={Uri.EscapeDataString(Sent.Base64(some))}");
        var refused = await _gateway.GetAsync($"/track?data={new string('x', 40_000)}");

        Assert.Equal((200, "1", 414), (taken.Status, taken.Body, refused.Status));
        Assert.Equal(100, _gateway.Events.Stored.Count);
    }

    [Fact]
    public async Task Compressed_bodies_are_taken()
    {
        Assert.Equal("1", (await _gateway.SendAsync("/track", $"[{Shop()}]", Sent.Json, encoding: "gzip")).Body);
        Assert.Single(_gateway.Events.Stored);
    }

    [Fact]
    public async Task An_emoji_as_two_encoded_halves_is_one_character()
    {
        // U+1F600 as CESU-8, as the browser SDK encodes it inside the base64.
        byte[] before = Encoding.UTF8.GetBytes(Sent.Event(token: Gateway.ShopToken, more: "\"mood\":\""));
        byte[] json = [.. before[..^2], 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80, .. "\"}}"u8];
        var answer = await _gateway.FormAsync("/track", null, ("data", Convert.ToBase64String(json)));

        Assert.Equal("1", answer.Body);
        Assert.Contains("\"mood\":\"😀\"", Assert.Single(_gateway.Events.Stored).Properties, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_without_time_insert_id_or_id_are_taken()
    {
        await _gateway.SendAsync("/track", $"[{Sent.Event("Visit", id: null, insertId: null, time: null, token: Gateway.ShopToken)}]");

        var stored = Assert.Single(_gateway.Events.Stored);
        Assert.Equal((Sent.Now * 1000, "", null), (stored.Time, stored.DistinctId, stored.InsertId));
    }

    [Fact]
    public async Task With_ip_1_an_event_without_id_has_one_that_stands_for_the_address_and_does_not_tell_it()
    {
        await _gateway.SendAsync("/track?ip=1", $"[{Anonymous("a")}]");
        await _gateway.SendAsync("/track", $"[{Anonymous("b")}]");
        await _gateway.FormAsync("/track", null, ("ip", "1"), ("data", Anonymous("c")));

        var ids = _gateway.Events.Stored.Select(e => e.DistinctId).ToArray();
        Assert.Equal("", ids[1]);
        Assert.Equal(32, ids[0].Length);
        Assert.Equal(ids[0], ids[2]);
        Assert.All(_gateway.Events.Stored, e => Assert.DoesNotContain("127.0.0.1", e.ToString(), StringComparison.Ordinal));

        static string Anonymous(string insertId) => Sent.Event("Visit", id: null, insertId: insertId, token: Gateway.ShopToken);
    }

    [Fact]
    public async Task An_unknown_token_is_dropped_and_the_answer_is_1()
    {
        var answer = await _gateway.SendAsync("/track?verbose=1", $"[{Sent.Event(token: "nobodys-token")}]");

        Assert.Equal("""{"status":1,"error":""}""", answer.Body);
        Assert.Empty(_gateway.Events.Stored);
        Assert.Equal(1, _gateway.Meters.Sum("sluice.intake.records", ("outcome", "unknown_token")));
    }

    [Fact]
    public async Task A_batch_of_several_tokens_goes_to_several_projects_each_with_its_own_identities()
    {
        var identify = $$$"""{"event":"$identify","properties":{"token":"{{{Gateway.BlogToken}}}","$identified_id":"u-9","$anon_id":"3f0c8f2e-5f0b-4f53-9c1e-2f0a6b1c7d90"}}""";
        var mixed = $"[{Shop(insertId: "s")},{Sent.Event("Read", "u-9", "b", token: Gateway.BlogToken)},{Sent.Event(token: "nobody")},{identify}]";
        var answer = await _gateway.SendAsync("/track", mixed);

        Assert.Equal("1", answer.Body);
        Assert.Equal(
            [(Gateway.Blog, "$identify", "u-9"), (Gateway.Blog, "Read", "u-9"), (Gateway.Shop, "Order", "u-1")],
            _gateway.Events.Stored.Select(Stored).Order());
        var claims = _gateway.Events.Batches.SelectMany(b => b.Claims.Select(c => $"{b.Project} {b.Mode} {c.Kind} {c.Id} {c.Other}"));
        Assert.Equal(["blog Original Identify u-9 3f0c8f2e-5f0b-4f53-9c1e-2f0a6b1c7d90"], claims);
    }

    [Fact]
    public async Task Identity_events_mean_nothing_in_a_simplified_project_and_are_no_failure()
    {
        var answer = await _gateway.SendAsync(
            "/track", $$$"""[{"event":"$identify","properties":{"token":"{{{Gateway.ShopToken}}}","$identified_id":"a","$anon_id":"b"}}]""");

        Assert.Equal("1", answer.Body);
        Assert.Empty(_gateway.Events.Stored);
        Assert.Equal(1, _gateway.Meters.Sum("sluice.intake.records", ("outcome", "ignored")));
    }

    [Fact]
    public async Task A_body_is_read_again_only_for_projects_that_it_has_events_of()
    {
        var identify = $$$"""{"event":"$identify","properties":{"token":"{{{Gateway.ShopToken}}}","$identified_id":"a","$anon_id":"b"}}""";
        await _gateway.SendAsync("/track", $"[{string.Join(',', Enumerable.Repeat(identify, 100))}]");

        // Each reading in another mode would look the token of each event up.
        Assert.InRange(_gateway.Directory.Lookups, 1, 10);
    }

    [Fact]
    public async Task A_byte_order_mark_hides_nothing()
    {
        var events = $"\uFEFF[{Sent.Event("Read", "u-9", "b", token: Gateway.BlogToken)}]";

        Assert.Equal("1", (await _gateway.SendAsync("/track", events)).Body);
        Assert.Equal((Gateway.Blog, "Read", "u-9"), Stored(Assert.Single(_gateway.Events.Stored)));
    }

    [Fact]
    public async Task The_token_never_merges()
    {
        var merge = $$$"""{"event":"$merge","properties":{"token":"{{{Gateway.BlogToken}}}","$distinct_ids":["a","b"]}}""";

        Assert.Equal("0", (await _gateway.SendAsync("/track", merge)).Body);
        Assert.Empty(_gateway.Events.Batches);
    }

    [Fact]
    public async Task One_valid_event_makes_a_1_and_none_makes_a_0_and_bad_ones_are_set_aside()
    {
        var bad = $$$"""{"event":"","properties":{"token":"{{{Gateway.ShopToken}}}"}}""";
        var some = await _gateway.SendAsync("/track", $"[{bad},{Shop()}]");
        var none = await _gateway.SendAsync("/track", $"[{bad}]");
        var why = await _gateway.SendAsync("/track?verbose=1", "[{\"event\":\"x\"}]");

        Assert.Equal(("1", "0"), (some.Body, none.Body));
        Assert.Equal((200, """{"status":0,"error":"'properties.token' is invalid: must not be missing"}"""), (why.Status, why.Body));
        Assert.Single(_gateway.Events.Stored);
        Assert.All(_gateway.Refused.Kept, k => Assert.Equal((Gateway.Shop, "track", bad), (k.Project, k.Origin, k.Record.Payload)));
        Assert.Equal(2, _gateway.Refused.Kept.Count);
    }

    [Fact]
    public async Task Whoever_knows_a_token_cannot_fill_the_dead_letters()
    {
        var bad = string.Join(',', Enumerable.Range(0, 300).Select(i => $$$"""{"event":"","properties":{"token":"{{{Gateway.ShopToken}}}","n":{{{i}}}}}"""));
        await _gateway.SendAsync("/track", $"[{bad}]");
        await _gateway.SendAsync("/track", $"[{bad}]");

        Assert.Equal(100, _gateway.Refused.Kept.Count);
        Assert.Equal(600, _gateway.Meters.Sum("sluice.intake.records", ("outcome", "refused")));
    }

    [Fact]
    public async Task Events_older_than_five_days_are_taken_and_counted_as_late()
    {
        await _gateway.SendAsync("/track", $"[{Shop(insertId: "a", time: Sent.Now - (5 * 86_400) - 1)},{Shop(insertId: "b", time: Sent.Now - (5 * 86_400) + 1)}]");

        Assert.Equal(2, _gateway.Events.Stored.Count);
        Assert.Equal(1, _gateway.Meters.Sum("sluice.intake.records", ("outcome", "late")));
        Assert.Equal(2, _gateway.Meters.Sum("sluice.intake.records", ("outcome", "accepted")));
    }

    [Fact]
    public async Task An_image_or_a_script_is_answered_where_it_was_asked_for()
    {
        var data = Uri.EscapeDataString(Sent.Base64(Shop()));
        var image = await _gateway.GetAsync($"/track?img=1&data={data}");
        var script = await _gateway.GetAsync($"/track?callback=mp.done&data={data}");
        var attack = await _gateway.GetAsync($"/track?callback=alert(1)//&data={data}");

        Assert.Equal("image/gif", image.Headers["Content-Type"]);
        Assert.StartsWith("GIF89a", image.Body, StringComparison.Ordinal);
        Assert.Equal(("text/javascript", "mp.done(1);"), (script.Headers["Content-Type"], script.Body));
        Assert.Equal("1", attack.Body);
    }

    [Theory]
    [InlineData("")]
    [InlineData("data=")]
    [InlineData("data=%00%01")]
    [InlineData("nonsense")]
    [InlineData("[")]
    public async Task A_body_without_events_is_0_with_200(string body)
    {
        var answer = await _gateway.SendAsync("/track?verbose=1", body, "application/x-www-form-urlencoded");

        Assert.Equal(200, answer.Status);
        Assert.StartsWith("{\"status\":0,\"error\":\"", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_much_is_413_so_that_clients_send_less()
    {
        var many = await _gateway.SendAsync("/track", $"[{string.Join(',', Enumerable.Repeat("{}", 2_001))}]");
        var large = await _gateway.SendAsync("/track", new string(' ', 100_001));

        Assert.Equal((413, 413), (many.Status, large.Status));
        Assert.Equal("""{"status":"error","error":"request exceeds max limit of 100000 bytes"}""", large.Body);
    }

    [Fact]
    public async Task A_busy_or_broken_store_is_503()
    {
        _gateway.Events.Before = () => throw new IntakeBusyException();
        var busy = await _gateway.SendAsync("/track", Shop());
        _gateway.Events.Before = () => throw new InvalidOperationException("The disk is full.");
        var broken = await _gateway.GetAsync($"/track?data={Sent.Base64(Shop())}");

        Assert.Equal((503, "10", """{"status":"error","error":"The store is busy; send it again."}"""), (busy.Status, busy.Headers["Retry-After"], busy.Body));
        Assert.Equal((503, "10"), (broken.Status, broken.Headers["Retry-After"]));
    }

    [Fact]
    public async Task Strangers_who_hold_their_room_shut_out_nobody_who_has_keys()
    {
        await using var gateway = await Gateway.StartAsync(o => o with
        {
            MaxBodyBytes = 100_000, MaxInboxBodyBytes = 100_000, MaxIngestionBodyBytes = 100_000, BodyBudgetBytes = 200_000, BodyBudgetWait = TimeSpan.Zero,
        });
        using var pipe = new HeldBody("application/json", "[");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/track") { Content = pipe };
        var held = gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await Soon.TrueAsync("the stranger has its room", () => gateway.Meters.Sum("sluice.gateway.body_budget.used") > 0);

        var stranger = await gateway.SendAsync("/track", Shop());
        var known = await gateway.SendAsync("/import", $"[{Sent.Event()}]", authorization: Gateway.ShopBasic);
        pipe.Release();

        Assert.Equal((503, 200), (stranger.Status, known.Status));
        Assert.All(gateway.Logs.Of(1023), line => Assert.DoesNotContain("127.0.0.1", line.Everything, StringComparison.Ordinal));
        using var answer = await held;
        Assert.Equal(200, (int)answer.StatusCode);
    }

    private static string Shop(string insertId = "i-1", long time = Sent.Now) => Sent.Event("Order", "u-1", insertId, time, Gateway.ShopToken);

    private static (string, string, string) Stored(StoredEvent stored) => (stored.Project, stored.Name, stored.DistinctId);
}
