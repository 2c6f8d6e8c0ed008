using Sluice.Core.Delivery.Events;
using Sluice.Destinations.Brevo.Events;
using Sluice.Destinations.Brevo.Orders;
using Sluice.Simulators.Brevo;

namespace Sluice.Tests.Delivery.Events;

/// <summary>Events that are orders reach Brevo as orders, once under their id, and never as events too.</summary>
public sealed class OrderTests
{
    private static readonly OrderRule Purchase = new(
        "Purchase", "order_id", "revenue", "completed", null, new OrderProductRule("items", "sku", "price", "quantity", null), "coupon", ["shop"]);

    private static readonly OrderRule Refund = Purchase with { Event = "Refund", Status = "refunded" };

    [Fact]
    public async Task An_order_goes_as_an_order_and_everything_else_as_an_event()
    {
        await using var world = await StartAsync(3);
        world.Names = new EventNames(new Dictionary<string, string> { ["Purchase"] = "order_completed", ["view"] = "view" }, sendUnmapped: false);
        world.Run();
        await world.AppendAsync([("view", 2), ("Purchase", 2), ("other", 2)], properties: n => $$"""
            {"$insert_id":"i{{n}}","n":{{n}},"order_id":"A-{{n}}","revenue":12.50,"items":[{"sku":7,"price":"5","quantity":2},{"sku":"t","price":2.5,"quantity":1.5}],"coupon":"X","shop":"Lyon","secret":1}
            """);
        await world.DrainAsync();
        Assert.Equal([1], world.Delivered());
        var order = Assert.Single(world.Brevo.Orders);
        Assert.Equal(("A-2", world.Brevo.ContactByEmail(EventsWorld.Email(2))!.Id, "completed", 12.5, 1), (order.Id, order.ContactId, order.Status, order.Amount, order.Writes));
        Assert.Contains(
            "\"products\":[{\"productId\":\"7\",\"price\":5,\"quantity\":2},{\"productId\":\"t\",\"price\":2.5,\"quantityFloat\":1.5}]", order.Json, StringComparison.Ordinal);
        Assert.Contains("\"coupons\":[\"X\"],\"metaInfo\":{\"shop\":\"Lyon\"}", order.Json, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", order.Json, StringComparison.Ordinal);
        world.AssertClean();
    }

    [Fact]
    public async Task Orders_keep_their_budget_and_the_order_of_their_person_among_events()
    {
        await using var world = await StartAsync(2);
        world.Run();
        await world.AppendAsync(
            Enumerable.Range(0, 60).Select(i => (i % 3 == 0 ? "view" : i % 3 == 1 ? "Purchase" : "Refund", 1 + (i % 2))),
            properties: n => $$"""{"$insert_id":"i{{n}}","n":{{n}},"order_id":"A-{{n % 4}}","revenue":{{n}}}""");
        await world.DrainAsync();
        Assert.Equal(20, world.Brevo.Events.Count);
        Assert.Equal(40, world.Brevo.Orders.Sum(o => o.Writes));

        // Of each id, all of one person, the last one counts.
        var last = Enumerable.Range(1, 60).Where(n => n % 3 != 1).GroupBy(n => FormattableString.Invariant($"A-{n % 4}")).Select(g => (g.Key, (double)g.Max()));
        Assert.Equal(last.Order(), world.Brevo.Orders.Select(o => (o.Id, o.Amount)).Order());
        world.AssertClean();
    }

    [Fact]
    public async Task What_lacks_something_becomes_a_dead_letter_and_holds_nobody_up()
    {
        await using var world = await StartAsync(1);
        world.Run();
        string[] bodies = ["""{"revenue":1}""", """{"order_id":"A"}""", """{"order_id":"A","revenue":"much"}""", """{"order_id":"A","revenue":1,"items":[{"sku":"a"}]}""", """{"order_id":"B","revenue":1}"""];
        var next = 0;
        await world.AppendAsync(bodies.Select(_ => ("Purchase", 1)), properties: _ => bodies[next++]);
        await world.DrainAsync();
        Assert.Equal("B", Assert.Single(world.Brevo.Orders).Id);
        Assert.Empty(world.Brevo.Events);
        var letters = await world.Store.DeadLetters.ListAsync(EventsWorld.Project, "open", 10, TestContext.Current.CancellationToken);
        Assert.Equal(
            ["order_products_invalid", "order_without_amount", "order_without_amount", "order_without_id"], letters.Select(l => l.Reason).Order(StringComparer.Ordinal));
        world.AssertClean();
    }

    [Fact]
    public async Task An_order_whose_answer_was_lost_is_sent_again_and_stored_once()
    {
        await using var world = await StartAsync(2);
        world.Brevo.Faults.Add("POST", "/orders/status", BrevoFaultEffect.CutAfter(), 2);
        world.Run(onUnknown: UnknownRule.Skip);
        await world.AppendAsync([("Purchase", 1), ("Refund", 1), ("Purchase", 2)], properties: n => $$"""{"$insert_id":"i{{n}}","n":{{n}},"order_id":"P{{(n == 3 ? 2 : 1)}}","revenue":{{n}}}""");
        await world.DrainAsync();
        Assert.Equal([("P1", "refunded"), ("P2", "completed")], world.Brevo.Orders.Select(o => (o.Id, o.Status)).Order());
        Assert.Equal(5, world.Brevo.Orders.Sum(o => o.Writes));
        world.AssertClean();
    }

    [Fact]
    public async Task Without_the_shop_app_nothing_is_lost_and_it_goes_on_when_it_is_there()
    {
        await using var world = await StartAsync(3, active: false);
        world.Run();
        await world.AppendAsync([("view", 2), ("Purchase", 1)], properties: n => $$"""{"n":{{n}},"order_id":"A","revenue":1}""");
        await world.PassAsync(TimeSpan.FromSeconds(20));

        // Events go on, and do not hide what has to be done.
        await world.AppendAsync([("view", 3)]);
        await world.PassAsync(TimeSpan.FromSeconds(20));
        Assert.Equal([1, 3], world.Delivered());
        var state = await world.Store.Insight.DestinationAsync(EventsWorld.Project, "brevo", TestContext.Current.CancellationToken);
        Assert.StartsWith("events: no_orders", state!.PausedReason, StringComparison.Ordinal);
        world.Brevo.ActivateEcommerce();
        await world.DrainAsync();
        Assert.Equal("A", Assert.Single(world.Brevo.Orders).Id);
        Assert.Empty(await world.Store.DeadLetters.ListAsync(EventsWorld.Project, "open", 10, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task More_orders_than_go_out_leave_room_for_events()
    {
        await using var world = await StartAsync(1_200);
        world.Options = new EventWorkerOptions { Window = 400 };
        world.Run();
        await world.AppendAsync(
            Enumerable.Range(1, 1_200).Select(i => (i <= 1_000 ? "Purchase" : "view", i)), properties: n => $$"""{"n":{{n}},"order_id":"A-{{n}}","revenue":1}""");
        await world.UntilAsync(() => Task.FromResult(world.Brevo.EventCount == 200));
        Assert.InRange(world.Brevo.Orders.Count, 1, 400);
        var began = world.Clock.GetUtcNow();
        await world.UntilAsync(() => Task.FromResult(world.Brevo.Orders.Count == 1_000));

        // Nor does it cost the orders much of what they may: 5 a second.
        Assert.InRange(world.Clock.GetUtcNow() - began, TimeSpan.Zero, TimeSpan.FromSeconds(800 / 5 * 4));
        world.AssertClean();
    }

    [Fact]
    public async Task Buyers_whose_orders_have_to_wait_take_nobody_elses_place()
    {
        const int Buyers = 60;
        await using var world = await StartAsync(Buyers + 20, active: false);
        world.Options = new EventWorkerOptions { Window = 120 };
        world.Run();

        // Five events of each stand behind an order: more than there is room for.
        await world.AppendAsync(
            Enumerable.Range(1, Buyers).SelectMany(i => Enumerable.Range(0, 6).Select(n => (n == 0 ? "Purchase" : "view", i))),
            properties: n => $$"""{"n":{{n}},"order_id":"A-{{n}}","revenue":1}""");
        await world.AppendAsync(Enumerable.Range(Buyers + 1, 20).Select(i => ("view", i)));
        await world.UntilAsync(() => Task.FromResult(world.Brevo.EventCount == 20));
        world.Brevo.ActivateEcommerce();
        await world.DrainAsync();
        Assert.Equal(Buyers, world.Brevo.Orders.Count);
        Assert.Equal((Buyers * 5) + 20, world.Brevo.EventCount);
        world.AssertClean();
    }

    private static async Task<EventsWorld> StartAsync(int people, bool active = true)
    {
        var world = await EventsWorld.StartAsync(new BrevoSimulatorOptions { IsEcommerceActive = active });
        await world.AddContactsAsync(people);
        world.Orders = [Purchase, Refund];
        return world;
    }
}
