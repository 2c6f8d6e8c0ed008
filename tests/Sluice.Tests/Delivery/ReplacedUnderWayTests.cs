using Sluice.Core.Delivery;
using Sluice.Simulators.Brevo;

namespace Sluice.Tests.Delivery;

/// <summary>A cohort changes as a whole while its list is walked: what the walk knew when it began holds no more.</summary>
public sealed class ReplacedUnderWayTests
{
    [Theory]
    [InlineData(Moment.WalkBegins)]
    [InlineData(Moment.SliceIsRead)]
    public async Task A_cohort_that_was_empty_when_the_walk_began_goes_into_an_import(Moment moment)
    {
        World? world = null;
        var interruption = new Interruption(moment, () => world!.FullAsync(World.People(2000)));
        await using var started = world = await World.StartAsync(ledger: interruption.Around);
        interruption.Arm();

        // They are known before, so that nothing marks them when they come into the cohort.
        await world.FullAsync([]);
        await world.FullAsync(World.People(2000), cohort: "902");

        await world.ListHoldsAsync(World.Emails(World.People(2000)));
        Assert.True(interruption.HasHappened);
        Assert.Equal(0, world.Brevo.Calls.Count("POST", "/contacts"));
        Assert.InRange(world.Brevo.Calls.Count("POST", "/contacts/import"), 1, 2);
        world.AssertClean();
    }

    [Theory]
    [InlineData(Moment.WalkBegins, false)]
    [InlineData(Moment.SliceIsRead, false)]
    [InlineData(Moment.WalkBegins, true)]
    [InlineData(Moment.SliceIsRead, true)]
    public async Task Removals_that_nobody_counted_when_the_walk_began_wait_for_a_person(Moment moment, bool byDifference)
    {
        World? world = null;
        var interruption = new Interruption(
            moment, () => byDifference ? world!.LeaveAsync(World.People(80)) : world!.FullAsync([.. World.People(10)]));
        await using var started = world = await World.StartAsync([World.Target(maxRemoval: 0.3)], ledger: interruption.Around);
        await world.FullAsync(World.People(100));
        await world.ListHoldsAsync(World.Emails(World.People(100)));

        interruption.Arm();
        await world.FullAsync(World.People(95));
        await world.UntilAsync(() => interruption.HasHappened);
        await world.PassAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(World.Emails(World.People(100)).Order(StringComparer.Ordinal), world.Held());
        Assert.Contains(await world.Store.Runs.ListAsync(World.Project, 20, TestContext.Current.CancellationToken), r => r.State == "held");
        world.AssertClean();
    }

    [Fact]
    public async Task Removals_that_a_person_allows_while_the_walk_waits_for_its_import_are_made()
    {
        await using var world = await World.StartAsync([World.Target(maxRemoval: 0.3)]);
        await world.FullAsync(World.People(100));
        await world.ListHoldsAsync(World.Emails(World.People(100)));

        world.Brevo.Faults.Add("POST", "/contacts/import", BrevoFaultEffect.ImportStalls(TimeSpan.FromMinutes(10)), 1);
        List<Someone> wanted = [.. World.People(20), .. World.People(60, 500)];
        await world.FullAsync(wanted);
        await world.UntilAsync(() => world.Brevo.Processes.Count == 2);
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.True(await world.Store.Ledger.AllowRemovalsAsync(
            World.Project, "brevo", World.List, world.Clock.GetUtcNow() + TimeSpan.FromHours(1), TestContext.Current.CancellationToken));

        await world.ListHoldsAsync(World.Emails(wanted));
        Assert.InRange(world.Clock.GetUtcNow().TimeOfDay, TimeSpan.Zero, TimeSpan.FromHours(10));
        world.AssertClean();
    }

    [Fact]
    public async Task A_hold_that_begins_in_the_midst_of_a_slice_is_not_written_over_by_the_walk()
    {
        World? world = null;
        var interruption = new Interruption(Moment.SliceIsRead, () => world!.LeaveAsync(World.People(200)));
        var held = false;
        var lost = 0;
        await using var started = world = await World.StartAsync(
            [World.Target(maxRemoval: 0.3)],
            ledger: inner => InterruptedLedger.Around(interruption.Around(inner), (_, args) =>
            {
                foreach (var list in args.OfType<LedgerChanges>().SelectMany(c => c.Lists))
                {
                    lost += held && list is { Held: 0, Sources: not null } ? 1 : 0;
                    held = list.Held > 0;
                }

                return null;
            }));
        await world.FullAsync(World.People(1000));
        await world.ListHoldsAsync(World.Emails(World.People(1000)));

        interruption.Arm();
        await world.FullAsync(World.People(800));
        await world.UntilAsync(() => held);
        await world.PassAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(0, lost);
        Assert.InRange(world.Held().Count, 700, 999);
        world.AssertClean();
    }

    [Fact]
    public async Task A_hold_that_a_change_lifts_leaves_nobody_behind()
    {
        await using var world = await World.StartAsync([World.Target(maxRemoval: 0.3)]);
        await world.FullAsync(World.People(100));
        await world.ListHoldsAsync(World.Emails(World.People(100)));
        await world.LeaveAsync(World.People(40));
        await world.PassAsync(TimeSpan.FromSeconds(31));
        await world.ListHoldsAsync(World.Emails(World.People(100)));

        await world.EnterAsync(World.People(15));
        await world.LeaveAsync(World.People(1, 50));
        var since = world.Clock.GetUtcNow();
        await world.ListHoldsAsync(World.Emails([.. World.People(15), .. World.People(10, 40), .. World.People(49, 51)]));
        Assert.InRange(world.Clock.GetUtcNow() - since, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        world.AssertClean();
    }

    /// <summary>When something happens.</summary>
    public enum Moment
    {
        /// <summary>The walk has asked how much there is to do, and writes down that it begins.</summary>
        WalkBegins,

        /// <summary>The walk has looked which cohorts there are, and reads its first slice.</summary>
        SliceIsRead,
    }

    /// <summary>Something that happens once, in the middle of a walk.</summary>
    private sealed class Interruption(Moment moment, Func<Task> what)
    {
        private volatile bool _isArmed;
        private bool _hasBegun;
        private Task? _happening;

        public bool HasHappened => _happening?.IsCompletedSuccessfully == true;

        public void Arm() => _isArmed = true;

        public ILedger Around(ILedger ledger) => InterruptedLedger.Around(ledger, (method, args) =>
        {
            if (!_isArmed || _happening is not null)
            {
                return null;
            }

            var begins = args.OfType<LedgerChanges>().Any(c => c.Run is { Kind: "walk", State: "running" });
            var now = moment == Moment.WalkBegins ? begins : _hasBegun && method == nameof(ILedger.DifferenceAsync);
            _hasBegun |= begins;
            return now ? _happening = what() : null;
        });
    }
}
