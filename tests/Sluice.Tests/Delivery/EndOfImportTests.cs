using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;

namespace Sluice.Tests.Delivery;

/// <summary>An import of a hundred thousand people ends with a hundred thousand rows to be written down.</summary>
public sealed class EndOfImportTests
{
    [Fact]
    public async Task While_its_rows_are_written_down_changes_go_out_between()
    {
        World? world = null;
        var slices = 0;
        bool? sentBeforeTheLast = null;
        await using var started = world = await World.StartAsync(
            options: new WorkerOptions { WalkSlice = 10 },
            ledger: inner => InterruptedLedger.Around(inner, (method, args) =>
            {
                if (method != nameof(ILedger.SettleJobAsync))
                {
                    return null;
                }

                var last = (bool)args[5]!;
                if (last)
                {
                    sentBeforeTheLast = world!.Sent.Any(call => call.StartsWith("POST /v3/contacts ", StringComparison.Ordinal) && call.Contains("u900@", StringComparison.Ordinal));
                }

                return ++slices == 1 ? world!.EnterAsync(World.People(1, 900)) : null;
            }));

        await world.FullAsync(World.People(200));
        await world.ListHoldsAsync([.. World.Emails(World.People(200)), .. World.Emails(World.People(1, 900))]);

        Assert.True(slices > 10, $"{slices} slices");
        Assert.True(sentBeforeTheLast);
        Assert.Equal(1, world.Brevo.Calls.Count("POST", "/contacts/import"));
        world.AssertClean();
    }
}
