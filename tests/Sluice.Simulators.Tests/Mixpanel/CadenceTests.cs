using Sluice.Simulators.Mixpanel;

namespace Sluice.Simulators.Tests.Mixpanel;

public sealed class CadenceTests
{
    private static readonly TimeSpan HalfAnHour = TimeSpan.FromMinutes(30);

    [Fact]
    public async Task A_recurring_sync_runs_at_once_and_then_every_30_minutes()
    {
        await using var bench = await CohortSyncBench.StartAsync();
        bench.Members("u-1");
        bench.Sync();
        await bench.QuietAsync();
        Assert.Equal(["members 1/1: u-1"], bench.Arrived());

        await bench.AdvanceAsync(HalfAnHour - TimeSpan.FromTicks(1));
        Assert.Empty(bench.Arrived());

        await bench.AdvanceAsync(TimeSpan.FromTicks(1));
        Assert.Equal(["add_members 1/1:", "remove_members 1/1:"], bench.Arrived());

        await bench.AdvanceAsync(HalfAnHour * 3);
        Assert.Equal(6, bench.Arrived().Length);
    }

    [Fact]
    public async Task Runs_that_were_missed_are_not_made_up_for_and_the_beat_stays()
    {
        await using var bench = await CohortSyncBench.StartAsync();
        bench.Sync();
        await bench.QuietAsync();
        var start = bench.Clock.GetUtcNow();
        bench.Arrived();

        bench.Clock.Advance(TimeSpan.FromMinutes(100));
        await bench.QuietAsync();

        Assert.Equal(2, bench.Arrived().Length);
        Assert.Equal(start + TimeSpan.FromMinutes(120), bench.Status.NextRunAt);
    }

    [Fact]
    public async Task A_one_time_export_is_one_full_session_and_nothing_afterwards()
    {
        await using var bench = await CohortSyncBench.StartAsync();
        bench.Members("u-1", "u-2");
        bench.Sync(SyncKind.OneTime);
        await bench.QuietAsync();
        bench.Cohort.Add("u-3");
        await bench.AdvanceAsync(TimeSpan.FromDays(1));

        Assert.Equal(["members 1/1: u-1 u-2"], bench.Arrived());
        Assert.Equal(SyncState.Finished, bench.Status.State);
        Assert.Null(bench.Status.NextRunAt);
    }

    [Fact]
    public async Task Exporting_once_more_sends_everybody_again()
    {
        await using var bench = await CohortSyncBench.StartAsync();
        bench.Members("u-1");
        bench.Sync(SyncKind.OneTime);
        await bench.QuietAsync();
        bench.Sync(SyncKind.OneTime);
        await bench.QuietAsync();
        await bench.RunAsync();

        Assert.Equal(["members 1/1: u-1", "members 1/1: u-1", "members 1/1: u-1"], bench.Arrived());
    }

    [Fact]
    public async Task A_one_time_export_that_failed_waits_to_be_asked_for()
    {
        await using var bench = await CohortSyncBench.StartAsync(new CohortSyncOptions { RetryDelays = [] });
        bench.Receiver.Answer(static call => ScriptedAnswer.Failure(call, 500));
        bench.Sync(SyncKind.OneTime);
        await bench.AdvanceAsync(TimeSpan.FromDays(1));
        Assert.Single(bench.Receiver.Calls);
        Assert.Equal(SyncState.Active, bench.Status.State);
        Assert.Throws<CohortSyncRefusedException>(() => bench.Sync(SyncKind.OneTime));

        await bench.RunAsync();
        Assert.Equal(SyncState.Finished, bench.Status.State);
    }

    [Fact]
    public async Task A_run_by_hand_does_not_move_the_beat()
    {
        await using var bench = await CohortSyncBench.StartAsync();
        bench.Sync();
        await bench.QuietAsync();
        var next = bench.Status.NextRunAt;
        await bench.AdvanceAsync(TimeSpan.FromMinutes(10));

        var run = await bench.RunAsync();

        Assert.False(run.Full);
        Assert.Equal(next, bench.Status.NextRunAt);
    }

