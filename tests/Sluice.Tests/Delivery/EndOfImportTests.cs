using System.Reflection;
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
            ledger: inner => WatchedLedger.Around(inner, async last =>
            {
                slices++;
                if (slices == 1)
                {
                    await world!.EnterAsync(World.People(1, 900));
                }

                if (last)
                {
                    sentBeforeTheLast = world!.Sent.Any(call => call.StartsWith("POST /v3/contacts ", StringComparison.Ordinal) && call.Contains("u900@", StringComparison.Ordinal));
                }
            }));

        await world.FullAsync(World.People(200));
        await world.ListHoldsAsync([.. World.Emails(World.People(200)), .. World.Emails(World.People(1, 900))]);

        Assert.True(slices > 10, $"{slices} slices");
        Assert.True(sentBeforeTheLast);
        Assert.Equal(1, world.Brevo.Calls.Count("POST", "/contacts/import"));
        world.AssertClean();
    }
}

/// <summary>Tells of each slice before it is written down, and whether it is the last. Neither sealed nor private: the class that is made at run time derives from it.</summary>
public class WatchedLedger : DispatchProxy
{
    private ILedger _inner = null!;
    private Func<bool, Task> _beforeSlice = null!;

    public static ILedger Around(ILedger inner, Func<bool, Task> beforeSlice)
    {
        var proxy = Create<ILedger, WatchedLedger>();
        var watched = (WatchedLedger)(object)proxy;
        (watched._inner, watched._beforeSlice) = (inner, beforeSlice);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.Name == nameof(ILedger.SettleJobAsync) ? SettleAsync(targetMethod, args!) : targetMethod.Invoke(_inner, args);

    private async Task SettleAsync(MethodInfo settle, object?[] args)
    {
        await _beforeSlice((bool)args[5]!);
        await (Task)settle.Invoke(_inner, args)!;
    }
}
