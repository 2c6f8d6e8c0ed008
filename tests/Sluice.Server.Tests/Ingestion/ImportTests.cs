using System.Text;
using Sluice.Core.Cohorts;
using Sluice.Core.Identity;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Ingestion;

public sealed class ImportTests : IAsyncLifetime
{
    private Gateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await Gateway.StartAsync(o => o with { MaxIngestionBodyBytes = 100_000 });

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task What_was_sent_is_stored_as_it_was_sent()
    {
        await ImportAsync($"[{Sent.Event("Order", "u-1", "i-1", Sent.Now - 60, more: "\"amount\":19.5,\"tags\":[\"a\"],\"ip\":\"203.0.113.7\"")}]");

        var stored = Assert.Single(_gateway.Events.Stored);
        Assert.Equal(("Order", (Sent.Now - 60) * 1000, "u-1", "i-1"), (stored.Name, stored.Time, stored.DistinctId, stored.InsertId));
        Assert.Contains("\"amount\":19.5", stored.Properties, StringComparison.Ordinal);
        Assert.DoesNotContain("203.0.113.7", stored.Properties, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json", null)]
    [InlineData("application/x-ndjson", null)]
    [InlineData("text/plain", null)]
    [InlineData("application/json", "gzip")]
    [InlineData("application/x-ndjson", "gzip")]
    public async Task Lists_and_lines_come_plain_or_compressed(string type, string? encoding)
    {
        var body = type.Contains("ndjson", StringComparison.Ordinal)
            ? $"{Sent.Event(insertId: "a")}\n{Sent.Event(insertId: "b")}\n"
            : $"[{Sent.Event(insertId: "a")},{Sent.Event(insertId: "b")}]";

        var answer = await _gateway.SendAsync("/import?strict=1", body, type, Gateway.ShopBasic, encoding);

        Assert.Equal((200, """{"code":200,"num_records_imported":2,"status":"OK"}"""), (answer.Status, answer.Body));
        Assert.Equal("application/json", answer.Headers["Content-Type"]);
        Assert.Equal(["a", "b"], _gateway.Events.Stored.Select(e => e.InsertId));
    }

    [Theory]
    [InlineData("/import")]
    [InlineData("/import/")]
    [InlineData("/import?strict=1")]
    public async Task Of_a_partly_bad_batch_the_good_ones_are_stored_and_the_bad_ones_are_listed_and_set_aside(string path)
    {
        var bad = Sent.Event(insertId: "b-2", time: null);
        var answer = await _gateway.SendAsync(path, $"[{Sent.Event(insertId: "g-1")},{bad},{Sent.Event(insertId: "g-3")}]", authorization: Gateway.ShopBasic);

        Assert.Equal(400, answer.Status);
        Assert.Equal(
            """
            {"code":400,"error":"some data points in the request failed validation","status":"Bad Request","num_records_imported":2,"failed_records":[{"index":1,"insert_id":"b-2","$insert_id":"b-2","field":"properties.time","message":"'properties.time' is invalid: must not be missing"}]}
            """,
            answer.Body);
        Assert.Equal(["g-1", "g-3"], _gateway.Events.Stored.Select(e => e.InsertId));
        var (project, origin, record) = Assert.Single(_gateway.Refused.Kept);
        Assert.Equal((Gateway.Shop, "import", "invalid_record", "properties.time", bad), (project, origin, record.Reason, record.Subject, record.Payload));
    }

    [Fact]
    public async Task Without_strict_nothing_is_listed_and_the_bad_ones_are_set_aside_all_the_same()
    {
        var answer = await _gateway.SendAsync("/import?strict=0", $"[{Sent.Event()},{Sent.Event(time: null)}]", authorization: Gateway.ShopBasic);

        Assert.Equal((200, """{"code":200,"num_records_imported":1,"status":"OK"}"""), (answer.Status, answer.Body));
        Assert.Single(_gateway.Events.Stored);
        Assert.Single(_gateway.Refused.Kept);
    }

    [Fact]
    public async Task The_payload_of_a_dead_letter_has_at_most_8_KB_and_ends_with_a_whole_character()
    {
        var long1 = Sent.Event(time: null, more: $"\"x\":\"{new string('é', 6000)}\"");
        await ImportAsync($"{Sent.Event()}\n{long1}\n{{\"event\":\"\0\"}}\n");

        var letters = _gateway.Refused.Kept.ToArray();
        Assert.InRange(Encoding.UTF8.GetByteCount(letters[0].Record.Payload), 8 * 1024 - 3, 8 * 1024);
        Assert.StartsWith(letters[0].Record.Payload, long1, StringComparison.Ordinal);
        Assert.Contains("Only the beginning of its", letters[0].Record.Detail, StringComparison.Ordinal);
        Assert.Equal((Sent.Base64("{\"event\":\"\0\"}"), "the line is not a JSON object. The payload is kept as base64."), (letters[1].Record.Payload, letters[1].Record.Detail));
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("[]", 400)]
    [InlineData("nonsense", 400)]
    [InlineData("[{\"event\":", 400)]
    [InlineData("\"text\"", 400)]
    public async Task A_body_without_events_is_400_and_stores_nothing(string body, int status)
    {
        var answer = await _gateway.SendAsync("/import", body, authorization: Gateway.ShopBasic);

        Assert.Equal(status, answer.Status);
        Assert.Contains("\"status\":\"Bad Request\"", answer.Body, StringComparison.Ordinal);
        Assert.Empty(_gateway.Events.Stored);
    }

    [Fact]
    public async Task More_than_2000_events_or_too_many_bytes_are_413_so_that_clients_send_less()
    {
        var many = await _gateway.SendAsync("/import", $"[{string.Join(',', Enumerable.Repeat("{}", 2_001))}]", authorization: Gateway.ShopBasic);
        var large = await _gateway.SendAsync("/import", new string(' ', 100_001), authorization: Gateway.ShopBasic);
        var bomb = await _gateway.SendAsync("/import", new string(' ', 10_000_000), Sent.Json, Gateway.ShopBasic, "gzip");

        Assert.Equal((413, 413, 413), (many.Status, large.Status, bomb.Status));
        Assert.Equal("""{"code":413,"error":"request exceeds max limit of 100000 bytes","status":"Request Entity Too Large"}""", large.Body);
        Assert.Equal(large.Body, bomb.Body);
    }

    [Fact]
    public async Task Identity_events_fail_the_whole_batch_of_a_simplified_project_with_a_list_of_texts()
    {
        var answer = await ImportAsync($$$"""[{{{Sent.Event()}}},{"event":"$identify","properties":{"$identified_id":"a","$anon_id":"b"}}]""");

        Assert.Equal(400, answer.Status);
        Assert.EndsWith(
            "\"num_records_imported\":0,\"failed_records\":[\"identity events are not allowed when project is using simplified identity management\"]}",
            answer.Body, StringComparison.Ordinal);
        Assert.Empty(_gateway.Events.Stored);
    }

    [Fact]
    public async Task A_copy_is_a_success_and_counted_as_one()
    {
        await ImportAsync($"[{Sent.Event()}]");
        var again = await ImportAsync($"[{Sent.Event()},{Sent.Event("Visit", insertId: "i-2")}]");

        Assert.Equal("""{"code":200,"num_records_imported":2,"status":"OK"}""", again.Body);
        Assert.Equal(2, _gateway.Events.Stored.Count);
        Assert.Equal(1, _gateway.Meters.Sum("sluice.intake.records", ("route", "import"), ("outcome", "duplicate")));
        Assert.Equal(2, _gateway.Meters.Sum("sluice.intake.records", ("route", "import"), ("outcome", "accepted")));
    }

    [Fact]
    public async Task A_copy_of_an_event_from_the_near_future_has_the_time_of_the_first()
    {
        await ImportAsync($"[{Sent.Event(time: Sent.Now + 600)}]");
        _gateway.Time.Advance(TimeSpan.FromSeconds(30));
        await ImportAsync($"[{Sent.Event(time: Sent.Now + 600)}]");

        Assert.Single(_gateway.Events.Stored);
    }

    [Fact]
    public async Task An_event_with_a_device_and_a_user_says_that_they_are_one_person()
    {
        await ImportAsync($"[{Sent.Event(id: null, more: "\"$user_id\":\"u-1\",\"$device_id\":\"d-1\"")},{Sent.Event(id: null, insertId: "i-2", more: "\"$user_id\":\"u-1\",\"$device_id\":\"d-1\"")}]");

        var batch = Assert.Single(_gateway.Events.Batches);
        Assert.Equal([new IdentityClaim(IdentityClaimKind.Device, "u-1", "$device:d-1")], batch.Claims);
        Assert.All(_gateway.Events.Stored, e => Assert.Equal("u-1", e.DistinctId));
    }

    [Fact]
    public async Task The_form_of_older_clients_gets_a_bare_1()
    {
        var data = $"[{Sent.Event(insertId: "a")}]";
        var plain = await _gateway.FormAsync("/import", Gateway.ShopBasic, ("data", data));
        var base64 = await _gateway.FormAsync("/import", Gateway.ShopBasic, ("data", Sent.Base64($"[{Sent.Event(insertId: "b")}]")));
        var verbose = await _gateway.FormAsync("/import?strict=1", Gateway.ShopBasic, ("data", $"[{Sent.Event(insertId: "c")}]"), ("verbose", "1"));
        var bad = await _gateway.FormAsync("/import", Gateway.ShopBasic, ("data", $"[{Sent.Event(time: null)}]"));
        var gone = await _gateway.FormAsync("/import", Gateway.ShopBasic, ("verbose", "1"));

        Assert.Equal((200, "1"), (plain.Status, plain.Body));
        Assert.Equal((200, "1"), (base64.Status, base64.Body));
        Assert.StartsWith("{\"status\":1,\"error\":\"\"", verbose.Body, StringComparison.Ordinal);
        Assert.Equal((200, "0"), (bad.Status, bad.Body));
        Assert.Equal("""{"status":0,"error":"data, missing or empty"}""", gone.Body);
        Assert.Equal(["a", "b", "c"], _gateway.Events.Stored.Select(e => e.InsertId));
    }

    [Fact]
    public async Task The_form_of_older_clients_needs_no_insert_id_and_a_list_does()
    {
        var form = await _gateway.FormAsync("/import", Gateway.ShopBasic, ("data", Sent.Event(insertId: null)));
        var list = await ImportAsync(Sent.Event(insertId: null));

        Assert.Equal("1", form.Body);
        Assert.Contains("'properties.$insert_id' is invalid: must not be missing", list.Body, StringComparison.Ordinal);
        Assert.Null(Assert.Single(_gateway.Events.Stored).InsertId);
    }

    [Fact]
    public async Task A_busy_or_broken_store_is_503_and_nothing_was_acknowledged()
    {
        _gateway.Events.Before = () => throw new IntakeBusyException();
        var busy = await ImportAsync($"[{Sent.Event()}]");
        _gateway.Events.Before = () => throw new InvalidOperationException("The disk is full.");
        var broken = await ImportAsync($"[{Sent.Event()}]");

        Assert.Equal((503, "10"), (busy.Status, busy.Headers["Retry-After"]));
        Assert.Equal("""{"code":503,"error":"The store is busy; send it again.","status":"Service Unavailable"}""", busy.Body);
        Assert.Equal((503, "10"), (broken.Status, broken.Headers["Retry-After"]));
        Assert.DoesNotContain("disk", broken.Body, StringComparison.Ordinal);
        Assert.Empty(_gateway.Events.Stored);
    }

    [Fact]
    public async Task The_answer_comes_only_after_the_commit()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gateway.Events.Before = () =>
        {
            entered.SetResult();
            return gate.Task;
        };
        var sending = ImportAsync($"[{Sent.Event()}]");
        await entered.Task.WaitAsync(TimeSpan.FromMinutes(2), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(200, (await _gateway.GetAsync("/health/live")).Status);
        Assert.False(sending.IsCompleted);

        gate.SetResult();

        Assert.Equal(200, (await sending).Status);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task Any_other_method_is_405(string method)
    {
        var answer = await _gateway.SendAsync(new HttpMethod(method), "/import", content: null, Gateway.ShopBasic);

        Assert.Equal((405, "GET, POST"), (answer.Status, answer.Headers["Allow"]));
        Assert.Empty(_gateway.Directory.Sources);
    }

    [Theory]
    [InlineData("br", 415)]
    [InlineData("gzip", 400)]
    public async Task An_unknown_or_broken_encoding_is_refused(string encoding, int status)
    {
        var content = new ByteArrayContent("[nonsense]"u8.ToArray());
        content.Headers.ContentEncoding.Add(encoding);

        Assert.Equal(status, (await _gateway.SendAsync(HttpMethod.Post, "/import", content, Gateway.ShopBasic)).Status);
    }

    private Task<Answer> ImportAsync(string body) => _gateway.SendAsync("/import?strict=1", body, authorization: Gateway.ShopBasic);
}
