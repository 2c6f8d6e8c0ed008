using System.Text;

namespace Sluice.Simulators.Tests.Mixpanel.Ingestion;

public sealed class ImportTests : IAsyncLifetime
{
    private MixpanelHarness _mixpanel = null!;

    public async ValueTask InitializeAsync() => _mixpanel = await MixpanelHarness.StartAsync();

    public ValueTask DisposeAsync() => _mixpanel.DisposeAsync();

    [Fact]
    public async Task A_good_batch_is_counted_and_stored_with_what_the_server_adds()
    {
        var body = _mixpanel.Event(more: ""","amount":19.5,"tags":["a","b"],"none":null,"token":"x","ip":"203.0.113.7" """);

        var answer = await _mixpanel.ImportAsync($"[{body},{_mixpanel.Event("u-2", "i-2")}]");

        answer.Is(200, """{"code":200,"num_records_imported":2,"status":"OK"}""");
        Assert.Equal(["u-1", "u-2"], _mixpanel.Events.Select(stored => stored.DistinctId));
        var properties = MixpanelHarness.Properties(_mixpanel.Events[0]);
        var now = _mixpanel.Now * 1000;
        Assert.Equal(
            $$"""{"time":{{now}},"distinct_id":"u-1","$insert_id":"i-1","amount":19.5,"tags":["a","b"],"none":null,"$user_id":"u-1","$city":"Lyon","$region":"Auvergne-Rhône-Alpes","mp_country_code":"FR","$import":true,"$mp_api_endpoint":"api.mixpanel.com","$mp_api_timestamp_ms":{{now}},"mp_processing_time_ms":{{now}},"$mp_event_size":{{body.Length}}}""",
            properties.GetRawText());
    }

    [Fact]
    public async Task Lines_and_gzip_are_taken_like_an_array()
    {
        var lines = $"{_mixpanel.Event("a", "i-1")}\n\r\n{_mixpanel.Event("b", "i-2")}\r\n";

        (await _mixpanel.ImportAsync(lines, type: "application/x-ndjson")).Is(200, """{"code":200,"num_records_imported":2,"status":"OK"}""");
        var packed = await _mixpanel.SendAsync(
            "POST", MixpanelHarness.Import, MixpanelHarness.Gzip(lines), "application/x-ndjson", MixpanelHarness.ServiceAccount, "gzip");
        var array = await _mixpanel.SendAsync(
            "POST", MixpanelHarness.Import, MixpanelHarness.Gzip($"[{_mixpanel.Event("c", "i-3")}]"), "application/json; charset=utf-8",
            MixpanelHarness.ServiceAccount, "gzip");

        Assert.Equal((200, 200), (packed.Status, array.Status));
        Assert.Equal(["a", "b", "a", "b", "c"], _mixpanel.Events.Select(stored => stored.DistinctId));
    }

    [Fact]
    public async Task Each_bad_record_is_named_and_the_good_ones_are_stored()
    {
        var answer = await _mixpanel.ImportAsync(
            $$"""[{{_mixpanel.Event("a", "i-0")}},{{_mixpanel.Event("b", "i-1", time: "\"yesterday\"")}},{{_mixpanel.Event("c", "i-2")}}]""");

        answer.Is(400, """{"code":400,"error":"some data points in the request failed validation","status":"Bad Request","num_records_imported":2,"failed_records":[{"index":1,"insert_id":"i-1","$insert_id":"i-1","field":"properties.time","message":"'properties.time' is invalid: must be specified as seconds since epoch"}]}""");
        Assert.Equal(["a", "c"], _mixpanel.Events.Select(stored => stored.DistinctId));
    }

