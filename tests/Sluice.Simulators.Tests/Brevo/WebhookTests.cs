using System.Text.Json;

namespace Sluice.Simulators.Tests.Brevo;

public sealed class WebhookTests : IAsyncLifetime
{
    private BrevoHarness _brevo = null!;
    private Receiver _receiver = null!;

    public async ValueTask InitializeAsync()
    {
        _receiver = await Receiver.StartAsync();
        _brevo = await BrevoHarness.StartAsync();
        _brevo.Simulator.CreateList("l", 15);
        _brevo.Simulator.CreateList("m", 16);
        await _brevo.CreateAsync("jane@example.test", ""","ext_id":"u1","listIds":[15,16]""");
    }

    public async ValueTask DisposeAsync()
    {
        await _brevo.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task Webhooks_are_managed_and_listed_by_type()
    {
        var id = await SubscribeAsync("unsubscribed", ""","description":"mine","headers":[{"key":"x-custom","value":"v"}]""");

        Assert.Equal(0, (await _brevo.GetAsync("/webhooks")).Json.GetProperty("webhooks").GetArrayLength());
        var listed = (await _brevo.GetAsync("/webhooks?type=marketing")).Json.GetProperty("webhooks")[0];
        Assert.Equal((id, "mine"), (listed.GetProperty("id").GetInt64(), listed.GetProperty("description").GetString()));
        (await _brevo.PutAsync($"/webhooks/{id}", """{"events":["spam"],"description":"other"}""")).IsEmpty(204);
        var changed = (await _brevo.GetAsync($"/webhooks/{id}")).Json;
        Assert.Equal("""["spam"]""", changed.GetProperty("events").GetRawText());
        Assert.Equal("other", changed.GetProperty("description").GetString());
        (await _brevo.DeleteAsync($"/webhooks/{id}")).IsEmpty(204);
        (await _brevo.GetAsync($"/webhooks/{id}")).IsError(404, "document_not_found");
        (await _brevo.DeleteAsync($"/webhooks/{id}")).IsError(404, "document_not_found");
    }

    [Theory]
    [InlineData("""{"events":["spam"]}""", "missing_parameter")]
    [InlineData("""{"url":"nowhere","events":["spam"]}""", "invalid_parameter")]
    [InlineData("""{"url":"http://127.0.0.1/","type":"marketing"}""", "missing_parameter")]
    [InlineData("""{"url":"http://127.0.0.1/","type":"marketing","events":[]}""", "invalid_parameter")]
    [InlineData("""{"url":"http://127.0.0.1/","type":"marketing","events":["unsubscribe"]}""", "invalid_parameter")]
    [InlineData("""{"url":"http://127.0.0.1/","events":["contactDeleted"]}""", "invalid_parameter")]
    [InlineData("""{"url":"http://127.0.0.1/","type":"sales","events":["spam"]}""", "invalid_parameter")]
    [InlineData("""{"url":"http://127.0.0.1/","events":["spam"],"auth":{"type":"basic","token":"x"}}""", "invalid_parameter")]
    public async Task Malformed_webhooks_are_400(string body, string code)
    {
        (await _brevo.PostAsync("/webhooks", body)).IsError(400, code);
    }

    [Fact]
    public async Task An_unsubscription_names_the_webhook_and_an_array_of_lists()
    {
        var id = await SubscribeAsync("unsubscribed");

        _brevo.Simulator.Unsubscribe("jane@example.test");
        var all = await OneAsync();
        _brevo.Simulator.Unsubscribe("jane@example.test", 16);
        var one = await OneAsync();

        Assert.Equal("unsubscribe", all.GetProperty("event").GetString());
        Assert.Equal(id, all.GetProperty("id").GetInt64());
        Assert.Equal("jane@example.test", all.GetProperty("email").GetString());
        Assert.Equal("[15,16]", all.GetProperty("list_id").GetRawText());
        Assert.True(all.TryGetProperty("campaign name", out _));
        Assert.Equal(1772442000, all.GetProperty("ts_event").GetInt64());
        Assert.Equal("2026-03-02 10:00:00", all.GetProperty("date_event").GetString());
        Assert.Equal("[16]", one.GetProperty("list_id").GetRawText());
    }

    [Fact]
    public async Task A_deletion_has_an_array_of_addresses_and_an_iso_date()
    {
        await SubscribeAsync("contactDeleted");

        await _brevo.DeleteAsync("/contacts/jane%40example.test?identifierType=email_id");

        var payload = await OneAsync();
        Assert.Equal("contact_deleted", payload.GetProperty("event").GetString());
        Assert.Equal("""["jane@example.test"]""", payload.GetProperty("email").GetRawText());
        Assert.Equal("2026-03-02T09:00:00.000Z", payload.GetProperty("date").GetString());
    }

    [Fact]
    public async Task A_merge_tells_of_the_contact_that_was_lost()
    {
        await SubscribeAsync("contactDeleted");
        await _brevo.CreateAsync("other@example.test");

        await _brevo.ImportCsvAsync(15, "EMAIL;EXT_ID\nother@example.test;u1");

        Assert.Equal("""["other@example.test"]""", (await OneAsync()).GetProperty("email").GetRawText());
    }

    [Fact]
    public async Task An_update_carries_what_changed_even_when_we_did_it()
    {
        await SubscribeAsync("contactUpdated");

        await _brevo.PutAsync("/contacts/u1?identifierType=ext_id", """{"attributes":{"FIRSTNAME":"Jane"}}""");

        var content = (await OneAsync()).GetProperty("content")[0];
        Assert.Equal("""{"FIRSTNAME":"Jane"}""", content.GetProperty("attributes").GetRawText());
        await _brevo.PutAsync("/contacts/u1?identifierType=ext_id", """{"attributes":{"FIRSTNAME":"Jane"}}""");
        await _brevo.IdleAsync();
        Assert.Empty(_receiver.Received);
    }

    [Fact]
    public async Task A_list_addition_carries_an_array_of_lists()
    {
        await SubscribeAsync("listAddition");

        await _brevo.CreateAsync("new@example.test", ""","listIds":[16,15]""");

        var payload = await OneAsync();
        Assert.Equal("list_addition", payload.GetProperty("event").GetString());
        Assert.Equal("[16,15]", payload.GetProperty("list_id").GetRawText());
    }

    [Theory]
    [InlineData("spam", "spam")]
    [InlineData("hardBounce", "hard_bounce")]
    [InlineData("softBounce", "soft_bounce")]
    public async Task Complaints_have_names_of_their_own(string subscription, string name)
    {
        await SubscribeAsync(subscription);

        _ = subscription switch
        {
            "spam" => _brevo.Simulator.Spam("jane@example.test"),
            "hardBounce" => _brevo.Simulator.HardBounce("jane@example.test"),
            _ => _brevo.Simulator.SoftBounce("jane@example.test"),
        };

        var payload = await OneAsync();
        Assert.Equal(name, payload.GetProperty("event").GetString());
        Assert.True(payload.TryGetProperty("ts_sent", out _));
        Assert.Equal(subscription != "softBounce", _brevo.Simulator.ContactByEmail("jane@example.test")!.EmailBlacklisted);
    }

    [Fact]
    public async Task Only_what_is_subscribed_is_sent_and_only_by_marketing_webhooks()
    {
        await SubscribeAsync("spam");
        await _brevo.PostAsync("/webhooks", $$"""{"url":"{{_receiver.Url}}","events":["unsubscribed"]}""");

        _brevo.Simulator.Unsubscribe("jane@example.test");
        await _brevo.IdleAsync();

        Assert.Empty(_receiver.Received);
    }

    [Fact]
    public async Task Calls_carry_the_bearer_the_headers_or_the_credentials_of_the_address()
    {
        await SubscribeAsync("unsubscribed", ""","auth":{"type":"bearer","token":"secret"},"headers":[{"key":"x-custom","value":"v"}]""");
        _brevo.Simulator.Unsubscribe("jane@example.test");
        await _brevo.IdleAsync();

        // The call has left; on a busy machine it may still be on its way.
        for (var i = 0; i < 200 && _receiver.Received.IsEmpty; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.True(_receiver.Received.TryDequeue(out var call));
        Assert.Equal(("Bearer secret", "v"), (call.Authorization, call.Custom));

        (await _brevo.DeleteAsync("/webhooks/1")).IsEmpty(204);
        var url = new UriBuilder(_receiver.Url) { UserName = "key", Password = "p%40ss", Path = "/hook" };
        await _brevo.PostAsync("/webhooks", $$"""{"url":"{{url.Uri.AbsoluteUri}}","type":"marketing","events":["unsubscribed"]}""");
        _brevo.Simulator.Unsubscribe("jane@example.test");
        await _brevo.IdleAsync();

        Assert.True(_receiver.Received.TryDequeue(out call));
        Assert.Equal(("/hook", "Basic a2V5OnBAc3M="), (call.Path, call.Authorization));
        Assert.DoesNotContain("p%40ss", _brevo.Simulator.Deliveries[^1].Url, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_refusal_or_a_server_error_ends_the_retries_and_the_event_is_lost(int status)
    {
        _receiver.Status = status;
        await SubscribeAsync("unsubscribed");

        _brevo.Simulator.Unsubscribe("jane@example.test");
        await DayAsync();

        Assert.Single(_receiver.Received);
        Assert.False(Assert.Single(_brevo.Simulator.Deliveries).WillRetry);
    }

    [Fact]
    public async Task An_overloaded_receiver_is_tried_again_four_times_within_eight_hours()
    {
        _receiver.Status = 429;
        await SubscribeAsync("unsubscribed");
        var start = _brevo.Clock.GetUtcNow();

        _brevo.Simulator.Unsubscribe("jane@example.test");
        await DayAsync();

        Assert.Equal(
            [TimeSpan.Zero, TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(8)],
            _brevo.Simulator.Deliveries.Select(delivery => delivery.Time - start));
        Assert.Equal([true, true, true, true, false], _brevo.Simulator.Deliveries.Select(delivery => delivery.WillRetry));
        Assert.Equal(5, _receiver.Received.Count);
        Assert.Single(_receiver.Received.Select(call => call.Body).Distinct());
    }

    [Fact]
    public async Task An_unreachable_receiver_is_tried_again_until_it_answers()
    {
        await _brevo.PostAsync("/webhooks", """{"url":"http://127.0.0.1:1/","type":"marketing","events":["unsubscribed"]}""");
        _brevo.Simulator.Unsubscribe("jane@example.test");
        await _brevo.IdleAsync();
        Assert.Equal((0, true), (_brevo.Simulator.Deliveries[0].Status, _brevo.Simulator.Deliveries[0].WillRetry));

        await _brevo.PutAsync("/webhooks/1", $$"""{"url":"{{_receiver.Url}}"}""");
        await DayAsync();

        Assert.Equal([0, 200], _brevo.Simulator.Deliveries.Select(delivery => delivery.Status));
        Assert.Single(_receiver.Received);
    }

    [Fact]
    public async Task Batched_webhooks_come_every_five_minutes_with_at_most_500_events()
    {
        await SubscribeAsync("listAddition", ""","batched":true""");
        _brevo.Simulator.AddForeignContacts(1_001, 15);
        _brevo.Clock.Advance(TimeSpan.FromSeconds(299));
        await _brevo.IdleAsync();
        Assert.Empty(_receiver.Received);

        _brevo.Clock.Advance(TimeSpan.FromSeconds(1));
        await _brevo.IdleAsync();

        var sizes = _receiver.Received.Select(call => JsonDocument.Parse(call.Body).RootElement.GetArrayLength()).Order();
        Assert.Equal([1, 500, 500], sizes);
    }

    private async Task<long> SubscribeAsync(string name, string more = "")
    {
        var reply = await _brevo.PostAsync("/webhooks", $$"""{"url":"{{_receiver.Url}}","type":"marketing","events":["{{name}}"]{{more}}}""");
        Assert.Equal(201, reply.Status);
        return reply.Json.GetProperty("id").GetInt64();
    }

    private async Task<JsonElement> OneAsync()
    {
        await _brevo.IdleAsync();

        // The call has left; on a busy machine it may still be on its way.
        for (var i = 0; i < 200 && _receiver.Received.IsEmpty; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.True(_receiver.Received.TryDequeue(out var call));
        Assert.Empty(_receiver.Received);
        return JsonDocument.Parse(call.Body).RootElement;
    }

    private async Task DayAsync()
    {
        await _brevo.IdleAsync();
        await _brevo.AdvanceAsync(TimeSpan.FromDays(1));
    }
}
