using Sluice.Simulators.Mixpanel;

namespace Sluice.Simulators.Tests.Mixpanel;

public sealed class FaultTests
{
    [Fact]
    public async Task A_page_can_be_sent_twice()
    {
        await using var bench = await StartAsync();
        bench.Simulator.InjectFaults(CohortSyncBench.CohortId, new SyncFaults { DuplicatePage = 2 });
        Assert.Equal(RunOutcome.Succeeded, (await bench.RunAsync()).Outcome);

        Assert.Equal(["members 1/3: a", "members 2/3: b", "members 2/3: b", "members 3/3: c"], bench.Arrived());
        Assert.Equal(
            [SendKind.First, SendKind.First, SendKind.Duplicate, SendKind.First],
            bench.Simulator.Requests.Select(static request => request.Kind));
    }

    [Theory]
    [InlineData(PageOrder.Descending, "3 2 1")]
    [InlineData(PageOrder.Interleaved, "2 1 3")]
    public async Task Pages_can_be_sent_out_of_order(PageOrder order, string pages)
    {
        await using var bench = await StartAsync();
        bench.Simulator.InjectFaults(CohortSyncBench.CohortId, new SyncFaults { Order = order });
        await bench.RunAsync();

        Assert.Equal(pages, string.Join(' ', bench.Receiver.Calls.Select(static call => call.Page)));
        Assert.Equal(["a", "b", "c"], bench.Receiver.Calls.SelectMany(static call => call.Ids).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_attempt_can_be_overtaken_by_its_retry()
    {
        await using var bench = await StartAsync();
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bench.Receiver.Script = async (call, aborted) =>
        {
            if (call.Number == 2)
            {
                second.SetResult();
            }

            await second.Task.WaitAsync(aborted);
            return ScriptedAnswer.Success(call);
        };
        bench.Simulator.InjectFaults(CohortSyncBench.CohortId, new SyncFaults { OverlapPage = 1 });
        Assert.Equal(RunOutcome.Succeeded, (await bench.RunAsync()).Outcome);

        Assert.Equal(2, bench.Receiver.MostAtOnce);
        Assert.Equal(["members 1/3: a", "members 1/3: a", "members 2/3: b", "members 3/3: c"], bench.Arrived());
    }

    [Fact]
    public async Task A_session_can_be_abandoned_and_the_next_run_starts_over_with_everybody()
    {
        await using var bench = await StartAsync();
        bench.Simulator.InjectFaults(CohortSyncBench.CohortId, new SyncFaults { AbandonAfterPages = 2 });
        var abandoned = await bench.RunAsync();
        Assert.Equal((RunOutcome.Abandoned, 2), (abandoned.Outcome, abandoned.Pages));
        Assert.Equal(["members 1/3: a", "members 2/3: b"], bench.Arrived());
        Assert.Null(bench.Status.SnapshotAt);

        var complete = await bench.RunAsync();
        Assert.Equal(["members 1/3: a", "members 2/3: b", "members 3/3: c"], bench.Arrived());
        Assert.NotEqual(abandoned.SessionIds, complete.SessionIds);
    }

    [Fact]
    public async Task A_run_can_be_abandoned_between_its_adds_and_its_removes()
    {
        await using var bench = await StartAsync();
        await bench.RunAsync();
        bench.Members("b", "c", "d");
        bench.Receiver.Forget();
        bench.Simulator.InjectFaults(CohortSyncBench.CohortId, new SyncFaults { AbandonAfterPages = 1 });
        await bench.RunAsync();

        Assert.Equal(["add_members 1/1: d"], bench.Arrived());
    }

    [Fact]
    public async Task A_page_of_an_old_session_can_arrive_late()
    {
        await using var bench = await StartAsync();
        bench.Simulator.InjectFaults(CohortSyncBench.CohortId, new SyncFaults { AbandonAfterPages = 1, KeepCopyOfPage = 3 });
        var old = await bench.RunAsync();
        bench.Members("x");
        await bench.RunAsync();
        var before = bench.Status;

        Assert.Equal(1, await bench.Simulator.SendKeptPagesAsync(TestContext.Current.CancellationToken));
        Assert.Equal(0, await bench.Simulator.SendKeptPagesAsync(TestContext.Current.CancellationToken));

        Assert.Equal(old.SessionIds[0].ToString(), bench.Receiver.Calls[^1].Session);
        Assert.Equal(["members 1/3: a", "members 1/1: x", "members 3/3: c"], bench.Arrived());
        Assert.Equal(SendKind.Late, bench.Simulator.Requests[^1].Kind);
        Assert.Equal(before, bench.Status);
    }

    [Fact]
    public async Task Faults_are_for_one_run_and_one_action()
    {
        await using var bench = await StartAsync();
        await bench.RunAsync();
        bench.Members("d");
        bench.Receiver.Forget();
        bench.Simulator.InjectFaults(
            CohortSyncBench.CohortId,
            new SyncFaults { Action = SyncAction.RemoveMembers, Order = PageOrder.Descending, DuplicatePage = 1 });
        await bench.RunAsync();
        await bench.RunAsync();

        Assert.Equal(
            [
                "add_members 1/1: d", "remove_members 3/3: c", "remove_members 2/3: b", "remove_members 1/3: a", "remove_members 1/3: a",
                "add_members 1/1:", "remove_members 1/1:",
            ],
            bench.Arrived());
    }

    private static async Task<CohortSyncBench> StartAsync()
    {
        var bench = await CohortSyncBench.StartManualAsync(new CohortSyncOptions { MembersPerCall = 1 });
        bench.Members("a", "b", "c");
        bench.Sync();
        return bench;
    }
}
