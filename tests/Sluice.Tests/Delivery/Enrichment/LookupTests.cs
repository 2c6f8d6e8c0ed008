using System.Text;
using Sluice.Core.Delivery.Enrichment;
using Sluice.Core.Events;
using Sluice.Destinations.Brevo.Attributes;
using Sluice.Tests.Delivery.Events;

namespace Sluice.Tests.Delivery.Enrichment;

/// <summary>Lookup tables add to events and profiles on their way; a replaced table counts for what is sent afterwards.</summary>
public sealed class LookupTests
{
    private const string Products = "6f1f0d2e-0000-4000-8000-000000000001";
    private static readonly LookupJoin Join = new(Products, "plan", [new LookupColumn("title", "plan_title"), new LookupColumn("level", "level")]);

    [Fact]
    public async Task A_contact_has_what_the_table_says_and_follows_another_table()
    {
        AttributeMapping[] mapping = [new("plan_title", "PLAN_TITLE", AttributeKind.Text), new("level", "LEVEL", AttributeKind.Number)];
        await using var world = await World.StartAsync(mapping: mapping, enrichment: new EnrichmentRules([], [Join]));
        await world.Store.TableAsync(World.Project, Products, ("free", """{"title":"Free","level":1}"""), ("pro", """{"title":"Professional","level":2}"""));
        await world.Store.ProfileAsync(World.Project, "bo", """{"$email":"bo@example.test","plan":"pro","level":9}""");
        Someone[] people = [new("ana", "ana@example.test", Plan: "pro"), new("bo", "bo@example.test", Plan: "pro"), new("cy", "cy@example.test", Plan: "unknown")];
        await world.FullAsync(people);
        await world.ListHoldsAsync(World.Emails(people));
        Assert.Equal(("Professional", 2d), Plan(world, "ana"));
        Assert.Equal(("Professional", 9d), Plan(world, "bo"));
        Assert.Equal((null, null), Plan(world, "cy"));

        await world.Store.TableAsync(World.Project, Products, ("pro", """{"title":"Pro"}"""), ("unknown", """{"title":"Known"}"""));
        await world.UntilAsync(() => Plan(world, "ana") == ("Pro", null) && Plan(world, "bo") == ("Pro", 9d) && Plan(world, "cy") == ("Known", null));
        world.AssertClean();
    }

    [Fact]
    public async Task An_event_carries_what_the_table_says_at_the_time_it_is_sent()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(1);
        world.Joins = [new LookupJoin(Products, "sku", [new LookupColumn("name", "product"), new LookupColumn("price", "price")])];
        await world.Store.TableAsync(EventsWorld.Project, Products, ("7", """{"name":"Old","price":1}"""));
        await world.Store.TableAsync(EventsWorld.Project, Products, ("7", """{"name":"Tea","price":3.5}"""), ("8", """{"name":"Pot"}"""));
        world.Run();
        await world.AppendAsync([("view", 1)], properties: n => $$"""{"$insert_id":"a","n":{{n}},"sku":7,"price":99}""");
        await world.AppendAsync([("view", 1)], properties: n => $$"""{"$insert_id":"b","n":{{n}},"sku":["8","7"]}""");
        await world.AppendAsync([("view", 1)], properties: n => $$"""{"$insert_id":"c","n":{{n}},"sku":"none"}""");
        await world.DrainAsync();
        Assert.Equal(
            [
                """{"insert_id":"a","n":1,"sku":7,"price":99,"product":"Tea"}""",
                """{"insert_id":"b","n":2,"sku":["8","7"],"product":"Pot"}""",
                """{"insert_id":"c","n":3,"sku":"none"}""",
            ],
            world.Brevo.Events.Select(e => e.PropertiesJson));
        var stored = await world.Store.EventLog.ReadAsync(EventsWorld.Project, LogPosition.Start, 10, null, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(stored.Events, e => Encoding.UTF8.GetString(e.Properties).Contains("product", StringComparison.Ordinal));
        world.AssertClean();
    }

    private static (string? Title, double? Level) Plan(World world, string id)
    {
        var attributes = world.Brevo.ContactByExtId(id)!.Attributes;
        return (attributes.GetValueOrDefault("PLAN_TITLE") as string, attributes.GetValueOrDefault("LEVEL") as double?);
    }
}
