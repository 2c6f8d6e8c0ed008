using System.Text.Json.Nodes;
using Sluice.Brevo;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Events;
using Sluice.Destinations.Brevo;
using Sluice.Simulators.Brevo;
using Sluice.Storage;
using Sluice.Testing;

namespace Sluice.Tests.Delivery.Forwarding;

/// <summary>What becomes of Brevo's messages comes back to Mixpanel as events of the person, once, and never goes to Brevo.</summary>
public sealed class CampaignEventTests
{
    private const string Opened = """
        {"id":7,"event":"opened","email":"Ana@Example.test","camp_id":12,"campaign name":"May news","subject":"Hello","tag":"spring","list_id":[3,42],
         "date_event":"2026-03-02 09:00:00","ts":1772442001,"ts_event":1772442000}
        """;

    [Fact]
    public async Task A_webhook_that_comes_twice_is_one_event_of_the_person_also_when_nothing_else_is_passed_on()
    {
        await using var world = await StartAsync();
        Assert.Equal(204, await world.TellAsync(Opened));
        Assert.Equal(204, await world.TellAsync($"[{Opened},{Opened}]"));
        await world.ImportAsync(world.Event(1));
        world.Run();
        await world.DrainAsync();
        var stored = Assert.Single(world.Mixpanel.Events(ForwardWorld.RemoteProject));
        Assert.Equal(("Brevo Opened", 1_772_442_000_000, "u-ana"), (stored.Name, stored.TimeMs, stored.DistinctId));
        Assert.Matches("^[0-9a-f]{32}$", stored.InsertId);
        var properties = JsonNode.Parse(stored.PropertiesJson)!;
        Assert.Equal(
            ("brevo", 12, "May news", "Hello", "spring", "[3,42]"),
            ((string)properties["$source"]!, (int)properties["campaign_id"]!, (string)properties["campaign_name"]!, (string)properties["subject"]!, (string)properties["tag"]!,
                properties["list_ids"]!.ToJsonString()));
        Assert.DoesNotContain("example.test", stored.PropertiesJson, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(world.Mixpanel.Profiles(ForwardWorld.RemoteProject));
        world.AssertClean();
    }

    [Theory]
    [InlineData("""{"event":"delivered","email":"ana@example.test","camp_id":12,"campaign_name":"May","ts_event":1772442000}""", "Brevo Delivered", """{"$source":"brevo","campaign_id":12,"campaign_name":"May"}""")]
    [InlineData("""{"event":"click","email":"ana@example.test","camp_id":12,"URL":"https://shop.test/a?e=ana%40example.test&x=1","ts_event":1772442000}""", "Brevo Clicked", """{"$source":"brevo","campaign_id":12,"link":"https://shop.test/a?e=***&x=1"}""")]
    [InlineData("""{"event":"unsubscribe","email":"ana@example.test","camp_id":12,"list_id":[3],"ts_event":1772442000}""", "Brevo Unsubscribed", """{"$source":"brevo","campaign_id":12,"list_ids":[3]}""")]
    [InlineData("""{"event":"hard_bounce","email":"ana@example.test","reason":"550 <ana@example.test> unknown","tag":"","ts":1772442000}""", "Brevo Hard Bounced", """{"$source":"brevo","reason":"550 <***> unknown"}""")]
    [InlineData("""{"event":"soft_bounce","email":"ana@example.test","message-id":"<1@relay>","template_id":4,"tags":["a","b"],"ts_event":1772442000}""", "Brevo Soft Bounced", """{"$source":"brevo","tags":["a","b"],"template_id":4}""")]
    [InlineData("""{"event":"spam","email":"ana@example.test","camp_id":12,"ts_event":1772442000}""", "Brevo Marked As Spam", """{"$source":"brevo","campaign_id":12}""")]
    public async Task Every_kind_of_payload_has_its_event(string body, string name, string expected)
    {
        await using var world = await StartAsync();
        Assert.Equal(204, await world.TellAsync(body));
        var logged = Assert.Single((await world.Store.EventLog.ReadAsync(ForwardWorld.Project, LogPosition.Start, 10, null, TestContext.Current.CancellationToken)).Events);
        Assert.Equal((name, 1_772_442_000_000, Origin.Destination), (logged.Name, logged.Time, logged.Origin));
        var properties = (JsonObject)JsonNode.Parse(logged.Properties)!;
        properties.Remove("distinct_id");
        properties.Remove("$insert_id");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), properties), properties.ToJsonString());
    }

    [Fact]
    public async Task Who_is_not_known_is_counted_and_what_is_no_event_is_passed_over()
    {
        await using var world = await StartAsync();
        Assert.Equal(204, await world.TellAsync($$"""
            [{"event":"opened","email":"nobody@example.test","ts_event":1772442000},{"event":"list_addition","email":"ana@example.test","ts_event":1772442000},
             {"event":"opened","email":"ana@example.test"},{"event":"contact_deleted","email":["x@example.test"],"ts":1772442000},{{Opened}},{{Opened}}]
            """));
        var now = world.Clock.GetUtcNow();
        var counts = await world.Store.IntakeCounts.ListAsync(ForwardWorld.Project, now.AddHours(-1), now.AddHours(1), TestContext.Current.CancellationToken);
        Assert.Equal(
            ["accepted 1", "duplicate 1", "unknown_person 1"],
            counts.Where(c => c.Way == "brevo").Select(c => FormattableString.Invariant($"{c.Outcome} {c.Records}")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task They_are_stored_and_stay_here_while_they_are_not_wanted_at_Mixpanel()
    {
        await using var world = await StartAsync(new ForwardScope(Received: true, Told: false));
        await world.TellAsync(Opened);
        await world.ImportAsync(world.Event(1));
        world.Run();
        await world.DrainAsync();
        Assert.Equal("Purchase", Assert.Single(world.Events).Name);
        Assert.Equal(2, (await world.Store.EventLog.ReadAsync(ForwardWorld.Project, LogPosition.Start, 10, null, TestContext.Current.CancellationToken)).Events.Count);
    }

    [Fact]
    public async Task Brevo_is_asked_for_them_only_while_they_are_wanted()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var folder = new TempFolder();
        await using var brevo = await BrevoSimulator.StartAsync(new BrevoSimulatorOptions(), cancellationToken);
        await using var store = await Store.OpenSqliteAsync(folder.Combine("sluice.db"), TimeProvider.System, cancellationToken, durable: false);
        using var http = new HttpClient(BrevoClient.CreateHandler());
        var client = new BrevoClient(http, new BrevoClientOptions { ApiKey = new BrevoApiKey("xkeysib-simulator"), BaseAddress = brevo.BaseUrl });
        foreach (var (wanted, expected) in (ValueTuple<bool, string[]>[])
            [
                (true, ["delivered,opened,click,softBounce True", "delivered,opened,click,softBounce,hardBounce,spam,unsubscribed True", "unsubscribed,spam,hardBounce,contactDeleted False"]),
                (false, ["unsubscribed,spam,hardBounce,contactDeleted False"]),
            ])
        {
            var settings = new BrevoSettings
            {
                ApiKey = "xkeysib-simulator", BaseAddress = brevo.BaseUrl, Mapping = [], Inbox = new Uri("https://sluice.example.test/brevo/projects/p1"), WebhookToken = "token",
                CampaignEvents = wanted,
            };
            var destination = new BrevoDestination(settings, http, store.PermitBooks, _ => Task.FromResult<IReadOnlyList<string>>([]), TimeProvider.System);
            await destination.PrepareAsync(cancellationToken);
            await destination.PrepareAsync(cancellationToken);
            var webhooks = (await client.GetWebhooksAsync(BrevoWebhookTypes.Marketing, cancellationToken))
                .Concat(await client.GetWebhooksAsync(BrevoWebhookTypes.Transactional, cancellationToken));
            Assert.Equal(expected, webhooks.Select(w => $"{string.Join(',', w.Events)} {w.Batched}").Order(StringComparer.Ordinal));
        }
    }

    private static async Task<ForwardWorld> StartAsync(ForwardScope? scope = null)
    {
        var world = await ForwardWorld.StartAsync(scope ?? new ForwardScope(Received: false, Told: true));
        await world.EngageAsync(ForwardWorld.Update("u-ana", "$set", new JsonObject { ["$email"] = "ana@example.test" }));
        return world;
    }
}
