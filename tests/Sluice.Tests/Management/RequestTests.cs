using System.Net;
using System.Text.Json;
using Sluice.Core.Events;

namespace Sluice.Tests.Management;

/// <summary>What all paths have in common: problems, pages, limits, repeated calls.</summary>
public sealed class RequestTests
{
    [Fact]
    public async Task What_is_wrong_with_a_request_is_told_by_its_field()
    {
        await using var world = await ManagedWorld.StartAsync();
        (string Path, string Body, string Field)[] wrong =
        [
            ("connectors/brevo", "{}", "apiKey"),
            ("connectors/brevo", """{"apiKey":5}""", "apiKey"),
            ("connectors/brevo", """{"apiKey":"k","apiKeys":1}""", "apiKeys"),
            ("connectors/brevo", "[]", "body"),
            ("connectors/brevo", "{", "body"),
            ("connectors/mixpanel", "{}", "projectToken"),
            ("connectors/mixpanel", """{"serviceAccountUser":"u"}""", "serviceAccountSecret"),
            ("connectors/mixpanel", """{"serviceAccountUser":"u","serviceAccountSecret":"s"}""", "projectId"),
            ("connectors/mixpanel", """{"projectId":"12x"}""", "projectId"),
            ("connectors/mixpanel", """{"projectToken":" t"}""", "projectToken"),
            ("connectors/mixpanel", """{"projectToken":"t","dataResidency":"mars"}""", "dataResidency"),
        ];
        foreach (var (path, body, field) in wrong)
        {
            var answer = await world.PutAsync(path, body);
            Assert.True(answer.Status == HttpStatusCode.BadRequest, $"{body}: {answer.Body}");
            Assert.Equal(("invalid-request", field), (answer.Code, answer.Field));
        }

        Assert.Equal("ids[1]", (await world.PostAsync("dead-letters/drop", """{"ids":["a",""]}""")).Field);
        Assert.Equal("limit", (await world.GetAsync("runs?limit=201")).Field);
        Assert.Equal("limit", (await world.GetAsync("runs?limit=many")).Field);
        Assert.Equal("state", (await world.GetAsync("dead-letters?state=lost")).Field);
        Assert.Equal("cursor", (await world.GetAsync("runs?cursor=nonsense")).Field);
        Assert.Equal("from", (await world.GetAsync("statistics/ingestion?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")).Field);
        Assert.Equal(HttpStatusCode.NotFound, (await world.GetAsync("nothing")).Status);
        Assert.Equal("method", (await world.SendAsync(HttpMethod.Patch, "connectors/brevo", "{}", ManagedWorld.Shop)).Code);
        Assert.Equal("too-large", (await world.PutAsync("connectors/brevo", new string('x', 300_000))).Code);
    }

    [Fact]
    public async Task A_page_of_another_site_does_nothing_with_keys_that_the_browser_remembers()
    {
        await using var world = await ManagedWorld.StartAsync(brevo: $"api_key: {ManagedWorld.BrevoKey}");
        foreach (var site in new[] { "cross-site", "same-site", "anything" })
        {
            foreach (var path in new[] { "connectors/brevo/pause", "keys" })
            {
                var refused = await world.SendAsync(HttpMethod.Post, path, null, ManagedWorld.Shop, site: site);
                Assert.Equal((HttpStatusCode.Forbidden, "cross-site"), (refused.Status, refused.Code));
            }
        }

        Assert.Equal("connected", (await world.GetAsync("connectors/brevo")).Json.GetProperty("state").GetString());
        Assert.Equal(1, (await world.GetAsync("keys")).Json.GetProperty("items").GetArrayLength());
        Assert.Equal(HttpStatusCode.OK, (await world.SendAsync(HttpMethod.Get, "keys", null, ManagedWorld.Shop, site: "same-origin")).Status);
        Assert.Equal(HttpStatusCode.OK, (await world.SendAsync(HttpMethod.Get, "keys", null, ManagedWorld.Shop, site: "none")).Status);
    }

