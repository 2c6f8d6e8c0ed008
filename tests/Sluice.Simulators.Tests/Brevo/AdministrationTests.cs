namespace Sluice.Simulators.Tests.Brevo;

public sealed class AdministrationTests : IAsyncLifetime
{
    private BrevoHarness _brevo = null!;

    public async ValueTask InitializeAsync() => _brevo = await BrevoHarness.StartAsync();

    public ValueTask DisposeAsync() => _brevo.DisposeAsync();

    [Fact]
    public async Task A_script_makes_things_happen_in_the_account()
    {
        Assert.Equal("""{"id":16}""", (await _brevo.AdminAsync("POST", "lists", """{"id":16,"name":"Engaged"}""")).Text);
        (await _brevo.AdminAsync("POST", "contacts/foreign", """{"count":3,"listId":16}""")).IsEmpty(204);
        (await _brevo.AdminAsync("POST", "lists/16/members", """{"emails":["hand@example.test"]}""")).IsEmpty(204);
        (await _brevo.AdminAsync("POST", "contacts/unsubscribe", """{"email":"hand@example.test"}""")).IsEmpty(204);
        (await _brevo.AdminAsync("POST", "contacts/unsubscribe", """{"email":"foreign1@foreign.test","listId":16}""")).IsEmpty(204);
        (await _brevo.AdminAsync("POST", "contacts/hard-bounce", """{"email":"foreign2@foreign.test"}""")).IsEmpty(204);
        (await _brevo.AdminAsync("POST", "contacts/spam", """{"email":"foreign2@foreign.test"}""")).IsEmpty(204);
        (await _brevo.AdminAsync("POST", "contacts/delete", """{"email":"foreign3@foreign.test"}""")).IsEmpty(204);

        Assert.Equal(["foreign2@foreign.test", "hand@example.test"], _brevo.Simulator.ListEmails(16));
        Assert.True(_brevo.Simulator.ContactByEmail("hand@example.test")!.EmailBlacklisted);
        (await _brevo.AdminAsync("POST", "contacts/delete", """{"email":"ghost@example.test"}""")).IsError(404, "document_not_found");
        (await _brevo.AdminAsync("POST", "contacts/unsubscribe", """{"email":"hand@example.test","listId":99}"""))
            .IsError(404, "document_not_found");
        (await _brevo.AdminAsync("POST", "lists", """{"id":16,"name":"Again"}""")).IsError(400, "invalid_parameter");
    }

    [Fact]
    public async Task A_script_sets_and_takes_away_faults()
    {
        var added = await _brevo.AdminAsync(
            "POST", "faults", """{"method":"GET","path":"/account","count":1,"effect":{"kind":"status","status":503,"body":"{}"}}""");
        Assert.Equal(201, added.Status);
        Assert.Equal(503, (await _brevo.GetAsync("/account")).Status);
        Assert.Equal(200, (await _brevo.GetAsync("/account")).Status);

        var listed = (await _brevo.AdminAsync("GET", "faults")).Json;
        Assert.Equal((2, 1), (listed[0].GetProperty("matched").GetInt32(), listed[0].GetProperty("fired").GetInt32()));
        (await _brevo.AdminAsync("DELETE", $"faults/{added.Json.GetProperty("id")}")).IsEmpty(204);
        (await _brevo.AdminAsync("DELETE", $"faults/{added.Json.GetProperty("id")}")).IsError(404, "document_not_found");
        Assert.Empty(_brevo.Simulator.Faults.Rules);
        (await _brevo.AdminAsync("POST", "faults", """{"effect":{"kind":"explode"}}""")).IsError(400, "bad_request");
    }

    [Fact]
    public async Task The_state_says_what_the_page_shows()
    {
        _brevo.Simulator.CreateList("A <b>bold</b> list", 15);
        _brevo.Simulator.AddForeignContacts(7, 15);
        await _brevo.GetAsync("/account");

        var state = (await _brevo.AdminAsync("GET", "state")).Json;
        var page = await _brevo.AdminAsync("GET", "");

        Assert.Equal(7, state.GetProperty("contacts").GetInt32());
        Assert.Equal(7, state.GetProperty("lists")[0].GetProperty("members").GetInt32());
        Assert.Equal(1, state.GetProperty("calls").GetProperty("byEndpoint").GetProperty("GET /account").GetInt32());
        Assert.StartsWith("text/html", page.Headers["Content-Type"], StringComparison.Ordinal);
        Assert.Contains("A &lt;b&gt;bold&lt;/b&gt; list", page.Text, StringComparison.Ordinal);
        Assert.Contains("GET /account", page.Text, StringComparison.Ordinal);
        Assert.Contains("7 contacts", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reset_forgets_everything()
    {
        _brevo.Simulator.CreateList("l", 15);
        _brevo.Simulator.AddForeignContacts(5, 15);
        await _brevo.PostAsync("/contacts/import", """{"listIds":[15],"fileBody":"EMAIL\na@example.test"}""");

        (await _brevo.AdminAsync("POST", "reset")).IsEmpty(204);
        _brevo.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal((0, 0), (_brevo.Simulator.ContactCount, _brevo.Simulator.Processes.Count));
        Assert.Empty(_brevo.Simulator.Lists);
        Assert.Equal(0, _brevo.Simulator.Calls.Total);
    }

    [Fact]
    public async Task A_script_drives_a_manual_clock()
    {
        var before = _brevo.Clock.GetUtcNow();

        (await _brevo.AdminAsync("POST", "clock", """{"seconds":3600}""")).IsEmpty(204);

        Assert.Equal(before.AddHours(1), _brevo.Clock.GetUtcNow());
    }
}
