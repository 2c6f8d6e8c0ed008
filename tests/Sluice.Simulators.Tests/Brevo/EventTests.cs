using System.Text;

namespace Sluice.Simulators.Tests.Brevo;

public sealed class EventTests : IAsyncLifetime
{
    private BrevoHarness _brevo = null!;
    private long _jane;

    public async ValueTask InitializeAsync()
    {
        _brevo = await BrevoHarness.StartAsync();
        _jane = await _brevo.CreateAsync("jane@example.test", ""","ext_id":"u1","attributes":{"SMS":"821012345678"}""");
    }

    public ValueTask DisposeAsync() => _brevo.DisposeAsync();

    [Fact]
    public async Task An_event_is_204_and_the_same_one_twice_is_stored_twice()
    {
        const string body = """{"event_name":"order_completed","identifiers":{"ext_id":"u1"},"event_properties":{"insert_id":"e1"}}""";

        (await _brevo.PostAsync("/events", body)).IsEmpty(204);
        (await _brevo.PostAsync("/events", body)).IsEmpty(204);

        Assert.Equal(2, _brevo.Simulator.Events.Count);
        Assert.All(_brevo.Simulator.Events, stored => Assert.Equal((_jane, "order_completed"), (stored.ContactId, stored.Name)));
    }

    [Theory]
    [InlineData("{", "bad_request")]
    [InlineData("[]", "bad_request")]
    [InlineData("""{"identifiers":{"ext_id":"u1"}}""", "missing_parameter")]
    [InlineData("""{"event_name":"","identifiers":{"ext_id":"u1"}}""", "invalid_parameter")]
    [InlineData("""{"event_name":"$signup","identifiers":{"ext_id":"u1"}}""", "invalid_parameter")]
    [InlineData("""{"event_name":"page viewed","identifiers":{"ext_id":"u1"}}""", "invalid_parameter")]
    [InlineData("""{"event_name":"x"}""", "missing_parameter")]
    [InlineData("""{"event_name":"x","identifiers":{}}""", "missing_parameter")]
    [InlineData("""{"event_name":"x","identifiers":{"email":"jane@example.test"}}""", "missing_parameter")]
    [InlineData("""{"event_name":"x","identifiers":{"contact_id":"1"}}""", "invalid_parameter")]
    [InlineData("""{"event_name":"x","identifiers":{"ext_id":"u1"},"event_date":"2026-01-01"}""", "invalid_parameter")]
    [InlineData("""{"event_name":"x","identifiers":{"ext_id":"u1"},"event_date":"2026-01-01T10:00:00"}""", "invalid_parameter")]
    [InlineData("""{"event_name":"x","identifiers":{"ext_id":"u1"},"event_properties":{"$city":"Seoul"}}""", "invalid_parameter")]
    [InlineData("""{"event_name":"x","identifiers":{"ext_id":"u1"},"event_properties":{"a":{"b c":1}}}""", "invalid_parameter")]
    [InlineData("""{"event_name":"x","identifiers":{"ext_id":"u1"},"event_properties":{"a":null}}""", "invalid_parameter")]
    [InlineData("""{"event_name":"x","identifiers":{"ext_id":"u1"},"contact_properties":{"FIRSTNAME":["a"]}}""", "invalid_parameter")]
    public async Task Malformed_events_are_400(string body, string code)
    {
        (await _brevo.PostAsync("/events", body)).IsError(400, code);
        Assert.Empty(_brevo.Simulator.Events);
    }

    [Fact]
    public async Task Names_have_at_most_255_characters_and_properties_50_kilobytes()
    {
        Assert.Equal(204, (await NamedAsync(255)).Status);
        Assert.Equal(400, (await NamedAsync(256)).Status);
        Assert.Equal(204, (await SizedAsync((50 * 1024) - 8)).Status);
        Assert.Equal(400, (await SizedAsync((50 * 1024) - 7)).Status);

        Task<Reply> NamedAsync(int length) =>
            _brevo.PostAsync("/events", $$$"""{"event_name":"{{{new string('x', length)}}}","identifiers":{"ext_id":"u1"}}""");

        // Eight bytes are the braces, the name and the quotes.
        Task<Reply> SizedAsync(int length) => _brevo.PostAsync(
            "/events",
            $$$"""{"event_name":"x","identifiers":{"ext_id":"u1"},"event_properties":{"a":"{{{new string('x', length)}}}"}}""");
    }

    [Theory]
    [InlineData("\"contact_id\":1")]
    [InlineData("\"email_id\":\"jane@example.test\"")]
    [InlineData("\"phone_id\":\"+821012345678\"")]
    [InlineData("\"ext_id\":\"ghost\",\"email_id\":\"jane@example.test\"")]
    public async Task Any_identifier_leads_to_the_contact(string identifier)
    {
        await _brevo.PostAsync("/events", $$$"""{"event_name":"x","identifiers":{ {{{identifier}}} }}""");

        Assert.Equal(_jane, Assert.Single(_brevo.Simulator.Events).ContactId);
    }

    [Theory]
    [InlineData("\"ext_id\":\"ghost\"")]
    [InlineData("\"email_id\":\"Jane@example.test\"")]
    [InlineData("\"contact_id\":99,\"ext_id\":\"u1\"")]
    public async Task Events_of_nobody_are_accepted_and_dropped(string identifier)
    {
        (await _brevo.PostAsync("/events", $$$"""{"event_name":"x","identifiers":{ {{{identifier}}} }}""")).IsEmpty(204);

        Assert.Empty(_brevo.Simulator.Events);
        Assert.Equal(1, _brevo.Simulator.DroppedEvents);
    }

