using Sluice.Core.Delivery;

namespace Sluice.Tests.Delivery;

public sealed class SafetyStopTests
{
    [Fact]
    public async Task Too_many_removals_wait_and_everything_else_goes_on()
    {
        await using var world = await World.StartAsync([World.Target(maxRemoval: 0.3)]);
        await world.FullAsync(World.People(100));
        await world.ListHoldsAsync(World.Emails(World.People(100)));
        await world.FullAsync([.. World.People(20), .. World.People(5, 500)]);
        await world.ListHoldsAsync([.. World.Emails(World.People(100)), .. World.Emails(World.People(5, 500))]);
        Assert.Contains(await world.Store.Runs.ListAsync(World.Project, 20, TestContext.Current.CancellationToken), r => r.State == "held");

        // A suppression is no part of it.
        await world.Store.Suppressions.AddAsync(
            World.Project, [new SuppressionEntry("u50@example.test", null, 0, "manual", "hand", world.Clock.GetUtcNow())], TestContext.Current.CancellationToken);
        await world.ListHoldsAsync([.. World.Emails(World.People(100)).Where(e => e != "u50@example.test"), .. World.Emails(World.People(5, 500))]);
        world.AssertClean();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_resolves_itself_when_the_cohort_returns(bool byDifference)
    {
        await using var world = await World.StartAsync([World.Target(maxRemoval: 0.3)]);
        await world.FullAsync(World.People(100));
        await world.ListHoldsAsync(World.Emails(World.People(100)));
        if (byDifference)
        {
            await world.LeaveAsync(World.People(80));
        }
        else
        {
            await world.FullAsync([]);
        }

        await world.PassAsync(TimeSpan.FromSeconds(30));
        await world.ListHoldsAsync(World.Emails(World.People(100)));
        await world.EnterAsync(World.People(90));
        await world.ListHoldsAsync(World.Emails(World.People(byDifference ? 100 : 90)));
        world.AssertClean();
    }

    [Fact]
    public async Task A_person_lets_the_removals_go_on()
    {
        await using var world = await World.StartAsync([World.Target(maxRemoval: 0.3)]);
        await world.FullAsync(World.People(100));
        await world.ListHoldsAsync(World.Emails(World.People(100)));
        await world.LeaveAsync(World.People(80));
        await world.PassAsync(TimeSpan.FromSeconds(30));
        await world.ListHoldsAsync(World.Emails(World.People(100)));
        Assert.True(await world.Store.Ledger.AllowRemovalsAsync(
            World.Project, "brevo", World.List, world.Clock.GetUtcNow() + TimeSpan.FromHours(1), TestContext.Current.CancellationToken));
        await world.ListHoldsAsync(World.Emails(World.People(20, 80)));
        world.AssertClean();
    }

    [Fact]
    public async Task Lists_of_fewer_than_twenty_people_are_exempt()
    {
        await using var world = await World.StartAsync([World.Target(maxRemoval: 0)]);
        await world.FullAsync(World.People(19));
        await world.ListHoldsAsync(World.Emails(World.People(19)));
        await world.FullAsync([]);
        await world.ListHoldsAsync([]);
        world.AssertClean();
    }

    [Fact]
    public async Task Before_an_exclusive_list_is_emptied_of_others_a_person_is_asked()
    {
        await using var world = await World.StartAsync([World.Target(mode: ListMode.Exclusive, maxRemoval: 0.5)], b => b.AddForeignContacts(100, World.List));
        await world.FullAsync(World.People(3));
        await world.UntilAsync(() => world.Held().Count == 103);
        await world.PassAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(103, world.Held().Count);
        await world.Store.Ledger.AllowRemovalsAsync(
            World.Project, "brevo", World.List, world.Clock.GetUtcNow() + TimeSpan.FromHours(1), TestContext.Current.CancellationToken);
        await world.ListHoldsAsync(World.Emails(World.People(3)));
        world.AssertClean();
    }

    [Fact]
    public async Task While_a_list_is_held_a_pause_of_events_costs_no_calls()
    {
        await using var inbox = Inbox.Start();
        await using var world = await World.StartAsync([World.Target(maxRemoval: 0.3)], inbox: inbox.Address);
        inbox.Serve(world);
        await world.FullAsync(World.People(100));
        await world.ListHoldsAsync(World.Emails(World.People(100)));
        await world.LeaveAsync(World.People(80));
        var cancellationToken = TestContext.Current.CancellationToken;
        var lease = await world.Store.Leases.TryTakeAsync("events", "test", TimeSpan.FromHours(1), cancellationToken);
        var paused = new DestinationChange { OfEvents = true, PausedReason = $"{DestinationChange.EventsPaused}forbidden", PausedUntil = world.Clock.GetUtcNow() + TimeSpan.FromHours(1) };
        await world.Store.Ledger.CommitAsync(
            new DeliveryScope(World.Project, "brevo", [], GroupAttributes: false), lease!, new LedgerChanges { Destination = paused }, cancellationToken);

        var before = world.Brevo.Calls.Count("GET", "/webhooks");
        await world.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(before, world.Brevo.Calls.Count("GET", "/webhooks"));
        world.AssertClean();
    }
}
