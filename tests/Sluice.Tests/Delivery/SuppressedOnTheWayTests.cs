using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.People;
using Sluice.Simulators.Brevo;

namespace Sluice.Tests.Delivery;

/// <summary>Somebody asks to be left alone after delivery has read them, and before their call: however long that is, nothing of them goes out.</summary>
public sealed class SuppressedOnTheWayTests
{
    private static readonly PersonKey One = PersonKey.Of(World.Project, "u1");

    [Theory]
    [InlineData(3, 0)]
    [InlineData(200, 0)]
    [InlineData(3, World.List)]
    [InlineData(200, World.List)]
    public async Task They_are_in_no_call_and_in_no_import_and_everybody_else_is(int people, long list)
    {
        World? world = null;
        Task? suppressing = null;
        await using var started = world = await World.StartAsync(
            ledger: inner => InterruptedLedger.Around(
                inner,

                // Just before it is written down that they will be written to.
                (_, args) => suppressing is null && args.OfType<LedgerChanges>().Any(c => c.Going.Any(g => g.Person == One)) ? suppressing = SuppressAsync(world!, "u1", list) : null));
        await world.FullAsync(World.People(people));

        await world.ListHoldsAsync(World.Emails(World.People(people)).Where(e => e != "u1@example.test"));
        Assert.DoesNotContain(world.Sent, Brings("u1"));
        Assert.True(list > 0 || world.Brevo.ContactByEmail("u1@example.test") is null);
        world.AssertClean();
    }

    [Fact]
    public async Task Who_is_known_already_is_added_to_no_list()
    {
        World? world = null;
        Task? suppressing = null;
        var isArmed = false;
        await using var started = world = await World.StartAsync(
            [World.Target(), World.Target("902", 17)],
            ledger: inner => InterruptedLedger.Around(
                inner,
                (_, args) => isArmed && suppressing is null && args.OfType<LedgerChanges>().Any(c => c.Going.Any(g => g.Person == One)) ? suppressing = SuppressAsync(world!, "u1", 17) : null));
        await world.FullAsync(World.People(3));
        await world.ListHoldsAsync(World.Emails(World.People(3)));

        isArmed = true;
        await world.FullAsync(World.People(3), "902");
        await world.ListHoldsAsync(["u0@example.test", "u2@example.test"], 17);
        await world.ListHoldsAsync(World.Emails(World.People(3)));
        Assert.NotNull(suppressing);
        Assert.DoesNotContain(world.Sent, s => s.StartsWith("POST /v3/contacts/lists/17", StringComparison.Ordinal) && s.Contains("u1@", StringComparison.Ordinal));
        world.AssertClean();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(World.List)]
    public async Task An_import_that_was_filled_with_them_is_not_uploaded(long list)
    {
        World? world = null;
        Task? suppressing = null;
        await using var started = world = await World.StartAsync(
            ledger: inner => InterruptedLedger.Around(
                inner,
                (_, args) => suppressing is null && args.OfType<LedgerChanges>().Any(c => c.Job is { State: Job.Calling }) ? suppressing = SuppressAsync(world!, "u7", list) : null));
        await world.FullAsync(World.People(200));

        await world.ListHoldsAsync(World.Emails(World.People(200)).Where(e => e != "u7@example.test"));
        Assert.DoesNotContain(world.Sent, Brings("u7"));
        Assert.Equal(1, world.Brevo.Calls.Count("POST", "/contacts/import"));
        world.AssertClean();
    }

    [Fact]
    public async Task Of_changes_that_are_too_many_for_single_calls_the_others_go_into_another_import()
    {
        World? world = null;
        Task? suppressing = null;
        var isArmed = false;
        await using var started = world = await World.StartAsync(
            ledger: inner => InterruptedLedger.Around(
                inner,
                (_, args) => isArmed && suppressing is null && args.OfType<LedgerChanges>().Any(c => c.Job is { State: Job.Calling }) ? suppressing = SuppressAsync(world!, "u507", 0) : null));
        await world.FullAsync(World.People(3));
        await world.ListHoldsAsync(World.Emails(World.People(3)));

        isArmed = true;
        await world.EnterAsync(World.People(200, 500));
        await world.ListHoldsAsync(World.Emails([.. World.People(3), .. World.People(200, 500)]).Where(e => e != "u507@example.test"));
        Assert.DoesNotContain(world.Sent, Brings("u507"));
        Assert.Equal(1, world.Brevo.Calls.Count("POST", "/contacts/import"));
        Assert.Equal(3, world.Brevo.Calls.Count("POST", "/contacts"));
        world.AssertClean();
    }

    [Fact]
    public async Task An_import_that_lay_filled_for_long_is_not_lost_when_it_has_just_been_uploaded()
    {
        World? world = null;
        var hasPassed = false;
        await using var started = world = await World.StartAsync(
            before: brevo => brevo.Faults.Add("POST", "/contacts/import", BrevoFaultEffect.ImportStalls(TimeSpan.FromMinutes(20)), 1),
            options: new WorkerOptions { ImportLimit = TimeSpan.FromHours(1), LeaseLength = TimeSpan.FromHours(10) },
            ledger: inner => InterruptedLedger.Around(
                inner, (_, args) => !hasPassed && args.OfType<LedgerChanges>().Any(c => c is { Job.State: Job.Preparing, Going.Count: > 0 }) ? PassAsync() : null));
        await world.FullAsync(World.People(200));

        await world.ListHoldsAsync(World.Emails(World.People(200)));
        Assert.True(hasPassed);
        Assert.Equal(1, world.Brevo.Calls.Count("POST", "/contacts/import"));
        world.AssertClean();

        Task PassAsync()
        {
            hasPassed = true;
            world!.Clock.Advance(TimeSpan.FromHours(2));
            return Task.CompletedTask;
        }
    }

    private static Predicate<string> Brings(string id) => call =>
        call.StartsWith("POST", StringComparison.Ordinal) && call.Contains($"{id}@", StringComparison.Ordinal) && !call.Contains("/remove", StringComparison.Ordinal);

    private static Task SuppressAsync(World world, string id, long list) => world.Store.Suppressions.AddAsync(
        World.Project, [new SuppressionEntry($"{id}@example.test", null, list, "contact_deleted", "webhook", world.Clock.GetUtcNow())], TestContext.Current.CancellationToken);
}