    [Fact]
    public async Task Syncs_of_one_connection_follow_each_other()
    {
        await using var bench = await CohortSyncBench.StartManualAsync();
        bench.Sync();
        bench.Simulator.AddCohort("2", "Second");
        bench.Simulator.StartSync("2", bench.Connection, SyncKind.Recurring);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bench.Receiver.Script = async (call, aborted) =>
        {
            await release.Task.WaitAsync(aborted);
            return ScriptedAnswer.Success(call);
        };

        var first = bench.RunAsync();
        await bench.Receiver.ArrivedAsync(1);
        var second = bench.RunAsync("2");
        Assert.False(second.IsCompleted);
        release.SetResult();
        var (one, two) = (await first, await second);

        Assert.Equal(1, bench.Receiver.MostAtOnce);
        Assert.Equal([CohortSyncBench.CohortId, "2"], bench.Receiver.Calls.Select(static call => call.Cohort));
        Assert.Equal((RunOutcome.Succeeded, RunOutcome.Succeeded), (one.Outcome, two.Outcome));
    }

    [Fact]
    public async Task A_sync_in_its_retries_holds_up_the_others_of_its_connection()
    {
        await using var bench = await CohortSyncBench.StartAsync();
        bench.Receiver.Answer(static call => ScriptedAnswer.Failure(call, 503));
        bench.Simulator.AddCohort("2", "Second");
        bench.Sync();
        bench.Simulator.StartSync("2", bench.Connection, SyncKind.Recurring);
        await bench.QuietAsync();
        Assert.Single(bench.Arrived());

        await bench.AdvanceAsync(TimeSpan.FromSeconds(2));

        // The first retry counts as call 1 again, as the receiver forgot what came before, and so fails; the second succeeds.
        await bench.AdvanceAsync(TimeSpan.FromSeconds(4));
        Assert.Equal(
            [CohortSyncBench.CohortId, CohortSyncBench.CohortId, "2"],
            bench.Receiver.Calls.Select(static call => call.Cohort));
    }

    [Fact]
    public async Task Two_connections_run_at_the_same_time()
    {
        await using var bench = await CohortSyncBench.StartManualAsync();
        bench.Sync();
        bench.Simulator.AddCohort("2", "Second");
        bench.Simulator.StartSync("2", bench.Simulator.Connect("Other", bench.Receiver.Url), SyncKind.Recurring);
        var both = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bench.Receiver.Script = async (call, aborted) =>
        {
            if (call.Number == 2)
            {
                both.SetResult();
            }

            await both.Task.WaitAsync(aborted);
            return ScriptedAnswer.Success(call);
        };

        var first = bench.RunAsync();
        await bench.RunAsync("2");
        await first;

        Assert.Equal(2, bench.Receiver.MostAtOnce);
    }

    [Fact]
    public async Task A_stopped_sync_is_silent_and_starts_over_with_everybody()
    {
        await using var bench = await CohortSyncBench.StartAsync();
        bench.Members("u-1");
        bench.Sync();
        await bench.QuietAsync();
        bench.Simulator.StopSync(CohortSyncBench.CohortId);
        bench.Arrived();
        await bench.AdvanceAsync(TimeSpan.FromHours(2));
        Assert.Empty(bench.Arrived());

        bench.Sync();
        await bench.QuietAsync();
        Assert.Equal(["members 1/1: u-1"], bench.Arrived());
    }

    [Fact]
    public async Task A_cancelled_run_leaves_the_snapshot_alone_and_the_connection_free()
    {
        await using var bench = await CohortSyncBench.StartManualAsync();
        bench.Members("u-1");
        bench.Sync();
        bench.Receiver.Script = static async (call, aborted) =>
        {
            if (call.Number == 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, aborted);
            }

            return ScriptedAnswer.Success(call);
        };
        using var cancel = new CancellationTokenSource();
        var run = bench.Simulator.RunNowAsync(CohortSyncBench.CohortId, cancel.Token);
        await bench.Receiver.ArrivedAsync(1);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Null(bench.Status.SnapshotAt);
        Assert.True((await bench.RunAsync()).Full);
    }

    [Fact]
    public async Task Disposing_ends_a_run_under_way()
    {
        await using var receiver = await ScriptedReceiver.StartAsync();
        receiver.Script = static async (call, aborted) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, aborted);
            return ScriptedAnswer.Success(call);
        };
        var simulator = new CohortSyncSimulator(new CohortSyncOptions(), new People.PersonDirectory(), new ManualClock());
        simulator.AddCohort("1", "One");
        simulator.StartSync("1", simulator.Connect("Sluice", receiver.Url), SyncKind.Recurring);
        var waiting = simulator.RunNowAsync("1", TestContext.Current.CancellationToken);
        await receiver.ArrivedAsync(1);

        await simulator.DisposeAsync().AsTask().WaitAsync(CohortSyncBench.Patience, TestContext.Current.CancellationToken);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => simulator.RunNowAsync("1", TestContext.Current.CancellationToken));
    }
}
