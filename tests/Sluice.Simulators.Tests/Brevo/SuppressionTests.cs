namespace Sluice.Simulators.Tests.Brevo;

public sealed class SuppressionTests : IAsyncLifetime
{
    private BrevoHarness _brevo = null!;

    public async ValueTask InitializeAsync()
    {
        _brevo = await BrevoHarness.StartAsync();
        _brevo.Simulator.CreateList("l", 15);
        await _brevo.CreateAsync("a@example.test", ""","ext_id":"u1" """);
        _brevo.Simulator.Unsubscribe("a@example.test");
    }

    public ValueTask DisposeAsync() => _brevo.DisposeAsync();

    private bool Blocklisted => _brevo.Simulator.ContactByExtId("u1")!.EmailBlacklisted;

    [Fact]
    public async Task The_blocklist_survives_upserts_imports_and_list_adds()
    {
        await _brevo.PostAsync("/contacts", """{"email":"a@example.test","updateEnabled":true,"attributes":{"FIRSTNAME":"A"},"listIds":[15]}""");
        await _brevo.PutAsync("/contacts/u1?identifierType=ext_id", """{"unlinkListIds":[15]}""");
        await _brevo.PostAsync("/contacts/lists/15/contacts/add", """{"extIds":["u1"]}""");
        await _brevo.ImportCsvAsync(15, "EMAIL;FIRSTNAME\na@example.test;B", ""","emailBlacklist":false""");

        Assert.True(Blocklisted);
        Assert.Equal(["a@example.test"], _brevo.Simulator.ListEmails(15));
        Assert.True((await _brevo.GetAsync("/contacts/a%40example.test")).Json.GetProperty("emailBlacklisted").GetBoolean());
    }

    [Theory]
    [InlineData("PUT", "/contacts/u1?identifierType=ext_id", """{"attributes":{"EMAIL":"new@example.test"}}""")]
    [InlineData("PUT", "/contacts/u1?identifierType=ext_id", """{"emailBlacklisted":false}""")]
    [InlineData("POST", "/contacts", """{"email":"a@example.test","updateEnabled":true,"emailBlacklisted":false}""")]
    [InlineData("POST", "/contacts", """{"ext_id":"u1","updateEnabled":true,"attributes":{"EMAIL":"new@example.test"}}""")]
    public async Task Another_address_or_an_explicit_false_lifts_it(string method, string path, string body)
    {
        Assert.True(Blocklisted);

        (await _brevo.SendAsync(method, path, body)).IsEmpty(204);

        Assert.False(Blocklisted);
        Assert.Equal(0, (await _brevo.GetAsync("/smtp/blockedContacts")).Json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task An_import_that_changes_the_address_lifts_it_too()
    {
        await _brevo.ImportCsvAsync(15, "EMAIL;EXT_ID\nnew@example.test;u1");

        Assert.False(Blocklisted);
    }

    [Fact]
    public async Task An_import_can_blocklist_all_its_rows()
    {
        await _brevo.ImportCsvAsync(15, "EMAIL\nx@example.test", ""","emailBlacklist":true,"smsBlacklist":true""");

        var contact = _brevo.Simulator.ContactByEmail("x@example.test")!;
        Assert.True(contact.EmailBlacklisted && contact.SmsBlacklisted);
    }

    [Fact]
    public async Task Leaving_one_list_leaves_the_account_alone_and_outlives_a_new_add()
    {
        await _brevo.CreateAsync("b@example.test", ""","listIds":[15]""");

        Assert.True(_brevo.Simulator.Unsubscribe("b@example.test", 15));

        var contact = _brevo.Simulator.ContactByEmail("b@example.test")!;
        Assert.False(contact.EmailBlacklisted);
        Assert.Empty(contact.ListIds);
        Assert.Equal([15L], contact.ListUnsubscribed);
        await _brevo.PostAsync("/contacts/lists/15/contacts/add", """{"emails":["b@example.test"]}""");
        Assert.Equal([15L], _brevo.Simulator.ContactByEmail("b@example.test")!.ListUnsubscribed);
    }

    [Fact]
    public async Task The_block_list_says_why()
    {
        await _brevo.CreateAsync("b@example.test");
        await _brevo.CreateAsync("c@example.test");
        await _brevo.CreateAsync("d@example.test", ""","emailBlacklisted":true""");
        _brevo.Clock.Advance(TimeSpan.FromDays(2));
        _brevo.Simulator.HardBounce("b@example.test");
        _brevo.Simulator.Spam("c@example.test");
        await _brevo.PutAsync("/contacts/c%40example.test", """{"smtpBlacklistSender":["shop@account.test"]}""");

        Assert.Equal(
            ["adminBlocked", "contactFlaggedAsSpam", "hardBounce", "unsubscribedViaApi", "unsubscribedViaEmail"],
            await CodesAsync(""));
        Assert.Equal(["unsubscribedViaApi", "unsubscribedViaEmail"], await CodesAsync("?startDate=2026-03-01&endDate=2026-03-02"));
        Assert.Equal(["adminBlocked"], await CodesAsync("?senders=x@account.test,shop@account.test"));
        Assert.True(_brevo.Simulator.ContactByEmail("b@example.test")!.EmailBlacklisted);
        Assert.True(_brevo.Simulator.ContactByEmail("c@example.test")!.EmailBlacklisted);

        async Task<IReadOnlyList<string?>> CodesAsync(string query) => [.. (await _brevo.GetAsync("/smtp/blockedContacts" + query)).Json
            .GetProperty("contacts").EnumerateArray().Select(entry => entry.GetProperty("reason").GetProperty("code").GetString())];
    }
}
