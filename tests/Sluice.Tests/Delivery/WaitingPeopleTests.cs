using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Simulators.Brevo;

namespace Sluice.Tests.Delivery;

/// <summary>An import that takes hours holds somebody: for what concerns other lists, nobody waits for it.</summary>
public sealed class WaitingPeopleTests
{
    private const long Other = 17;
    private static readonly PersonKey One = PersonKey.Of(World.Project, "u1");
    private static readonly string[] OneLeft = ["u0@example.test"];

    [Fact]
    public async Task Who_is_suppressed_leaves_the_other_lists_at_once()
    {
        await using var world = await StartAsync(inner => inner);
        await SuppressAsync(world);

        await HasLeftSoonAsync(world);
        await world.PassAsync(TimeSpan.FromHours(2.2));
        await world.ListHoldsAsync(World.Emails(World.People(200)).Where(e => e != "u1@example.test"));
        world.AssertClean();
    }

    [Fact]
    public async Task Who_leaves_two_cohorts_leaves_the_other_list_at_once()
    {
        await using var world = await StartAsync(inner => inner);
        await world.LeaveAsync(World.People(1, 1));
        await world.PassAsync(TimeSpan.FromSeconds(10));
        await world.LeaveAsync(World.People(1, 1), "902");

        await HasLeftSoonAsync(world);
        world.AssertClean();
    }

    [Fact]
    public async Task Who_is_suppressed_just_before_they_wait_does_not_wait()
    {
        World? world = null;
        Task? suppressing = null;
        var isArmed = false;
        await using var started = world = await StartAsync(
            inner => InterruptedLedger.Around(
                inner,
                (_, args) => isArmed && suppressing is null && args.OfType<LedgerChanges>().Any(c => c.Waiting.Any(w => w.Person == One)) ? suppressing = SuppressAsync(world!) : null));
        isArmed = true;
        await world.LeaveAsync(World.People(1, 1));
        await world.UntilAsync(() => suppressing?.IsCompletedSuccessfully == true);

        await HasLeftSoonAsync(world);
        world.AssertClean();
    }

    /// <summary>Two are in the other list; an import of two hundred, they among them, stalls.</summary>
    private static async Task<World> StartAsync(Func<ILedger, ILedger> ledger)
    {
        var world = await World.StartAsync([World.Target(), World.Target("902", Other)], ledger: ledger);
        await world.FullAsync(World.People(2), "902");
        await world.ListHoldsAsync(World.Emails(World.People(2)), Other);
        world.Brevo.Faults.Add("POST", "/contacts/import", BrevoFaultEffect.ImportStalls(TimeSpan.FromHours(2)), 1);
        await world.FullAsync(World.People(200));
        await world.UntilAsync(() => world.Brevo.Processes.Count == 1);
        return world;
    }

    private static async Task HasLeftSoonAsync(World world)
    {
        var before = world.Clock.GetUtcNow();
        await world.UntilAsync(() => world.Held(Other).SequenceEqual(OneLeft));
        Assert.InRange(world.Clock.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Assert.Empty(world.Held());
    }

    private static Task SuppressAsync(World world) => world.Store.Suppressions.AddAsync(
        World.Project, [new SuppressionEntry("u1@example.test", null, 0, "unsubscribed", "webhook", world.Clock.GetUtcNow())], TestContext.Current.CancellationToken);
}
