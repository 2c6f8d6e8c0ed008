using System.Text.Json;

namespace Sluice.Simulators.Tests.Brevo;

public sealed class MembershipTests : IAsyncLifetime
{
    private BrevoHarness _brevo = null!;

    public async ValueTask InitializeAsync()
    {
        _brevo = await BrevoHarness.StartAsync();
        _brevo.Simulator.CreateList("l", 15);
    }

    public ValueTask DisposeAsync() => _brevo.DisposeAsync();

    [Theory]
    [InlineData("add")]
    [InlineData("remove")]
    public async Task At_most_150_identifiers_go_in_one_call(string verb)
    {
        _brevo.Simulator.AddForeignContacts(151, verb == "remove" ? 15 : null);

        (await SendAsync(verb, "ids", Enumerable.Range(1, 151))).IsError(400, "out_of_range");
        var reply = await SendAsync(verb, "ids", Enumerable.Range(1, 150));

        Assert.Equal(201, reply.Status);
        Assert.Equal(150, Names(reply, "success").Length);
        Assert.Equal(verb == "add" ? 150 : 1, _brevo.Simulator.ListCount(15));
    }

    [Theory]
    [InlineData("add")]
    [InlineData("remove")]
    public async Task What_could_be_applied_succeeds_and_the_rest_fails_without_a_reason(string verb)
    {
        await _brevo.CreateAsync("in@example.test", ""","ext_id":"in","listIds":[15]""");
        await _brevo.CreateAsync("out@example.test", ""","ext_id":"out" """);

        var reply = await SendAsync(verb, "extIds", ["in", "ghost", "out"]);

        Assert.Equal(201, reply.Status);
        Assert.Equal([verb == "add" ? "out" : "in"], Names(reply, "success"));
        Assert.Equal([verb == "add" ? "in" : "ghost", verb == "add" ? "ghost" : "out"], Names(reply, "failure"));
    }

    [Theory]
    [InlineData("add", "out@example.test", true)]
    [InlineData("add", "in@example.test", false)]
    [InlineData("add", "ghost@example.test", false)]
    [InlineData("remove", "in@example.test", true)]
    [InlineData("remove", "out@example.test", false)]
    public async Task Nothing_applied_is_400(string verb, string email, bool applied)
    {
        await _brevo.CreateAsync("in@example.test", ""","listIds":[15]""");
        await _brevo.CreateAsync("out@example.test");

        var reply = await SendAsync(verb, "emails", [email]);

        if (applied)
        {
            Assert.Equal(201, reply.Status);
        }
        else
        {
            reply.IsError(400, "invalid_parameter", "Contact already in list and/or does not exist");
        }
    }

    [Theory]
    [InlineData("A@example.test")]
    [InlineData("a@Example.test")]
    [InlineData("no address")]
    public async Task One_malformed_or_mixed_case_address_spoils_the_call(string email)
    {
        await _brevo.CreateAsync("a@example.test");
        await _brevo.CreateAsync("b@example.test");

        (await SendAsync("add", "emails", ["b@example.test", email]))
            .IsError(400, "invalid_parameter", "Contact email addresses are invalid/ not in valid format");

        Assert.Equal(0, _brevo.Simulator.ListCount(15));
    }

    [Theory]
    [InlineData("{}", "missing_parameter")]
    [InlineData("""{"ids":[]}""", "out_of_range")]
    [InlineData("""{"ids":["1"]}""", "invalid_parameter")]
    [InlineData("""{"ids":[1],"emails":["a@example.test"]}""", "invalid_parameter")]
    public async Task Exactly_one_kind_of_identifier_is_given(string body, string code)
    {
        (await _brevo.PostAsync("/contacts/lists/15/contacts/add", body)).IsError(400, code);
        (await _brevo.PostAsync("/contacts/lists/15/contacts/remove", body)).IsError(400, code);
    }

    [Fact]
    public async Task An_unknown_list_is_404()
    {
        (await _brevo.PostAsync("/contacts/lists/99/contacts/add", """{"ids":[1]}""")).IsError(404, "document_not_found");
    }

    [Fact]
    public async Task Removing_all_is_a_process()
    {
        _brevo.Simulator.AddForeignContacts(230, 15);

        var reply = await _brevo.PostAsync("/contacts/lists/15/contacts/remove", """{"all":true}""");

        Assert.Equal(201, reply.Status);
        var contacts = reply.Json.GetProperty("contacts");
        Assert.Equal(230, contacts.GetProperty("total").GetInt32());
        Assert.Equal(230, _brevo.Simulator.ListCount(15));
        _brevo.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(0, _brevo.Simulator.ListCount(15));
        Assert.Equal("completed", (await _brevo.GetAsync($"/processes/{contacts.GetProperty("processId")}")).Json.GetProperty("status").GetString());
    }

    private Task<Reply> SendAsync<T>(string verb, string kind, IEnumerable<T> values) =>
        _brevo.PostAsync($"/contacts/lists/15/contacts/{verb}", $$"""{"{{kind}}":{{JsonSerializer.Serialize(values)}}}""");

    private static string[] Names(Reply reply, string name) =>
        [.. reply.Json.GetProperty("contacts").GetProperty(name).EnumerateArray().Select(item => item.ToString())];
}
