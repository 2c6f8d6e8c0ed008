using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.Identity;

namespace Sluice.Tests.Delivery.Events;

/// <summary>A merge that is taken back, as Brevo sees it.</summary>
public sealed class UndoTests
{
    [Fact]
    public async Task Both_contacts_are_in_the_list_again_and_get_their_own_events()
    {
        await using var world = await EventsWorld.StartAsync();
        var list = world.Brevo.CreateList("Engaged");
        world.Lists = [new ListTarget(EventsWorld.Cohort, list, ListMode.Mirror, 1)];
        await world.AddPeopleAsync(1, 3);
        world.Run(contacts: true);
        await world.UntilAsync(() => Task.FromResult(world.Brevo.ListCount(list) == 3));
        var before = world.Brevo.Contacts.Select(c => (c.Id, c.Email, c.ExtId)).ToList();

        await MergeAsync(world, 1, 2);
        await world.UntilAsync(() => Task.FromResult(world.Brevo.ListCount(list) == 2));
        await world.AppendAsync([("a", 1), ("a", 2)]);
        await world.DrainAsync();
        Assert.Equal([1, 2, 3], world.DeliveredTo(1));

        await UndoAsync(world);
        await world.UntilAsync(() => Task.FromResult(world.Brevo.ListCount(list) == 3));
        await world.AppendAsync([("a", 1), ("a", 2), ("a", 1), ("a", 2)]);
        await world.DrainAsync();
        Assert.Equal([1, 2, 3, 4, 6], world.DeliveredTo(1));
        Assert.Equal([5, 7], world.DeliveredTo(2));
        Assert.Equal(before, world.Brevo.Contacts.Select(c => (c.Id, c.Email, c.ExtId)));
        world.AssertClean();
    }

    [Fact]
    public async Task A_contact_that_went_over_goes_back_with_its_history()
    {
        await using var world = await EventsWorld.StartAsync();
        var list = world.Brevo.CreateList("Engaged");
        world.Lists = [new ListTarget(EventsWorld.Cohort, list, ListMode.Mirror, 1)];
        await world.AddPeopleAsync(1, 1, email: false);
        await world.AddPeopleAsync(2, 1);
        world.Run(contacts: true);
        await world.UntilAsync(() => Task.FromResult(world.Brevo.ListCount(list) == 1));
        var contact = world.Brevo.ContactByEmail(EventsWorld.Email(2))!;
        Assert.Equal(EventsWorld.Id(2), contact.ExtId);

        await MergeAsync(world, 1, 2);
        await world.UntilAsync(() => Task.FromResult(world.Brevo.ContactById(contact.Id)!.ExtId == EventsWorld.Id(1)));
        await world.AppendAsync([("a", 1), ("a", 2)]);
        await world.DrainAsync();
        Assert.Equal([1, 2, 3], world.DeliveredTo(2));

        await UndoAsync(world);
        await world.UntilAsync(() => Task.FromResult(world.Brevo.ContactById(contact.Id)!.ExtId == EventsWorld.Id(2)));
        await world.AppendAsync([("a", 1), ("a", 2)]);
        await world.DrainAsync();
        Assert.Equal([1, 2, 3, 5], world.DeliveredTo(2));
        Assert.Equal(1, (await world.CountsAsync())["skipped_not_contactable"]);
        Assert.Equal([EventsWorld.Email(2)], world.Brevo.ListEmails(list));
        Assert.Equal(1, world.Brevo.ContactCount);
        world.AssertClean();
    }

    [Theory]
    [InlineData(4)]
    [InlineData(400)]
    public async Task Events_that_were_about_to_be_sent_go_to_whose_they_are_now_and_in_their_order(int events)
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(2);
        await MergeAsync(world, 1, 2);
        await world.AppendAsync(Enumerable.Range(0, events).Select(i => ("a", 1 + (i % 2))));
        await HoldAsync(world, events < 100 ? 2 : 20);
        await UndoAsync(world);
        await world.AppendAsync([("a", 2), ("a", 1)]);
        await world.DrainAsync();

