namespace Sluice.Simulators.Tests.Brevo;

public sealed class ContactQueryTests
{
    [Theory]
    [InlineData("/contacts", 1000)]
    [InlineData("/contacts/lists/15/contacts", 500)]
    [InlineData("/contacts/lists", 50)]
    [InlineData("/contacts/folders", 50)]
    [InlineData("/contacts/folders/1/lists", 50)]
    [InlineData("/contacts/segments", 50)]
    [InlineData("/processes", 50)]
    [InlineData("/smtp/blockedContacts", 100)]
    [InlineData("/events", 10000)]
    public async Task A_page_above_its_cap_is_out_of_range(string path, int cap)
    {
        await using var brevo = await BrevoHarness.StartAsync();
        brevo.Simulator.CreateList("l", 15);

        Assert.Equal(200, (await brevo.GetAsync($"{path}?limit={cap}")).Status);
        (await brevo.GetAsync($"{path}?limit={cap + 1}")).IsError(400, "out_of_range");
        (await brevo.GetAsync($"{path}?limit=0")).IsError(400, "out_of_range");
        (await brevo.GetAsync($"{path}?offset=-1")).IsError(400, "out_of_range");
        (await brevo.GetAsync($"{path}?limit=ten")).IsError(400, "invalid_parameter");
    }

    [Fact]
    public async Task Pages_cover_a_list_once_in_either_order()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        brevo.Simulator.CreateList("l", 15);
        brevo.Simulator.AddForeignContacts(130, prefix: "outside");
        brevo.Simulator.AddForeignContacts(205, 15);

        foreach (var sort in new[] { "asc", "desc" })
        {
            List<long> ids = [];
            for (var offset = 0; offset < 205; offset += 50)
            {
                var page = (await brevo.GetAsync($"/contacts?listIds=15&limit=50&offset={offset}&sort={sort}")).Json;
                Assert.Equal(205, page.GetProperty("count").GetInt32());
                ids.AddRange(page.GetProperty("contacts").EnumerateArray().Select(contact => contact.GetProperty("id").GetInt64()));
            }

            var expected = Enumerable.Range(131, 205).Select(id => (long)id);
            Assert.Equal(sort == "asc" ? expected : expected.Reverse(), ids);
        }

        var first = (await brevo.GetAsync("/contacts/lists/15/contacts?limit=1")).Json;
        Assert.Equal("foreign205@foreign.test", first.GetProperty("contacts")[0].GetProperty("email").GetString());
        Assert.Equal(205, first.GetProperty("count").GetInt32());
        Assert.Equal(50, (await brevo.GetAsync("/contacts")).Json.GetProperty("contacts").GetArrayLength());
    }

    [Fact]
    public async Task Modified_and_created_since_take_only_what_came_after()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        await brevo.CreateAsync("a@example.test");
        await brevo.CreateAsync("b@example.test");
        brevo.Clock.Advance(TimeSpan.FromHours(1));
        await brevo.CreateAsync("c@example.test");
        brevo.Simulator.Unsubscribe("a@example.test");

        Assert.Equal(["a", "c"], await NamesAsync("modifiedSince=2026-03-02T09:30:00.000Z"));
        Assert.Equal(["c"], await NamesAsync("createdSince=2026-03-02T10:30:00.000%2B01:00"));
        Assert.Equal([], await NamesAsync("modifiedSince=2026-03-02T10:00:00.000Z"));

        async Task<IReadOnlyList<string?>> NamesAsync(string query) => [.. (await brevo.GetAsync($"/contacts?sort=asc&{query}")).Json
            .GetProperty("contacts").EnumerateArray().Select(contact => contact.GetProperty("email").GetString()![..1])];
    }

    [Theory]
    [InlineData("modifiedSince=2026-03-02")]
    [InlineData("modifiedSince=2026-03-02T10:30:00.000+01:00")]
    [InlineData("sort=up")]
    [InlineData("listIds=99")]
    [InlineData("listIds=15&segmentId=1")]
    [InlineData("segmentId=0")]
    [InlineData("ids=x")]
    [InlineData("filter=equals(NOPE,\"x\")")]
    [InlineData("filter=contains(FIRSTNAME,\"x\")")]
    public async Task Malformed_queries_are_400(string query)
    {
        await using var brevo = await BrevoHarness.StartAsync();
        brevo.Simulator.CreateList("l", 15);

        (await brevo.GetAsync($"/contacts?{query}")).IsError(400, "invalid_parameter");
    }

    [Fact]
    public async Task Ids_are_at_most_twenty()
    {
        await using var brevo = await BrevoHarness.StartAsync();
        brevo.Simulator.AddForeignContacts(30);

        var twenty = await brevo.GetAsync($"/contacts?{string.Join('&', Enumerable.Range(1, 20).Select(id => $"ids={id}"))}");
        var more = await brevo.GetAsync($"/contacts?{string.Join('&', Enumerable.Range(1, 21).Select(id => $"ids={id}"))}");

        Assert.Equal(20, twenty.Json.GetProperty("count").GetInt32());
        more.IsError(400, "invalid_parameter");
    }

    [Theory]
    [InlineData("equals(FIRSTNAME,\"Ada\")", "a")]
    [InlineData("equals(LTV,12.5)", "a")]
    [InlineData("equals(ACTIVE,true)", "a")]
    [InlineData("equals(TIER,\"gold\")", "a")]
    [InlineData("equals(TIER,\"1\")", "a")]
    [InlineData("equals(COLOURS,\"red,blue\")", "a")]
    [InlineData("equals(COLOURS,\"red\")", "ab")]
    [InlineData("equals(EXT_ID,\"u2\")", "b")]
    public async Task The_filter_compares_by_type(string filter, string expected)
    {
        await using var brevo = await BrevoHarness.StartAsync();
        await brevo.PostAsync("/contacts/attributes/normal/LTV", """{"type":"float"}""");
        await brevo.PostAsync("/contacts/attributes/normal/ACTIVE", """{"type":"boolean"}""");
        await brevo.PostAsync("/contacts/attributes/category/TIER", """{"enumeration":[{"value":1,"label":"gold"},{"value":2,"label":"tin"}]}""");
        await brevo.PostAsync("/contacts/attributes/normal/COLOURS", """{"type":"multiple-choice","multiCategoryOptions":["red","blue"]}""");
        await brevo.CreateAsync("a@example.test", ""","ext_id":"u1","attributes":{"FIRSTNAME":"Ada","LTV":12.5,"ACTIVE":true,"TIER":1,"COLOURS":["red","blue"]}""");
        await brevo.CreateAsync("b@example.test", ""","ext_id":"u2","attributes":{"FIRSTNAME":"Bob","LTV":1,"ACTIVE":false,"TIER":"tin","COLOURS":["red"]}""");

        var reply = await brevo.GetAsync($"/contacts?sort=asc&filter={Uri.EscapeDataString(filter)}");

        Assert.Equal(expected, string.Concat(reply.Json.GetProperty("contacts").EnumerateArray()
            .Select(contact => contact.GetProperty("email").GetString()![..1])));
    }
}
