using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.Erasure;
using Sluice.Core.Identity;

namespace Sluice.Tests.Delivery.Events;

public sealed class PeopleOfEventsTests
{
    [Fact]
    public async Task A_contact_is_made_before_its_events()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddPeopleAsync(1, 30);
        await world.AppendAsync(Enumerable.Range(0, 90).Select(i => ("a", 1 + (i % 30))));
        world.Run(contacts: true);
        await world.DrainAsync();
        Assert.Equal(Enumerable.Range(1, 90), world.Delivered().Order());
        Assert.All(Enumerable.Range(1, 30), person => Assert.Equal(world.DeliveredTo(person).Order(), world.DeliveredTo(person)));
        Assert.Equal(EventsWorld.Id(7), world.Brevo.ContactByEmail(EventsWorld.Email(7))!.ExtId);
        world.AssertClean();
    }

    [Fact]
    public async Task Who_cannot_be_contacted_gets_no_events_and_is_counted()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(1);
        await world.AddPeopleAsync(2, 1, email: false);
        await world.AppendAsync([("a", 1), ("a", 2), ("a", 3), ("a", 1)]);
        world.Run(contacts: true);
        await world.DrainAsync();
        Assert.Equal([1, 4], world.Delivered());
        Assert.Equal(2, (await world.CountsAsync())["skipped_not_contactable"]);
        world.AssertClean();
    }

    [Fact]
    public async Task A_profile_that_is_a_moment_behind_its_event_is_in_time()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AppendAsync([("a", 1)]);
        world.Run(contacts: true);
        await world.PassAsync(TimeSpan.FromSeconds(3));
        await world.AddPeopleAsync(1, 1);
        await world.DrainAsync();
        Assert.Equal([1], world.Delivered());
        world.AssertClean();
    }

    [Fact]
    public async Task A_contact_that_would_not_take_its_newest_attributes_gets_its_events()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(2, LedgerState.Refused);
        await world.AppendAsync([("a", 1), ("a", 2)]);
        world.Run();
        await world.DrainAsync();
        Assert.Equal([1, 2], world.Delivered().Order());
    }

    [Fact]
    public async Task Whoever_shares_the_address_of_somebody_in_a_list_gets_no_events_and_stops_nobody()
    {
        await using var world = await EventsWorld.StartAsync();
        var list = world.Brevo.CreateList("Engaged");
        world.Lists = [new ListTarget(EventsWorld.Cohort, list, ListMode.Mirror, 1)];
        await world.AddPeopleAsync(1, 2);
        await world.AddSharingAsync(3, addressOf: 1);
        world.Run(contacts: true);
        await world.UntilAsync(() => Task.FromResult(world.Brevo.ListCount(list) == 2));
        await world.AppendAsync([("a", 1), ("a", 3), ("a", 2), ("a", 3)]);
        await world.DrainAsync();
        Assert.Equal([1, 3], world.Delivered().Order());
        Assert.Equal(EventsWorld.Id(1), world.Brevo.ContactByEmail(EventsWorld.Email(1))!.ExtId);
        Assert.Equal(2, (await world.CountsAsync())["skipped_same_address_as_another_person"]);
        world.AssertClean();
    }

    [Fact]
    public async Task A_contact_does_not_go_to_and_fro_between_two_people_with_events()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddPeopleAsync(1, 1);
        await world.PassAsync(TimeSpan.FromSeconds(1));
        await world.AddSharingAsync(2, addressOf: 1);
        world.Run(contacts: true);
        for (var round = 0; round < 3; round++)
        {
            await world.AppendAsync([("a", 1), ("a", 2)]);
            await world.DrainAsync();
        }

        Assert.Equal([1, 3, 5], world.DeliveredTo(1));
        Assert.Equal(EventsWorld.Id(1), world.Brevo.ContactByEmail(EventsWorld.Email(1))!.ExtId);
        Assert.Equal(3, (await world.CountsAsync())["skipped_same_address_as_another_person"]);
        world.AssertClean();
    }

    [Fact]
    public async Task Whose_contact_cannot_be_made_in_time_is_left_out_and_named()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddPeopleAsync(1, 1);
        await world.AppendAsync([("a", 1), ("a", 1)]);
        world.Options = new EventWorkerOptions { ContactLimit = TimeSpan.FromMinutes(5) };

        // Nobody makes contacts.
        world.Run();
        await world.PassAsync(TimeSpan.FromMinutes(4));
        Assert.Equal(2, await world.OpenAsync());
        await world.DrainAsync();
        Assert.Equal(2, (await world.CountsAsync())["skipped_contact_not_made"]);
        Assert.Contains(await world.RunsAsync(), r => r.Note?.Contains("could not be made, by batch and number in the log: a (", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_suppressed_person_gets_no_event()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(3);
        await world.Store.Suppressions.AddAsync(
            EventsWorld.Project, [new SuppressionEntry(EventsWorld.Email(2), null, 0, "unsubscribed", "webhook", world.Clock.GetUtcNow())], TestContext.Current.CancellationToken);
        await world.AppendAsync([("a", 1), ("a", 2), ("a", 3)]);
        world.Run();
        await world.DrainAsync();
        Assert.Equal([1, 3], world.Delivered().Order());
        Assert.Equal(1, (await world.CountsAsync())["skipped_suppressed"]);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(400)]
    public async Task A_suppression_holds_for_events_that_are_already_waiting_to_be_sent(int events)
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(100);
        world.Brevo.Faults.Add("POST", "/events*", Simulators.Brevo.BrevoFaultEffect.TooManyRequests(20), count: 20);
        await world.AppendAsync(Enumerable.Range(0, events).Select(i => ("a", 1 + (i % 100))));
        world.Run();
        await world.PassAsync(TimeSpan.FromSeconds(5));
        Assert.Empty(world.Delivered());
        await world.Store.Suppressions.AddAsync(
            EventsWorld.Project,
            [.. Enumerable.Range(1, 50).Select(i => new SuppressionEntry(EventsWorld.Email(i), null, 0, "spam", "webhook", world.Clock.GetUtcNow()))],
            TestContext.Current.CancellationToken);
        await world.DrainAsync();
        Assert.All(Enumerable.Range(1, 50), person => Assert.Empty(world.DeliveredTo(person)));
        Assert.Equal(events / 2, world.Delivered().Count);
        Assert.Equal(events / 2, (await world.CountsAsync())["skipped_suppressed"]);
    }

    [Fact]
    public async Task What_is_erased_while_it_waits_to_be_sent_is_not_sent()
    {
        await using var world = await EventsWorld.StartAsync();
        var cancellationToken = TestContext.Current.CancellationToken;
        world.Store.UseTombstoneKey([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
        await world.AddContactsAsync(2);
        world.Brevo.Faults.Add("POST", "/events*", Simulators.Brevo.BrevoFaultEffect.TooManyRequests(20), count: 20);
        await world.AppendAsync([("a", 1), ("a", 2)]);

        // It is under the id of somebody who stays, and names somebody who goes.
        await world.AppendAsync(world.Record("$identify", EventsWorld.Id(1), n => $$"""{"n":{{n}},"$insert_id":"e{{n}}","$identified_id":"{{EventsWorld.Id(2)}}"}"""));
        await world.AppendAsync([("a", 1)]);
        world.Run();
        await world.PassAsync(TimeSpan.FromSeconds(5));
        Assert.Empty(world.Delivered());
        await world.Store.Erasures.RequestAsync(
            new ErasureRequest(EventsWorld.Project, ErasureKind.Deletion, [EventsWorld.Id(2)], "GDPR", null, "test", TimeSpan.Zero), cancellationToken);
        var lease = (await world.Store.Leases.TryTakeAsync("erasure", "test", TimeSpan.FromHours(1), cancellationToken))!;
        while (await world.Store.ErasureWork.DueAsync(EventsWorld.Project, cancellationToken) is { Stage: < ErasureStage.Settle } job)
        {
            await world.Store.ErasureWork.AdvanceAsync(lease, job, cancellationToken);
        }

        await world.DrainAsync();
        Assert.Equal([1, 4], world.DeliveredTo(1));
        Assert.Equal(2, world.Delivered().Count);
        Assert.Empty(world.Errors);
    }

    [Fact]
    public async Task Events_of_all_ids_of_a_person_go_to_one_contact_in_one_order()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(1);
        var anonymous = Guid.NewGuid().ToString();
        var claims = new[] { new IdentityClaim(IdentityClaimKind.Identify, EventsWorld.Id(1), anonymous) };
        var records = Enumerable.Range(0, 40).Select(i => world.Record("a", i % 2 == 0 ? anonymous : EventsWorld.Id(1))).ToList();
        await world.Store.Events.AppendAsync(
            new Core.Events.EventBatch(EventsWorld.Project, Core.Events.Origin.Received, IdentityMode.Original, records, claims), TestContext.Current.CancellationToken);
        Assert.Equal(2, (await world.Store.Identities.FindAsync(EventsWorld.Project, anonymous, TestContext.Current.CancellationToken)).Ids.Count);
        world.Run(contacts: true);
        await world.UntilAsync(() => Task.FromResult(world.Delivered().Count == 40));
        Assert.Equal(Enumerable.Range(1, 40), world.DeliveredTo(1));
    }

    [Fact]
    public async Task An_event_of_nobody_is_left_out()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(1);
        await world.AppendAsync([("a", 1)]);
        await world.Store.Events.AppendAsync(
            new Core.Events.EventBatch(EventsWorld.Project, Core.Events.Origin.Received, IdentityMode.Original, [world.Record("a", "")], []),
            TestContext.Current.CancellationToken);
        world.Run();
        await world.UntilAsync(async () => (await world.CountsAsync()).GetValueOrDefault("skipped_no_distinct_id") == 1);
        Assert.Equal([1], world.Delivered());
    }
}