    [Theory]
    [InlineData("""{"properties":{"time":1,"distinct_id":"a","$insert_id":"i"}}""", "event", "'event' must not be missing or blank")]
    [InlineData("""{"event":" ","properties":{}}""", "event", "'event' must not be missing or blank")]
    [InlineData("""{"event":7,"properties":{}}""", "event", "'event' must not be missing or blank")]
    [InlineData("""{"event":"e"}""", "properties.time", "'properties.time' is invalid: must not be missing")]
    [InlineData("""{"event":"e","properties":{"time":true}}""", "properties.time", "'properties.time' is invalid: must be specified as seconds since epoch")]
    [InlineData("""{"event":"e","properties":{"time":NOW}}""", "properties.distinct_id", "'properties.distinct_id' is invalid: must not be missing")]
    [InlineData("""{"event":"e","properties":{"time":NOW,"distinct_id":null}}""", "properties.distinct_id", "'properties.distinct_id' is invalid: must not be missing")]
    [InlineData("""{"event":"e","properties":{"time":NOW,"distinct_id":"a"}}""", "properties.$insert_id", "'properties.$insert_id' is invalid: must not be missing")]
    [InlineData("""{"event":"e","properties":{"time":NOW,"distinct_id":"a","$insert_id":"i","x":"\ud800"}}""", "properties.x", "properties.x is invalid: string should be valid utf8")]
    [InlineData("""{"event":"e","properties":{"time":NOW,"distinct_id":"a","$insert_id":"i","x":[[[[1]]]]}}""", "properties.x", "'properties.x' is invalid: must not be nested deeper than 3 levels")]
    [InlineData("""{"event":"e","properties":7}""", "properties", "'properties' must be an object")]
    [InlineData("7", "", "record must be a JSON object")]
    public async Task Rules_name_the_field_and_the_reason(string record, string field, string message)
    {
        var answer = await _mixpanel.ImportAsync($"[{record.Replace("NOW", $"{_mixpanel.Now}", StringComparison.Ordinal)}]");

        Assert.Equal(400, answer.Status);
        var failure = Assert.Single(answer.Failed.EnumerateArray().ToArray());
        Assert.Equal((field, message), (failure.GetProperty("field").GetString(), failure.GetProperty("message").GetString()));
        Assert.Equal(0, answer.Json.GetProperty("num_records_imported").GetInt32());
        Assert.Empty(_mixpanel.Events);
    }

    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("anon")]
    [InlineData("Anonymous")]
    [InlineData("nil")]
    [InlineData("none")]
    [InlineData("NULL")]
    [InlineData("n/a")]
    [InlineData("na")]
    [InlineData("undefined")]
    [InlineData("unknown")]
    [InlineData("<nil>")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("[]")]
    [InlineData("{}")]
    public async Task Placeholders_are_neither_distinct_ids_nor_insert_ids(string id)
    {
        var answer = await _mixpanel.ImportAsync($"[{_mixpanel.Event(id)},{_mixpanel.Event(insertId: id)}]");

        Assert.Equal(
            ["properties.distinct_id", "properties.$insert_id"],
            answer.Failed.EnumerateArray().Select(failure => failure.GetProperty("field").GetString()));
    }

    [Theory]
    [InlineData("0123456789-0123456789-0123456789-abc", true)]
    [InlineData("0123456789-0123456789-0123456789-abcd", false)]
    [InlineData("with_underscore", false)]
    [InlineData("é", false)]
    [InlineData("", false)]
    public async Task Insert_ids_are_short_and_plain(string insertId, bool good) =>
        Assert.Equal(good ? 200 : 400, (await _mixpanel.ImportAsync($"[{_mixpanel.Event(insertId: insertId)}]")).Status);

    [Fact]
    public async Task Ids_are_text_whatever_they_were_sent_as_and_may_be_empty()
    {
        var answer = await _mixpanel.ImportAsync(
            $$$"""
            [{"event":"e","properties":{"time":{{{_mixpanel.Now}}},"distinct_id":42,"$insert_id":"i"}},{{{_mixpanel.Event("", "i-2")}}},
             {"event":"e","properties":{"time":{{{_mixpanel.Now}}},"distinct_id":0,"$insert_id":"i"}}]
            """);

        Assert.Equal([2], answer.Failed.EnumerateArray().Select(failure => failure.GetProperty("index").GetInt32()));
        Assert.Equal(["42", ""], _mixpanel.Events.Select(stored => stored.DistinctId));
    }

    [Fact]
    public async Task Time_is_seconds_or_milliseconds_within_its_bounds()
    {
        var now = _mixpanel.Now;
        string[] times = ["31536000", "31535999", $"{now}123", $"{now + 3600}", $"{now + 3601}", "1e3", "-5"];

        var answer = await _mixpanel.ImportAsync($"[{string.Join(',', times.Select((time, i) => _mixpanel.Event(insertId: $"i-{i}", time: time)))}]");

        Assert.Equal([1, 4, 5, 6], answer.Failed.EnumerateArray().Select(failure => failure.GetProperty("index").GetInt32()));
        Assert.All(answer.Failed.EnumerateArray(), failure => Assert.Equal("properties.time", failure.GetProperty("field").GetString()));

        // In the future but inside of the hour: it happened when it arrived.
        Assert.Equal([31_536_000_000, now * 1000, now * 1000], _mixpanel.Events.Select(stored => stored.TimeMs));
    }

    [Fact]
    public async Task Bytes_that_are_no_text_fail_their_record_alone()
    {
        var bytes = Encoding.UTF8.GetBytes($"[{_mixpanel.Event(more: ""","x":"?" """)},{_mixpanel.Event("b", "i-2")}]");
        bytes[Array.IndexOf(bytes, (byte)'?')] = 0xff;

        var answer = await _mixpanel.SendAsync("POST", MixpanelHarness.Import, bytes, "application/json", MixpanelHarness.ServiceAccount);

        Assert.Equal("properties.x is invalid: string should be valid utf8", answer.Failed[0].GetProperty("message").GetString());
        Assert.Equal(["b"], _mixpanel.Events.Select(stored => stored.DistinctId));
    }

    [Fact]
    public async Task Without_strict_bad_records_disappear_without_a_word()
    {
        var answer = await _mixpanel.ImportAsync(
            $$"""[{{_mixpanel.Event()}},{"event":""},{"event":"$identify","properties":{"$identified_id":"a","$anon_id":"b"} }]""",
            "/import?strict=0&project_id=12345");

        answer.Is(200, """{"code":200,"num_records_imported":1,"status":"OK"}""");
        Assert.Single(_mixpanel.Events);
        Assert.Equal(2, _mixpanel.Simulator.Lost(MixpanelHarness.Project)["invalid without strict"]);
    }

    [Fact]
    public async Task Ignored_events_are_good_and_gone()
    {
        var answer = await _mixpanel.ImportAsync(
            $"[{_mixpanel.Event(more: ""","$ignore":true""")},{_mixpanel.Event(more: ""","$ignore":"x" """)},{_mixpanel.Event(more: ""","$ignore":"" """)},{_mixpanel.Event(more: ""","$ignore":false""")}]");

        Assert.Equal(4, answer.Json.GetProperty("num_records_imported").GetInt32());
        Assert.Equal(2, _mixpanel.Events.Count);
        Assert.Equal(2, _mixpanel.Simulator.Lost(MixpanelHarness.Project)["$ignore"]);
    }

    [Fact]
    public async Task Long_names_and_texts_are_cut_and_never_through_a_character()
    {
        var emoji = new string('x', 254) + "😀";
        await _mixpanel.ImportAsync($$"""[{{_mixpanel.Event(more: $$""","{{new string('n', 300)}}":1,"long":"{{new string('v', 300)}}","emoji":"{{emoji}}","list":["{{new string('w', 300)}}"]""")}}]""");

        var properties = MixpanelHarness.Properties(Assert.Single(_mixpanel.Events));
        Assert.Equal(1, properties.GetProperty(new string('n', 255)).GetInt32());
        Assert.Equal(new string('v', 255), properties.GetProperty("long").GetString());
        Assert.Equal(new string('x', 254), properties.GetProperty("emoji").GetString());
        Assert.Equal(new string('w', 255), properties.GetProperty("list")[0].GetString());
    }

    [Fact]
    public async Task Of_a_key_that_stands_twice_the_last_value_counts()
    {
        await _mixpanel.ImportAsync($"[{_mixpanel.Event(more: ""","x":1,"x":2""")}]");

        Assert.Equal(2, MixpanelHarness.Properties(Assert.Single(_mixpanel.Events)).GetProperty("x").GetInt32());
    }

    [Theory]
    [InlineData("[]", "application/json", "data, missing or empty")]
    [InlineData("", "application/json", "data, missing or empty")]
    [InlineData("[{]", "application/json", "request body is not valid JSON")]
    [InlineData("7", "application/json", "data, missing or empty")]
    [InlineData("\n\n", "application/x-ndjson", "data, missing or empty")]
    [InlineData("[]", "text/plain", "content type must be application/json or application/x-ndjson")]
    public async Task A_body_without_records_is_refused_whole(string body, string type, string error) =>
        (await _mixpanel.ImportAsync(body, type: type)).Is(400, $$"""{"code":400,"error":"{{error}}","status":"Bad Request"}""");

    [Fact]
    public async Task An_unreadable_line_is_one_bad_record()
    {
        var answer = await _mixpanel.ImportAsync($"{_mixpanel.Event()}\n{{not json\n{_mixpanel.Event("b", "i-2")}", type: "application/x-ndjson");

        Assert.Equal((400, 2), (answer.Status, answer.Json.GetProperty("num_records_imported").GetInt32()));
        Assert.Equal(1, Assert.Single(answer.Failed.EnumerateArray().ToArray()).GetProperty("index").GetInt32());
    }

    [Theory]
    [InlineData("gzip", "body is not valid gzip")]
    [InlineData("br", "content encoding br is not supported")]
    public async Task Only_real_gzip_is_unpacked(string encoding, string error)
    {
        var answer = await _mixpanel.SendAsync(
            "POST", MixpanelHarness.Import, [1, 2, 3, 4], "application/json", MixpanelHarness.ServiceAccount, encoding);

        Assert.Equal((400, error), (answer.Status, answer.Json.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task The_form_of_the_older_clients_is_answered_with_a_digit()
    {
        // No insert id: those clients send none.
        var data = Convert.ToBase64String(Encoding.UTF8.GetBytes($$"""{"event":"Old","properties":{"time":{{_mixpanel.Now - 90 * 86_400}},"distinct_id":"u"} }"""));
        var escaped = Uri.EscapeDataString(data);

        (await _mixpanel.ImportAsync($"data={escaped}", "/import?project_id=12345", type: "application/x-www-form-urlencoded")).Is(200, "1");
        (await _mixpanel.GetAsync($"/import?project_id=12345&verbose=1&data={escaped}", MixpanelHarness.ServiceAccount))
            .Is(200, """{"status":1,"error":""}""");
        (await _mixpanel.ImportAsync("data=%7B%22event%22%3A%22%22%7D", "/import?project_id=12345", type: "application/x-www-form-urlencoded")).Is(200, "0");
        Assert.Equal(2, _mixpanel.Events.Count);
        Assert.All(_mixpanel.Events, stored => Assert.False(stored.InsertIdSent));
        Assert.NotEqual(_mixpanel.Events[0].InsertId, _mixpanel.Events[1].InsertId);
    }

    [Fact]
    public async Task Copies_are_kept_and_only_queries_fold_them()
    {
        var minute = _mixpanel.Now - 60;
        var batch = $"[{_mixpanel.Event(more: ""","v":1""")}]";
        await _mixpanel.ImportAsync(batch);
        await _mixpanel.ImportAsync(batch.Replace("\"v\":1", "\"v\":2", StringComparison.Ordinal));
        await _mixpanel.ImportAsync($"[{_mixpanel.Event(time: $"{minute}")},{_mixpanel.Event(name: "Other")},{_mixpanel.Event("u-2")},{_mixpanel.Event(insertId: "i-2")}]");

        Assert.Equal(6, _mixpanel.Simulator.EventCount(MixpanelHarness.Project));
        Assert.Equal(Enumerable.Range(1, 6).Select(number => (long)number), _mixpanel.Events.Select(stored => stored.Number));

        // Each part of the key alone keeps two events apart; of two equal keys the last event is shown.
        var shown = _mixpanel.Simulator.QueryEvents(MixpanelHarness.Project);
        Assert.Equal([2L, 3, 4, 5, 6], shown.Select(stored => stored.Number));
        Assert.Equal(2, MixpanelHarness.Properties(shown[0]).GetProperty("v").GetInt32());
    }

    [Theory]
    [InlineData(""","ip":"0" """, null)]
    [InlineData(""","ip":0""", null)]
    [InlineData("", "Ashburn")]
    [InlineData(""","ip":"192.0.2.7" """, "Seoul")]
    [InlineData(""","ip":"192.0.2.7","$latitude":19.1,"$longitude":72.9""", "Mumbai")]
    [InlineData(""","ip":"192.0.2.7","$latitude":19.1,"$longitude":72.9,"$city":"Busan" """, "Busan")]
    [InlineData(""","ip":"10.0.0.1" """, null)]
    public async Task The_place_is_said_then_measured_then_looked_up(string more, string? city)
    {
        await _mixpanel.ImportAsync($"[{_mixpanel.Event(more: more)}]");

        var properties = MixpanelHarness.Properties(Assert.Single(_mixpanel.Events));
        Assert.Equal(city, properties.TryGetProperty("$city", out var found) ? found.GetString() : null);
        Assert.False(properties.TryGetProperty("ip", out _));
    }
}
