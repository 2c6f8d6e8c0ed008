using System.Text.Json;

namespace Sluice.Simulators.Tests.Brevo;

public sealed class ContactTests
{
    [Fact]
    public async Task A_new_contact_is_201_with_its_id_and_an_update_is_204_without_a_body()
    {
        await using var brevo = await BrevoHarness.StartAsync();

        var created = await brevo.PostAsync("/contacts", """{"email":"jane@example.test","ext_id":"u1"}""");
        var updated = await brevo.PostAsync(
            "/contacts", """{"email":"jane@example.test","updateEnabled":true,"attributes":{"FIRSTNAME":"Jane"}}""");

        Assert.Equal(201, created.Status);
        Assert.Equal(1, created.Json.GetProperty("id").GetInt64());
        updated.IsEmpty(204);
        Assert.Equal("Jane", brevo.Simulator.ContactByExtId("u1")!.Attributes["FIRSTNAME"]);
    }

    [Fact]
    public async Task An_existing_contact_without_update_enabled_is_refused_with_the_clashing_identifier()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        await brevo.CreateAsync("jane@example.test");

        var reply = await brevo.PostAsync("/contacts", """{"email":"jane@example.test"}""");

        reply.IsError(400, "duplicate_parameter", "Unable to create contact, email is already associated with another Contact");
        Assert.Equal("email", Assert.Single(Duplicates(reply)));
    }

    [Theory]
    [InlineData("""{"email":"b@example.test","updateEnabled":true,"ext_id":"u1"}""", "ext_id")]
    [InlineData("""{"email":"b@example.test","updateEnabled":true,"attributes":{"SMS":"+821012345678"}}""", "SMS")]
    [InlineData("""{"email":"b@example.test","updateEnabled":true,"attributes":{"WHATSAPP":"821012345679"}}""", "WHATSAPP")]
    [InlineData("""{"email":"b@example.test","updateEnabled":true,"attributes":{"LANDLINE_NUMBER":"00821012345670"}}""", "LANDLINE_NUMBER")]
    public async Task Every_identifier_belongs_to_one_contact(string body, string identifier)
    {
        await using var brevo = await BrevoHarness.StartAsync();
        await brevo.CreateAsync(
            "a@example.test",
            ""","ext_id":"u1","attributes":{"SMS":"821012345678","WHATSAPP":"+821012345679","LANDLINE_NUMBER":"+821012345670"}""");

        var reply = await brevo.PostAsync("/contacts", body);

        reply.IsError(400, "duplicate_parameter");
        Assert.Equal(identifier, Assert.Single(Duplicates(reply)));
        Assert.Equal(1, brevo.Simulator.ContactCount);
    }

    [Fact]
    public async Task Force_merge_keeps_the_contact_that_was_modified_last()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        var older = await brevo.CreateAsync("old@example.test", ""","ext_id":"u1" """);
        brevo.Clock.Advance(TimeSpan.FromMinutes(1));
        var newer = await brevo.CreateAsync("new@example.test");

        var reply = await brevo.PutAsync("/contacts/old%40example.test?identifierType=email_id", """{"attributes":{"EMAIL":"new@example.test"},"forceMerge":true}""");

        reply.IsEmpty(204);
        Assert.Null(brevo.Simulator.ContactById(older));
        Assert.Equal("new@example.test", brevo.Simulator.ContactById(newer)!.Email);
    }

    [Fact]
    public async Task Camel_case_ext_id_is_no_field()
    {
        await using var brevo = await BrevoHarness.StartAsync();

        var refused = await brevo.PostAsync("/contacts", """{"extId":"u1"}""");
        var id = await brevo.CreateAsync("a@example.test", ""","extId":"u1" """);

        refused.IsError(400, "missing_parameter");
        Assert.Null(brevo.Simulator.ContactById(id)!.ExtId);
    }

    [Theory]
    [InlineData("{}", "missing_parameter")]
    [InlineData("""{"email":"not an address"}""", "invalid_parameter")]
    [InlineData("""{"email":" a@example.test"}""", "invalid_parameter")]
    [InlineData("""{"email":"a@b"}""", "invalid_parameter")]
    [InlineData("""{"email":7}""", "invalid_parameter")]
    [InlineData("""{"email":"a@example.test","listIds":[99]}""", "invalid_parameter")]
    [InlineData("""{"email":"a@example.test","attributes":{"SMS":"12ab"}}""", "invalid_parameter")]
    [InlineData("""{"email":"a@example.test","updateEnabled":"yes"}""", "invalid_parameter")]
    [InlineData("[]", "bad_request")]
    [InlineData("{", "bad_request")]
    public async Task Malformed_creations_are_400(string body, string code)
    {
        await using var brevo = await BrevoHarness.StartAsync();

        (await brevo.PostAsync("/contacts", body)).IsError(400, code);
        Assert.Equal(0, brevo.Simulator.ContactCount);
    }

    [Fact]
    public async Task Addresses_are_stored_in_lower_case_and_looked_up_as_stored()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        await brevo.CreateAsync("Jane@Example.test");

        Assert.NotNull(brevo.Simulator.ContactByEmail("jane@example.test"));
        Assert.Equal(200, (await brevo.GetAsync("/contacts/jane%40example.test?identifierType=email_id")).Status);
        (await brevo.GetAsync("/contacts/Jane%40Example.test?identifierType=email_id")).IsError(404, "document_not_found");
    }

    [Theory]
    [InlineData("+919999999999")]
    [InlineData("00919999999999")]
    [InlineData("919999999999")]
    public async Task A_contact_with_a_phone_only_gets_an_address_of_its_digits(string phone)
    {
        await using var brevo = await BrevoHarness.StartAsync();

        var reply = await brevo.PostAsync("/contacts", $$$"""{"attributes":{"SMS":"{{{phone}}}"}}""");

        Assert.Equal(201, reply.Status);
        Assert.Equal("919999999999", brevo.Simulator.ContactByEmail("919999999999@mailin-sms.com")!.Sms);
        Assert.Equal(200, (await brevo.GetAsync("/contacts/%2B919999999999?identifierType=phone_id")).Status);
    }

    [Fact]
    public async Task Without_a_type_digits_are_read_as_an_id_before_a_phone()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            await brevo.CreateAsync($"u{i}@example.test", $$""","ext_id":"{{i + 2}}" """);
        }

        var byGuess = await brevo.GetAsync("/contacts/2");
        var byType = await brevo.GetAsync("/contacts/2?identifierType=ext_id");

        Assert.Equal("u1@example.test", byGuess.Json.GetProperty("email").GetString());
        Assert.Equal("u0@example.test", byType.Json.GetProperty("email").GetString());
        (await brevo.PutAsync("/contacts/some-ext-id", "{}")).IsError(400, "invalid_parameter");
        (await brevo.GetAsync("/contacts/2?identifierType=extId")).IsError(400, "invalid_parameter");
    }

    [Fact]
    public async Task A_contact_answers_with_its_lists_identifiers_and_attributes()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        brevo.Simulator.CreateList("fifteen", 15);
        await brevo.CreateAsync(
            "jane@example.test", ""","ext_id":"u1","listIds":[15],"attributes":{"FIRSTNAME":"Jane","SMS":"+821012345678"}""");

        var contact = (await brevo.GetAsync("/contacts/jane%40example.test")).Json;

        Assert.Equal("[15]", contact.GetProperty("listIds").GetRawText());
        Assert.Equal("[]", contact.GetProperty("listUnsubscribed").GetRawText());
        Assert.Equal("u1", contact.GetProperty("attributes").GetProperty("EXT_ID").GetString());
        Assert.Equal("821012345678", contact.GetProperty("attributes").GetProperty("SMS").GetString());
        Assert.Equal("2026-03-02T09:00:00.000Z", contact.GetProperty("createdAt").GetString());
        Assert.Equal(JsonValueKind.Object, contact.GetProperty("statistics").ValueKind);
        (await brevo.GetAsync("/contacts/jane%40example.test?startDate=2026-01-01")).IsError(400, "missing_parameter");
    }

    [Fact]
    public async Task An_update_touches_only_what_it_names()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        brevo.Simulator.CreateList("a", 15);
        brevo.Simulator.CreateList("b", 16);
        var id = await brevo.CreateAsync("jane@example.test", ""","listIds":[15],"attributes":{"FIRSTNAME":"Jane","LASTNAME":"Kim"}""");

        var reply = await brevo.PutAsync(
            $"/contacts/{id}?identifierType=contact_id",
            """{"attributes":{"FIRSTNAME":"June","LASTNAME":""},"listIds":[16],"unlinkListIds":[15]}""");

        reply.IsEmpty(204);
        var contact = brevo.Simulator.ContactById(id)!;
        Assert.Equal("June", contact.Attributes["FIRSTNAME"]);
        Assert.False(contact.Attributes.ContainsKey("LASTNAME"));
        Assert.Equal([16L], contact.ListIds);
        (await brevo.PutAsync("/contacts/404?identifierType=contact_id", "{}")).IsError(404, "document_not_found", "Contact does not exist");
    }

    [Fact]
    public async Task The_unchanged_address_as_attribute_is_refused()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        await brevo.CreateAsync("jane@example.test");

        var reply = await brevo.PostAsync(
            "/contacts", """{"email":"jane@example.test","updateEnabled":true,"attributes":{"EMAIL":"jane@example.test"}}""");

        Assert.Equal((400, "Contact already exist"), (reply.Status, reply.Message));
    }

    [Fact]
    public async Task Deleting_is_for_good_and_the_owner_stays()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        brevo.Simulator.CreateList("l", 15);
        var id = await brevo.CreateAsync("jane@example.test", ""","listIds":[15]""");
        await brevo.CreateAsync("owner@account.test");

        (await brevo.DeleteAsync("/contacts/jane%40example.test?identifierType=email_id")).IsEmpty(204);

        (await brevo.DeleteAsync($"/contacts/{id}?identifierType=contact_id")).IsError(404, "document_not_found", "Contact does not exist");
        (await brevo.DeleteAsync("/contacts/owner%40account.test?identifierType=email_id")).IsError(405, "method_not_allowed");
        Assert.Equal(0, brevo.Simulator.ListCount(15));
        Assert.NotEqual(id, await brevo.CreateAsync("jane@example.test"));
    }

    [Fact]
    public async Task The_retired_bulk_update_answers_so()
    {
        await using var brevo = await BrevoHarness.StartAsync();

        (await brevo.PostAsync("/contacts/batch", """{"contacts":[]}""")).IsError(405, "method_not_allowed");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("xkeysib-other")]
    public async Task A_wrong_key_is_401(string? key)
    {
        await using var brevo = await BrevoHarness.StartAsync();

        (await brevo.SendAsync("GET", "/account", key: key)).IsError(401, "unauthorized", "Key not found");
    }

    [Fact]
    public async Task The_account_answers_and_unknown_paths_do_not()
    {
        await using var brevo = await BrevoHarness.StartAsync();

        Assert.Equal("owner@account.test", (await brevo.GetAsync("/account")).Json.GetProperty("email").GetString());
        (await brevo.GetAsync("/nothing")).IsError(404, "document_not_found");
        (await brevo.SendAsync("PATCH", "/account")).IsError(405, "method_not_allowed");
    }

    private static IEnumerable<string?> Duplicates(Reply reply) => reply.Json.GetProperty("metadata")
        .GetProperty("duplicate_identifiers").EnumerateArray().Select(item => item.GetString());
}
