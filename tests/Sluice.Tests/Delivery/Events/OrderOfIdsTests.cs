using Sluice.Core.Identity;
using Sluice.Simulators.Brevo;

namespace Sluice.Tests.Delivery.Events;

/// <summary>What one id has sent arrives in its order, whoever speaks for it meanwhile, and nobody else waits for it.</summary>
public sealed class OrderOfIdsTests
{
    [Fact]
    public async Task Behind_an_event_of_unknown_outcome_later_ones_wait_also_when_that_of_another_id_of_the_person_is_known_sooner()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(2);
        world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.CutBefore());
        await world.AppendAsync([("a", 2)]);
        world.Run();
        await world.PassAsync(TimeSpan.FromSeconds(20));
        world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.CutBefore());
        await world.AppendAsync([("a", 1), ("a", 1)]);
        await world.PassAsync(TimeSpan.FromSeconds(5));
        await MergeAsync(world, 1, 2);
        await world.DrainAsync();

        Assert.Equal([2, 3, 4], world.Delivered().Where(n => n != 1));
        Assert.Equal(2, (await world.CountsAsync())["found_missing"]);
        Assert.Empty(world.Errors);
    }

    [Fact]
    public async Task What_a_batch_has_yet_to_store_is_not_passed_by_a_single_call_for_whom_the_id_has_come_to()
    {
        await using var world = await EventsWorld.StartAsync(new BrevoSimulatorOptions { EventBatchTime = TimeSpan.FromSeconds(4) });
        await world.AddContactsAsync(2);
        await MergeAsync(world, 1, 2);
        world.Run();
        await world.DrainAsync();
        await world.AppendAsync(Enumerable.Repeat(("a", 2), 200));
        await world.PassAsync(TimeSpan.FromMilliseconds(1_100));
        Assert.Equal([1], world.Delivered());
        await UndoAsync(world);
        await world.AppendAsync([("a", 2)]);
        await world.DrainAsync();

        Assert.Equal(Enumerable.Range(1, 202), world.Delivered());
        Assert.Equal([202], world.DeliveredTo(2));
        world.AssertClean();
    }

    [Fact]
    public async Task Whoever_an_id_has_left_while_its_call_went_on_waits_no_longer_than_until_its_outcome_is_known()
    {
        await using var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(2);
        await MergeAsync(world, 1, 2);
        world.Run();
        await world.DrainAsync();
        world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.Hang());
        await world.AppendAsync([("a", 2), ("a", 1)]);
        await world.PassAsync(TimeSpan.FromSeconds(5));
        await UndoAsync(world);
        await world.AppendAsync([("a", 2), ("a", 1)]);
        await world.PassAsync(TimeSpan.FromMinutes(2));

        Assert.Equal([1, 3, 5], world.DeliveredTo(1));
        Assert.Equal([2, 4], world.DeliveredTo(2));
        Assert.Empty(world.Errors);
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