    [Fact]
    public async Task Contact_properties_set_existing_attributes_of_the_right_type()
    {
        await _brevo.PostAsync(
            "/events",
            """{"event_name":"x","identifiers":{"ext_id":"u1"},"contact_properties":{"FIRSTNAME":"Jane","LASTNAME":7,"GHOST":"x"}}""");

        Assert.Equal(["FIRSTNAME"], _brevo.Simulator.ContactById(_jane)!.Attributes.Keys);
    }

    [Fact]
    public async Task A_batch_counts_what_is_valid_and_stores_it_later()
    {
        var reply = await _brevo.PostAsync("/events/batch", """
            {"events":[
              {"event_name":"a","identifiers":{"ext_id":"u1"}},
              {"event_name":"not valid","identifiers":{"ext_id":"u1"}},
              {"event_name":"c","identifiers":{"ext_id":"ghost"}},
              {"event_name":"d","identifiers":{"ext_id":"u1"}}]}
            """);

        Assert.Equal(202, reply.Status);
        Assert.Equal(3, reply.Json.GetProperty("count").GetInt32());
        Assert.NotEmpty(reply.Message);
        Assert.Empty(_brevo.Simulator.Events);
        _brevo.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["a", "d"], _brevo.Simulator.Events.Select(stored => stored.Name));
        Assert.Equal(1, _brevo.Simulator.DroppedEvents);
    }

    [Fact]
    public async Task A_bare_array_is_what_the_old_shape_was()
    {
        (await _brevo.PostAsync("/events/batch", """[{"event_name":"a","identifiers":{"ext_id":"u1"}}]"""))
            .IsError(400, "bad_request", "json: cannot unmarshal array into Go value of type main.unifiedEventsRequest");
    }

    [Fact]
    public async Task A_batch_without_a_valid_event_is_400()
    {
        Assert.Equal(400, (await _brevo.PostAsync("/events/batch", """{"events":[{"event_name":"a"}]}""")).Status);
        Assert.Equal(400, (await _brevo.PostAsync("/events/batch", """{"events":[]}""")).Status);
        Assert.Equal(400, (await _brevo.PostAsync("/events/batch", "{}")).Status);
    }

    [Theory]
    [InlineData(200, 0, 202)]
    [InlineData(201, 0, 400)]
    [InlineData(100, 5_000, 202)]
    [InlineData(100, 5_300, 400)]
    public async Task A_batch_has_at_most_200_events_and_512_kilobytes(int events, int bytes, int status)
    {
        var item = $$$"""{"event_name":"a","identifiers":{"ext_id":"u1"},"event_properties":{"p":"{{{new string('x', bytes)}}}"}}""";
        var body = new StringBuilder("{\"events\":[").AppendJoin(',', Enumerable.Repeat(item, events)).Append("]}").ToString();

        Assert.Equal(status, (await _brevo.PostAsync("/events/batch", body)).Status);
    }

    [Fact]
    public async Task Events_are_read_back_newest_first_within_six_months()
    {
        await SendAsync("a", "2026-01-01T00:00:00Z", "e1");
        await SendAsync("b", "2026-02-01T00:00:00+01:00", "e2");
        await SendAsync("a", "2026-02-15T00:00:00Z", "e3");
        await SendAsync("a", "2025-08-01T00:00:00Z", "e4");
        await SendAsync("b", null, "e5");

        Assert.Equal(["e5", "e3", "e2", "e1"], await IdsAsync(""));
        Assert.Equal(["e3", "e1"], await IdsAsync("?event_name=a"));
        Assert.Equal(["e5", "e3", "e2", "e1"], await IdsAsync("?event_name=a&event_name=b&contact_id=1"));
        Assert.Equal([], await IdsAsync("?contact_id=2"));
        Assert.Equal(["e4"], await IdsAsync("?startDate=2025-08-01&endDate=2025-08-01"));
        Assert.Equal(["e3", "e2"], await IdsAsync("?limit=2&offset=1"));
        Assert.Equal(400, (await _brevo.GetAsync("/events?startDate=2025-08-01")).Status);
        var first = (await _brevo.GetAsync("/events?limit=1")).Json;
        Assert.Equal(4, first.GetProperty("count").GetInt32());
        Assert.Equal(_jane, first.GetProperty("events")[0].GetProperty("contact_id").GetInt64());

        async Task SendAsync(string name, string? date, string id)
        {
            var time = date is null ? "" : $"\"event_date\":\"{date}\",";
            Assert.Equal(204, (await _brevo.PostAsync(
                "/events",
                $$$"""{"event_name":"{{{name}}}",{{{time}}}"identifiers":{"ext_id":"u1"},"event_properties":{"insert_id":"{{{id}}}"}}""")).Status);
        }

        async Task<IReadOnlyList<string?>> IdsAsync(string query) => [.. (await _brevo.GetAsync("/events" + query)).Json.GetProperty("events")
            .EnumerateArray().Select(stored => stored.GetProperty("event_properties").GetProperty("insert_id").GetString())];
    }
}
