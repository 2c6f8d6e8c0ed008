using Sluice.Core.Delivery;
using Sluice.Core.Erasure;
using Sluice.Core.People;
using Sluice.Tests.Delivery;

namespace Sluice.Tests.Erasure;

/// <summary>Somebody is erased after delivery has read them, and before their call: however long that is, nothing of them goes out.</summary>
public sealed class ErasedOnTheWayTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(200)]
    public async Task They_are_in_no_call_and_in_no_import_and_everybody_else_is(int people)
    {
        World? world = null;
        var all = World.People(people);
        var erased = all[1];
        var key = PersonKey.Of(World.Project, erased.Id);
        Task? erasing = null;
        await using var started = world = await World.StartAsync(
            ledger: inner => InterruptedLedger.Around(
                inner,

                // Just before it is written down that they will be written to.
                (_, args) => erasing is null && args.OfType<LedgerChanges>().Any(c => c.Going.Any(g => g.Person == key)) ? erasing = EraseAsync(world!.Store, erased.Id) : null));
        world.Store.UseTombstoneKey([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
        await world.FullAsync(all);

        await world.ListHoldsAsync(World.Emails(all.Except([erased])));
        Assert.DoesNotContain(world.Sent, call => call.Contains($"\"{erased.Email}", StringComparison.Ordinal) || call.Contains($"{erased.Id}@", StringComparison.Ordinal));
        Assert.Null(world.Brevo.ContactByEmail(erased.Email!));
        world.AssertClean();
    }

    /// <summary>The first half of an erasure: the tombstones, and all that is stored.</summary>
    private static async Task EraseAsync(Storage.Store store, string id)
    {
        var token = TestContext.Current.CancellationToken;
        await store.Erasures.RequestAsync(new ErasureRequest(World.Project, ErasureKind.Deletion, [id], "GDPR", null, "test", TimeSpan.Zero), token);
        var lease = (await store.Leases.TryTakeAsync("erasure", "test", TimeSpan.FromHours(1), token))!;
        while (await store.ErasureWork.DueAsync(World.Project, token) is { Stage: < ErasureStage.Settle } job)
        {
            await store.ErasureWork.AdvanceAsync(lease, job, token);
        }
    }
}
