namespace Sluice.Simulators.Tests.Brevo.Companies;

public sealed class CompanyTests : IAsyncLifetime
{
    private BrevoHarness _brevo = null!;
    private long _jane;
    private long _joe;

    public async ValueTask InitializeAsync()
    {
        _brevo = await BrevoHarness.StartAsync();
        _jane = await _brevo.CreateAsync("jane@example.test");
        _joe = await _brevo.CreateAsync("joe@example.test");
    }

    public ValueTask DisposeAsync() => _brevo.DisposeAsync();

    [Fact]
    public async Task Names_are_not_unique_and_the_same_call_twice_makes_two()
    {
        var body = $$"""{"name":"Acme","attributes":{"domain":"acme.test","revenue":12},"linkedContactsIds":[{{_jane}}]}""";
        var first = (await _brevo.PostAsync("/companies", body)).Json.GetProperty("id").GetString()!;
        var second = (await _brevo.PostAsync("/companies", body)).Json.GetProperty("id").GetString();
        Assert.NotEqual(first, second);
        Assert.Matches("^[0-9a-f]{24}$", first);
        Assert.Equal(2, (await _brevo.GetAsync("/companies?filters%5Battributes.name%5D=Acme")).Json.GetProperty("items").GetArrayLength());
        Assert.Equal(0, (await _brevo.GetAsync("/companies?filters%5Battributes.name%5D=acme")).Json.GetProperty("items").GetArrayLength());
        Assert.Equal(2, (await _brevo.GetAsync("/companies?filters=%7B%22attributes.name%22%3A%22x%22%7D")).Json.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_change_replaces_the_links_and_a_link_adds_to_them()
    {
        var id = (await _brevo.PostAsync("/companies", $$"""{"name":"Acme","linkedContactsIds":[{{_jane}}]}""")).Json.GetProperty("id").GetString();
        (await _brevo.SendAsync("PATCH", $"/companies/link-unlink/{id}", $$"""{"linkContactIds":[{{_joe}}]}""")).IsEmpty(204);
        Assert.Equal([_jane, _joe], Assert.Single(_brevo.Simulator.Companies).ContactIds);
        (await _brevo.SendAsync("PATCH", $"/companies/link-unlink/{id}", $$"""{"unlinkContactIds":[{{_jane}},77]}""")).IsEmpty(204);
        var changed = await _brevo.SendAsync("PATCH", $"/companies/{id}", """{"attributes":{"domain":"x"}}""");
        Assert.Equal((200, "x"), (changed.Status, changed.Json.GetProperty("attributes").GetProperty("domain").GetString()));
        Assert.Equal([_joe], Assert.Single(_brevo.Simulator.Companies).ContactIds);
        await _brevo.SendAsync("PATCH", $"/companies/{id}", $$"""{"name":"Beta","linkedContactsIds":[{{_jane}}]}""");
        Assert.Equal([_jane], Assert.Single(_brevo.Simulator.Companies).ContactIds);
        Assert.Equal("Beta", (await _brevo.GetAsync($"/companies/{id}")).Json.GetProperty("attributes").GetProperty("name").GetString());
        (await _brevo.DeleteAsync($"/companies/{id}")).IsEmpty(204);
        (await _brevo.SendAsync("PATCH", $"/companies/{id}", """{"name":"x"}""")).IsError(404, "document_not_found");
    }

    [Theory]
    [InlineData("{}", "missing_parameter")]
    [InlineData("""{"name":""}""", "missing_parameter")]
    [InlineData("""{"name":"a","attributes":{"no_such":1}}""", "invalid_parameter")]
    [InlineData("""{"name":"a","attributes":{"revenue":"12"}}""", "invalid_parameter")]
    [InlineData("""{"name":"a","attributes":{"number_of_contacts":12}}""", "invalid_parameter")]
    [InlineData("""{"name":"a","linkedContactsIds":[99]}""", "invalid_parameter")]
    [InlineData("""{"name":"a","linkedContactsIds":["1"]}""", "invalid_parameter")]
    public async Task What_is_missing_or_of_another_type_is_refused(string body, string code)
    {
        (await _brevo.PostAsync("/companies", body)).IsError(400, code);
        Assert.Empty(_brevo.Simulator.Companies);
    }

    [Fact]
    public async Task All_of_it_shares_the_smallest_allowance()
    {
        await using var brevo = await BrevoHarness.StartAsync(o => o with { Limits = new() });
        for (var i = 0; i < 99; i++)
        {
            Assert.Equal(200, (await brevo.PostAsync("/companies", """{"name":"a"}""")).Status);
        }

        Assert.Equal(200, (await brevo.GetAsync("/crm/attributes/companies")).Status);
        Assert.Equal(429, (await brevo.GetAsync("/account")).Status);
    }
}
