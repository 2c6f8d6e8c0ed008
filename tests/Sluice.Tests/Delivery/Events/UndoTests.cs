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

    private static Task<int> MergeAsync(EventsWorld world, int person, int other) => world.AppendAsync(
        [("a", person)], claims: [new IdentityClaim(IdentityClaimKind.Merge, EventsWorld.Id(person), EventsWorld.Id(other))]);

    private static async Task UndoAsync(EventsWorld world)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var claim = Assert.Single(await world.Store.Identities.ListAsync(EventsWorld.Project, "followed", 10, cancellationToken)).Claim;
        Assert.True(await world.Store.Identities.UndoAsync(EventsWorld.Project, claim, cancellationToken));
    }
}