    [Fact]
    public async Task A_repeated_call_gets_the_first_answer_and_another_call_under_its_key_none()
    {
        await using var world = await ManagedWorld.StartAsync();
        await KeepAsync(world, 2);
        var letters = (await world.GetAsync("dead-letters")).Json.GetProperty("items").EnumerateArray().Select(l => l.GetProperty("id").GetString()!).ToArray();
        var body = JsonSerializer.Serialize(new { ids = new[] { letters[0] } });

        var first = await world.PostAsync("dead-letters/drop", body, "one");
        Assert.Equal("""{"dropped":1}""", first.Body);
        await world.StopNodeAsync();
        await world.StartNodeAsync();
        Assert.Equal(first, await world.PostAsync("dead-letters/drop", body, "one"));
        Assert.Equal("""{"dropped":0}""", (await world.PostAsync("dead-letters/drop", body, "two")).Body);
        Assert.Equal("idempotency-key-reused", (await world.PostAsync("dead-letters/drop", JsonSerializer.Serialize(new { ids = new[] { letters[1] } }), "one")).Code);
        Assert.Equal("idempotency-key-reused", (await world.PostAsync("dead-letters/retry", body, "one")).Code);

        // Another project's keys are others, and a call that failed has not been made.
        Assert.Equal("""{"dropped":0}""", (await world.SendAsync(HttpMethod.Post, "dead-letters/drop", body, ManagedWorld.Blog, "one")).Body);
        Assert.Equal("invalid-request", (await world.PostAsync("dead-letters/drop", """{"ids":[]}""", "three")).Code);
        Assert.Equal("""{"dropped":1}""", (await world.PostAsync("dead-letters/drop", JsonSerializer.Serialize(new { ids = new[] { letters[1] } }), "three")).Body);
        Assert.Equal("Idempotency-Key", (await world.PostAsync("dead-letters/drop", body, new string('k', 256))).Field);
    }

    [Fact]
    public async Task Pages_hold_every_item_once()
    {
        await using var world = await ManagedWorld.StartAsync();
        await KeepAsync(world, 25);
        var seen = new List<string>();
        string? cursor = null;
        var pages = 0;
        do
        {
            var page = (await world.GetAsync("dead-letters?limit=10" + (cursor is null ? "" : $"&cursor={cursor}"))).Json;
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(l => l.GetProperty("id").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
            pages++;
        }
        while (cursor is not null && pages < 10);

        Assert.Equal(3, pages);
        Assert.Equal(25, seen.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(25, seen.Count);
    }

    [Fact]
    public async Task Suppressions_come_and_go_by_hand()
    {
        await using var world = await ManagedWorld.StartAsync();
        Assert.Equal("ana@shop.test", (await world.PostAsync("suppressions", """{"email":" Ana@Shop.test"}""")).Json.GetProperty("email").GetString());
        await world.PostAsync("suppressions", """{"phone":"+49 151 23456789","listId":16,"reason":"asked_us"}""");
        var all = (await world.GetAsync("suppressions")).Json.GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal(2, all.Length);
        Assert.Contains(all, s => s.GetProperty("phone").GetString() == "+4915123456789" && s.GetProperty("listId").GetInt64() == 16);
        Assert.Equal(1, (await world.PostAsync("suppressions/remove", """{"phone":"+4915123456789"}""")).Json.GetProperty("removed").GetInt32());
        Assert.Equal(HttpStatusCode.NotFound, (await world.PostAsync("suppressions/remove", """{"phone":"+4915123456789"}""")).Status);
        Assert.Equal("email", (await world.PostAsync("suppressions", "{}")).Field);
        Assert.Equal("reason", (await world.PostAsync("suppressions", """{"email":"b@shop.test","reason":"Because!"}""")).Field);
    }

    private static Task KeepAsync(ManagedWorld world, int letters) => world.Node.Store.RefusedRecords.KeepAsync(
        "shop", "import", [.. Enumerable.Range(0, letters).Select(i => new RefusedRecord("malformed", "no JSON", null, $"\"{i}\""))], ManagedWorld.Token);
}
