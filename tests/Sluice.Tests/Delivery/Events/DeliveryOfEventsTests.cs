using System.Text.Json;
using Sluice.Core.Events;
using Sluice.Destinations.Brevo.Events;
using Sluice.Simulators.Brevo;

namespace Sluice.Tests.Delivery.Events;

public sealed class DeliveryOfEventsTests
{
    [Fact]
    public async Task Every_event_arrives_once_in_the_order_of_its_person()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(20);
        await world.AppendAsync(Enumerable.Range(0, 300).Select(i => ("Page View", 1 + (i % 20))));
        world.Run();
        await world.DrainAsync();
        Assert.Equal(Enumerable.Range(1, 300), world.Delivered().Order());
        Assert.All(Enumerable.Range(1, 20), person => Assert.Equal(world.DeliveredTo(person).Order(), world.DeliveredTo(person)));
        Assert.All(world.Brevo.Events, e => Assert.Equal("Page_View", e.Name));
        world.AssertClean();
    }

    [Fact]
    public async Task An_event_arrives_with_its_time_its_insert_id_and_its_contact()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(2);
        await world.AppendAsync(
            [("Purchase", 2)], properties: n => $$"""{"$insert_id":"ins-1","n":{{n}},"$city":"Paris","token":"secret","gone":null,"items":[{"s k u":1}]}""");
        var at = DateTimeOffset.FromUnixTimeMilliseconds(world.Clock.GetUtcNow().ToUnixTimeMilliseconds() + 1);
        world.Names = new EventNames(new Dictionary<string, string> { ["Purchase"] = "order_completed" }, sendUnmapped: false);
        world.Run();
        await world.DrainAsync();
        var stored = Assert.Single(world.Brevo.Events);
        Assert.Equal("order_completed", stored.Name);
        Assert.Equal(at, stored.Date);
        Assert.Equal(world.Brevo.ContactByEmail(EventsWorld.Email(2))!.Id, stored.ContactId);
        Assert.Equal("""{"insert_id":"ins-1","n":1,"city":"Paris","items":[{"s_k_u":1}]}""", stored.PropertiesJson);
    }

    [Fact]
    public async Task Few_events_go_singly_and_many_by_both_ways()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(50);
        world.Run();
        await world.AppendAsync(Enumerable.Range(0, 50).Select(i => ("a", 1 + i)));
        await world.DrainAsync();
        Assert.Equal(50, world.Brevo.Calls.Count("POST", "/events"));
        Assert.Equal(0, world.Brevo.Calls.Count("POST", "/events/batch"));

        await world.AppendAsync(Enumerable.Range(0, 2_000).Select(i => ("a", 1 + (i % 50))));
        await world.DrainAsync();
        Assert.InRange(world.Brevo.Calls.Count("POST", "/events/batch"), 8, 10);
        Assert.Equal(Enumerable.Range(1, 2_050), world.Delivered().Order());
        Assert.All(Enumerable.Range(1, 50), person => Assert.Equal(world.DeliveredTo(person).Order(), world.DeliveredTo(person)));
        world.AssertClean();
    }

    [Fact]
    public async Task Where_batches_have_the_budget_of_single_events_they_carry_everything()
    {
        var limits = BrevoLimits.General with { Other = BrevoLimits.General.Events };
        await using var world = await EventsWorld.StartAsync(new BrevoSimulatorOptions { Limits = limits });
        await world.AddContactsAsync(500);
        await world.AppendAsync(Enumerable.Range(0, 20_000).Select(i => ("a", 1 + (i % 500))));
        world.Run();
        var since = world.Clock.GetUtcNow();
        await world.UntilAsync(() => Task.FromResult(world.Brevo.EventCount == 20_000));
        Assert.InRange(world.Clock.GetUtcNow() - since, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        Assert.InRange(world.Brevo.Calls.Count("POST", "/events/batch"), 100, 130);
        world.AssertClean();
    }

    [Fact]
    public async Task Only_mapped_events_are_sent_and_the_others_are_counted()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(3);
        await world.AppendAsync([("Purchase", 1), ("Page View", 1), ("Page View", 2), ("Purchase", 3)]);
        world.Names = new EventNames(new Dictionary<string, string> { ["Purchase"] = "order_completed" }, sendUnmapped: false);
        world.Run();
        await world.DrainAsync();
        Assert.Equal(["order_completed", "order_completed"], world.Brevo.Events.Select(e => e.Name));
        var counts = await world.CountsAsync();
        Assert.Equal((4, 2, 2), (counts["read"], counts["sent"], counts["skipped_not_mapped"]));
    }

    [Fact]
    public async Task What_waits_and_is_no_longer_mapped_is_not_sent()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddPeopleAsync(1, 1);
        await world.AppendAsync([("Purchase", 1), ("Page View", 1)]);
        world.Run();
        await world.UntilAsync(async () => (await world.CountsAsync()).GetValueOrDefault("read") == 2);
        await world.StopAsync();
        world.Names = new EventNames(new Dictionary<string, string> { ["Purchase"] = "order_completed" }, sendUnmapped: false);
        world.Run(contacts: true);
        await world.DrainAsync();
        Assert.Equal("order_completed", Assert.Single(world.Brevo.Events).Name);
        Assert.Equal(1, (await world.CountsAsync())["skipped_not_mapped"]);
    }

    [Fact]
    public async Task What_Brevo_told_us_does_not_go_back_to_Brevo()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(1);
        await world.AppendAsync([("Email Opened", 1)], Origin.Destination);
        await world.AppendAsync([("Purchase", 1)]);
        world.Run();
        await world.DrainAsync();
        Assert.Equal("Purchase", Assert.Single(world.Brevo.Events).Name);
        Assert.Equal(1, (await world.CountsAsync())["skipped_came_from_the_destination"]);
    }

    [Fact]
    public async Task Delivery_that_is_off_passes_over_what_comes()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(1);
        await world.AppendAsync([("a", 1), ("a", 1)]);
        world.Options = world.Options with { Enabled = false };
        world.Run();
        await world.DrainAsync();
        await world.StopAsync();
        Assert.Equal(2, (await world.CountsAsync())["skipped_sync_events_off"]);

        world.Options = world.Options with { Enabled = true };
        await world.AppendAsync([("a", 1)]);
        world.Run();
        await world.DrainAsync();
        Assert.Equal([3], world.Delivered());
    }

    [Fact]
    public async Task One_event_that_is_refused_becomes_a_dead_letter_and_holds_up_nobody()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(1);
        world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.Error(400, "invalid_parameter", "no"));
        await world.AppendAsync([("a", 1), ("b", 1), ("c", 1)]);
        world.Run();
        await world.DrainAsync();
        Assert.Equal([2, 3], world.Delivered());
        var letter = Assert.Single(await world.Store.DeadLetters.ListAsync(EventsWorld.Project, null, 10, TestContext.Current.CancellationToken));
        Assert.Equal(("brevo", "refused", "a", "open"), (letter.Origin, letter.Reason, letter.Subject, letter.State));
        using var payload = JsonDocument.Parse(letter.Payload);
        Assert.Equal(1, payload.RootElement.GetProperty("n").GetInt32());
        Assert.Equal(1, (await world.CountsAsync())["refused"]);
        Assert.Equal(1, await world.Store.DeadLetters.RetryAsync(EventsWorld.Project, [letter.Id], TestContext.Current.CancellationToken));
        await world.UntilAsync(() => Task.FromResult(world.Brevo.EventCount == 3));
        Assert.Equal([2, 3, 1], world.Delivered());
    }

    [Fact]
    public async Task A_run_covers_a_burst_and_ends()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(5);
        world.Run();
        await world.AppendAsync(Enumerable.Range(0, 30).Select(i => ("a", 1 + (i % 5))));
        await world.DrainAsync();
        await world.PassAsync(TimeSpan.FromMinutes(1));
        await world.AppendAsync([("a", 1)]);
        await world.DrainAsync();
        var runs = await world.RunsAsync();
        Assert.Equal([("done", 1L), ("done", 30L)], runs.Select(r => (r.State, r.Counts["sent"])));
        Assert.All(runs, r => Assert.NotNull(r.EndedAt));
    }
}