        var waited = Enumerable.Range(2, events);
        Assert.Equal([1, .. waited.Where(n => n % 2 == 0), events + 3], world.DeliveredTo(1));
        Assert.Equal([.. waited.Where(n => n % 2 == 1), events + 2], world.DeliveredTo(2));
        Assert.Equal(events + 3, (await world.CountsAsync())["sent"]);
        Assert.Empty(world.Errors);
    }

    [Fact]
    public async Task Events_of_an_id_that_is_joined_while_they_wait_go_to_the_contact_of_all_in_their_order()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(2);
        await world.AppendAsync(Enumerable.Repeat(("a", 2), 10));
        await HoldAsync(world, 2);
        await MergeAsync(world, 1, 2);
        await world.AppendAsync([("a", 2), ("a", 2)]);
        await world.DrainAsync();

        Assert.Equal([.. Enumerable.Range(1, 10), 12, 13], world.DeliveredTo(1).Where(n => n != 11));
        Assert.Equal(13, world.DeliveredTo(1).Count);
        Assert.Empty(world.DeliveredTo(2));
        Assert.Empty(world.Errors);
    }

    [Fact]
    public async Task An_event_that_was_about_to_be_sent_does_not_follow_a_contact_that_goes_back()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddPeopleAsync(1, 1, email: false);
        await world.AddPeopleAsync(2, 1);
        await MergeAsync(world, 1, 2);
        world.Run(contacts: true);
        await world.UntilAsync(() => Task.FromResult(world.Delivered().Count == 1));
        Assert.Equal([1], world.DeliveredTo(2));
        await world.StopAsync();

        await world.AppendAsync([("a", 1), ("a", 2), ("a", 1)]);
        await HoldAsync(world, 2, contacts: true);
        await UndoAsync(world);
        await world.DrainAsync();
        Assert.Equal([1, 3], world.DeliveredTo(2));
        Assert.Equal(2, (await world.CountsAsync())["skipped_not_contactable"]);
        Assert.Empty(world.Errors);
    }

    [Fact]
    public async Task Behind_an_event_of_unknown_outcome_later_ones_wait_also_when_their_id_is_joined_meanwhile()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(2);
        world.Brevo.Faults.Add("POST", "/events", Simulators.Brevo.BrevoFaultEffect.CutBefore());
        await world.AppendAsync([("a", 2)]);
        world.Run();
        await world.PassAsync(TimeSpan.FromSeconds(5));
        await MergeAsync(world, 1, 2);
        await world.AppendAsync([("a", 2)]);
        await world.DrainAsync();

        Assert.Equal([1, 3], world.Delivered().Where(n => n != 2));
        Assert.Equal(3, world.DeliveredTo(1).Count);
        Assert.Equal(1, (await world.CountsAsync())["found_missing"]);
        Assert.Empty(world.Errors);
    }

    [Fact]
    public async Task An_event_of_unknown_outcome_that_nothing_is_left_to_look_for_by_follows_the_rule()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(1, numbered: false);
        var anonymous = Guid.NewGuid().ToString();
        await world.AppendAsync([("a", 1)], claims: [new IdentityClaim(IdentityClaimKind.Identify, EventsWorld.Id(1), anonymous)]);
        world.Run();
        await world.DrainAsync();
        world.Brevo.Faults.Add("POST", "/events", Simulators.Brevo.BrevoFaultEffect.CutAfter());
        await world.AppendAsync(world.Record("a", anonymous));
        await world.UntilAsync(() => Task.FromResult(world.Delivered().Count == 2));
        await UndoAsync(world);
        await world.DrainAsync();

        var counts = await world.CountsAsync();
        Assert.Equal(1, counts["unknown_skipped"]);
        Assert.DoesNotContain("skipped_erased", counts.Keys);
        Assert.Equal([1, 2], world.Delivered());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_event_of_unknown_outcome_is_looked_for_at_the_contact_that_its_call_named(bool undone)
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(2);
        await (undone ? MergeAsync(world, 1, 2) : world.AppendAsync([("a", 1)]));
        world.Run();
        await world.DrainAsync();
        world.Brevo.Faults.Add("POST", "/events", Simulators.Brevo.BrevoFaultEffect.CutAfter());
        await world.AppendAsync([("a", 2)]);
        await world.PassAsync(TimeSpan.FromSeconds(5));
        await (undone ? UndoAsync(world) : MergeAsync(world, 1, 2));
        await world.AppendAsync([("a", 2)]);
        await world.DrainAsync();

        Assert.Equal(undone ? [1, 2, 3] : [1, 2, 3, 4], world.Delivered().Order());
        Assert.Equal([2], world.DeliveredTo(undone ? 1 : 2).Where(n => n == 2));
        Assert.Equal(1, (await world.CountsAsync())["found_delivered"]);
        Assert.Empty(world.Errors);
    }

    /// <summary>Runs while Brevo takes nothing, until what waits is in memory and about to be sent.</summary>
    /// <param name="calls">So many calls there may be at once.</param>
    private static async Task HoldAsync(EventsWorld world, int calls, bool contacts = false)
    {
        var before = world.Delivered().Count;
        world.Brevo.Faults.Add("POST", "/events*", Simulators.Brevo.BrevoFaultEffect.TooManyRequests(20), count: calls);
        world.Run(contacts);
        await world.PassAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(before, world.Delivered().Count);
    }

    private static Task<int> MergeAsync(EventsWorld world, int person, int other) => world.AppendAsync(
        [("a", person)], claims: [new IdentityClaim(IdentityClaimKind.Merge, EventsWorld.Id(person), EventsWorld.Id(other))]);

    private static async Task UndoAsync(EventsWorld world)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var claim = Assert.Single(await world.Store.Identities.ListAsync(EventsWorld.Project, "followed", 10, cancellationToken)).Claim;
        Assert.True(await world.Store.Identities.UndoAsync(EventsWorld.Project, claim, cancellationToken));
    }
}
