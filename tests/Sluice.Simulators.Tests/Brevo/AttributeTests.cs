using System.Text.Json;

namespace Sluice.Simulators.Tests.Brevo;

public sealed class AttributeTests
{
    [Fact]
    public async Task A_new_account_has_the_default_attributes_under_its_own_names()
    {
        await using var brevo = await BrevoHarness.StartAsync(options => options with { NameAttributes = ("PRENOM", "NOM") });

        var attributes = (await brevo.GetAsync("/contacts/attributes")).Json.GetProperty("attributes").EnumerateArray().ToList();

        Assert.Equal(["EMAIL", "SMS", "PRENOM", "NOM"], attributes.Select(attribute => attribute.GetProperty("name").GetString()));
        Assert.All(attributes, attribute => Assert.Equal("text", attribute.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task Attributes_are_created_with_201_and_listed_with_their_shape()
    {
        await using var brevo = await BrevoHarness.StartAsync();

        (await brevo.PostAsync("/contacts/attributes/normal/LTV", """{"type":"float"}""")).IsEmpty(201);
        (await brevo.PostAsync("/contacts/attributes/category/TIER", """{"enumeration":[{"value":1,"label":"gold"}]}""")).IsEmpty(201);
        (await brevo.PostAsync("/contacts/attributes/normal/COUNTRIES", """{"type":"multiple-choice","multiCategoryOptions":["FR","DE"]}"""))
            .IsEmpty(201);
        (await brevo.PostAsync("/contacts/attributes/calculated/TOTAL", """{"value":"SUM[LTV]"}""")).IsEmpty(201);

        var json = (await brevo.GetAsync("/contacts/attributes")).Json.GetProperty("attributes");
        Assert.Equal("float", Named(json, "LTV").GetProperty("type").GetString());
        var tier = Named(json, "TIER");
        Assert.False(tier.TryGetProperty("type", out _));
        Assert.Equal("1", tier.GetProperty("enumeration")[0].GetProperty("valueStr").GetString());
        Assert.Equal("""["FR","DE"]""", Named(json, "COUNTRIES").GetProperty("multiCategoryOptions").GetRawText());
        Assert.Equal("calculated", Named(json, "TOTAL").GetProperty("category").GetString());
    }

    [Theory]
    [InlineData("normal/LTV", "", "missing_parameter", "No inputs in the body")]
    [InlineData("normal/LTV", "{}", "missing_parameter", "No inputs in the body")]
    [InlineData("normal/FIRSTNAME", """{"type":"text"}""", "invalid_parameter", "Attribute name must be unique")]
    [InlineData("normal/EXT_ID", """{"type":"text"}""", "invalid_parameter", "Attribute name must be unique")]
    [InlineData("normal/WHATSAPP", """{"type":"text"}""", "invalid_parameter", "Attribute name must be unique")]
    [InlineData("transactional/MODIFIED_TIME", """{"type":"date"}""", "invalid_parameter", "Attribute name must be unique")]
    [InlineData("normal/lower", """{"type":"text"}""", "invalid_parameter", null)]
    [InlineData("normal/1ST", """{"type":"text"}""", "invalid_parameter", null)]
    [InlineData("other/LTV", """{"type":"text"}""", "invalid_parameter", null)]
    [InlineData("normal/LTV", """{"type":"id"}""", "invalid_parameter", null)]
    [InlineData("normal/LTV", """{"type":"category"}""", "invalid_parameter", null)]
    [InlineData("transactional/LTV", """{"type":"multiple-choice"}""", "invalid_parameter", null)]
    [InlineData("normal/LTV", """{"isRecurring":true}""", "missing_parameter", null)]
    [InlineData("global/LTV", """{"type":"float"}""", "missing_parameter", null)]
    public async Task Wrong_creations_are_400(string path, string body, string code, string? message)
    {
        await using var brevo = await BrevoHarness.StartAsync();

        (await brevo.PostAsync($"/contacts/attributes/{path}", body)).IsError(400, code, message);
    }

    [Fact]
    public async Task Options_have_at_most_200_characters()
    {
        await using var brevo = await BrevoHarness.StartAsync();

        foreach (var (length, status) in new[] { (200, 201), (201, 400) })
        {
            var option = new string('x', length);
            Assert.Equal(status, (await brevo.PostAsync(
                $"/contacts/attributes/normal/M{length}", $$"""{"type":"multiple-choice","multiCategoryOptions":["{{option}}"]}""")).Status);
            Assert.Equal(status, (await brevo.PostAsync(
                $"/contacts/attributes/category/C{length}", $$"""{"enumeration":[{"value":1,"label":"{{option}}"}]}""")).Status);
        }
    }

    [Fact]
    public async Task Options_and_formulas_can_change_but_not_types()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        await brevo.PostAsync("/contacts/attributes/normal/C", """{"type":"multiple-choice","multiCategoryOptions":["a"]}""");
        await brevo.PostAsync("/contacts/attributes/category/TIER", """{"enumeration":[{"value":1,"label":"gold"}]}""");

        (await brevo.PutAsync("/contacts/attributes/normal/C", """{"multiCategoryOptions":["b"]}""")).IsEmpty(204);
        (await brevo.PutAsync("/contacts/attributes/category/TIER", """{"enumeration":[{"value":2,"label":"tin"}]}""")).IsEmpty(204);
        (await brevo.PutAsync("/contacts/attributes/normal/FIRSTNAME", """{"type":"float"}""")).IsError(400, "invalid_parameter");
        (await brevo.PutAsync("/contacts/attributes/normal/GHOST", """{"type":"float"}""")).IsError(404, "document_not_found");
        (await brevo.PutAsync("/contacts/attributes/transactional/C", """{"value":"x"}""")).IsError(400, "invalid_parameter");
        (await brevo.DeleteAsync("/contacts/attributes/multiple-choice/C/a")).IsEmpty(204);
        (await brevo.DeleteAsync("/contacts/attributes/multiple-choice/C/a")).IsError(404, "document_not_found");

        var json = (await brevo.GetAsync("/contacts/attributes")).Json.GetProperty("attributes");
        Assert.Equal("""["b"]""", Named(json, "C").GetProperty("multiCategoryOptions").GetRawText());
        Assert.Equal("tin", Named(json, "TIER").GetProperty("enumeration")[0].GetProperty("label").GetString());
    }

    [Fact]
    public async Task Deleting_an_attribute_loses_its_values()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        await brevo.PostAsync("/contacts/attributes/normal/CITY", """{"type":"text"}""");
        var id = await brevo.CreateAsync("a@example.test", ""","attributes":{"CITY":"Seoul"}""");
        Assert.Equal("Seoul", brevo.Simulator.ContactById(id)!.Attributes["CITY"]);

        (await brevo.DeleteAsync("/contacts/attributes/normal/CITY")).IsEmpty(204);
        (await brevo.DeleteAsync("/contacts/attributes/normal/CITY")).IsError(404, "document_not_found");
        await brevo.PostAsync("/contacts/attributes/normal/CITY", """{"type":"text"}""");

        Assert.Empty(brevo.Simulator.ContactById(id)!.Attributes);
    }

    [Theory]
    [InlineData("text", "\"x\"", "\"x\"")]
    [InlineData("text", "7", null)]
    [InlineData("date", "\"2026-01-31\"", "\"2026-01-31\"")]
    [InlineData("date", "\"2026-01-31T10:00:00Z\"", null)]
    [InlineData("date", "\"31/01/2026\"", null)]
    [InlineData("date", "20260131", null)]
    [InlineData("float", "12.5", "12.5")]
    [InlineData("float", "\"12.5\"", null)]
    [InlineData("float", "true", null)]
    [InlineData("boolean", "true", "true")]
    [InlineData("boolean", "\"true\"", null)]
    [InlineData("boolean", "1", null)]
    [InlineData("user", "\"rep@account.test\"", "\"rep@account.test\"")]
    [InlineData("text", "null", null)]
    public async Task A_value_of_another_type_is_dropped_with_success(string type, string sent, string? stored)
    {
        await using var brevo = await BrevoHarness.StartAsync();
        await brevo.PostAsync("/contacts/attributes/normal/VALUE", $$"""{"type":"{{type}}"}""");

        var id = await brevo.CreateAsync("a@example.test", $$$""","attributes":{"VALUE":{{{sent}}},"FIRSTNAME":"Ada"}""");

        var attributes = (await brevo.GetAsync($"/contacts/{id}")).Json.GetProperty("attributes");
        Assert.Equal(stored, attributes.TryGetProperty("VALUE", out var value) ? value.GetRawText() : null);
        Assert.Equal("Ada", attributes.GetProperty("FIRSTNAME").GetString());
    }

    [Fact]
    public async Task Unknown_names_and_names_in_another_case_are_dropped_with_success()
    {
        await using var brevo = await BrevoHarness.StartAsync();

        var id = await brevo.CreateAsync("a@example.test", ""","attributes":{"firstname":"x","GHOST":"y","LASTNAME":"Kim"}""");

        Assert.Equal(["LASTNAME"], brevo.Simulator.ContactById(id)!.Attributes.Keys);
    }

    [Fact]
    public async Task Choices_that_are_not_options_are_dropped_with_success()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        await brevo.PostAsync("/contacts/attributes/normal/M", """{"type":"multiple-choice","multiCategoryOptions":["a","b"]}""");
        await brevo.PostAsync("/contacts/attributes/category/C", """{"enumeration":[{"value":1,"label":"gold"}]}""");

        var id = await brevo.CreateAsync("a@example.test", ""","attributes":{"M":["a","z"],"C":"gold"}""");
        (await brevo.PutAsync($"/contacts/{id}", """{"attributes":{"M":"b","C":"silver"}}""")).IsEmpty(204);

        var attributes = (await brevo.GetAsync($"/contacts/{id}")).Json.GetProperty("attributes");
        Assert.Equal("""["a"]""", attributes.GetProperty("M").GetRawText());
        Assert.Equal(1, attributes.GetProperty("C").GetInt32());
    }

    [Fact]
    public async Task A_transactional_attribute_needs_its_id_attribute()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        await brevo.PostAsync("/contacts/attributes/transactional/ORDER_ID", """{"type":"id"}""");
        await brevo.PostAsync("/contacts/attributes/transactional/PRICE", """{"type":"float"}""");

        var alone = await brevo.PostAsync("/contacts", """{"email":"a@example.test","attributes":{"PRICE":5}}""");
        var both = await brevo.PostAsync("/contacts", """{"email":"a@example.test","attributes":{"PRICE":5,"ORDER_ID":"o1"}}""");

        alone.IsError(400, "invalid_parameter", "Transactional attribute as primary Key is missing");
        Assert.Equal(201, both.Status);
    }

    private static JsonElement Named(JsonElement attributes, string name) =>
        attributes.EnumerateArray().Single(attribute => attribute.GetProperty("name").GetString() == name);
}
