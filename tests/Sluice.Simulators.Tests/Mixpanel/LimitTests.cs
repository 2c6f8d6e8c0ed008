using System.Globalization;
using Sluice.Simulators.Mixpanel;
using Sluice.Simulators.People;

namespace Sluice.Simulators.Tests.Mixpanel;

public sealed class LimitTests
{
    [Fact]
    public async Task The_61st_recurring_sync_of_a_project_is_refused_over_whichever_connection_and_one_time_exports_are_not_counted()
    {
        await using var bench = await CohortSyncBench.StartManualAsync();
        var other = bench.Simulator.Connect("Other", bench.Receiver.Url);
        for (var i = 1; i <= 60; i++)
        {
            bench.Simulator.StartSync(NewCohort(i), i % 2 == 0 ? bench.Connection : other, SyncKind.Recurring);
        }

        Assert.Throws<CohortSyncRefusedException>(() => bench.Simulator.StartSync(NewCohort(61), other, SyncKind.Recurring));
        bench.Simulator.StartSync("61", other, SyncKind.OneTime);

        bench.Simulator.StopSync("7");
        bench.Simulator.StartSync(NewCohort(62), bench.Connection, SyncKind.Recurring);
        Assert.Equal(61, bench.Simulator.Statuses.Count);

        string NewCohort(int id) => bench.Simulator.AddCohort(id.ToString(CultureInfo.InvariantCulture), $"Cohort {id}").Id;
    }

    [Fact]
    public async Task Without_a_paid_plan_no_cohort_is_saved()
    {
        await using var simulator = new CohortSyncSimulator(new CohortSyncOptions { PaidPlan = false, RunOnSchedule = false }, new PersonDirectory(), new ManualClock());
        Assert.Throws<CohortSyncRefusedException>(() => simulator.AddCohort("1", "Everybody"));
    }

    [Fact]
    public async Task A_cohort_of_groups_cannot_be_synced()
    {
        await using var bench = await CohortSyncBench.StartManualAsync();
        bench.Simulator.AddCohort("9", "Companies", ofGroups: true);

        Assert.Throws<CohortSyncRefusedException>(() => bench.Simulator.StartSync("9", bench.Connection, SyncKind.Recurring));
    }

    [Fact]
    public async Task A_cohort_is_synced_once()
    {
        await using var bench = await CohortSyncBench.StartManualAsync();
        bench.Sync();

        Assert.Throws<CohortSyncRefusedException>(() => bench.Sync());
    }

    [Fact]
    public async Task A_cohort_of_more_than_ten_million_is_not_exported()
    {
        await using var receiver = await ScriptedReceiver.StartAsync();
        await using var simulator = new CohortSyncSimulator(
            new CohortSyncOptions { RunOnSchedule = false }, new PersonDirectory(new PeopleGenerator(1), 10_000_001), new ManualClock());
        var cohort = simulator.AddCohort("1", "Everybody");
        cohort.AddRange(0, 10_000_001);
        var connection = simulator.Connect("Sluice", receiver.Url);
        Assert.Throws<CohortSyncRefusedException>(() => simulator.StartSync("1", connection, SyncKind.OneTime));

        cohort.Clear();
        simulator.StartSync("1", connection, SyncKind.OneTime);
        cohort.AddRange(0, 10_000_001);
        var cancelled = TestContext.Current.CancellationToken;
        var run = await simulator.RunNowAsync("1", cancelled).WaitAsync(CohortSyncBench.Patience, cancelled);

        Assert.Equal((RunOutcome.Failed, 0), (run.Outcome, run.Pages));
        Assert.Empty(receiver.Calls);
    }

    [Theory]
    [InlineData("")]
    [InlineData("12a")]
    public async Task A_cohort_id_has_digits(string id)
    {
        await using var bench = await CohortSyncBench.StartManualAsync();

        Assert.Throws<ArgumentException>(() => bench.Simulator.AddCohort(id, "Name"));
        Assert.Throws<ArgumentException>(() => bench.Simulator.AddCohort(CohortSyncBench.CohortId, "Taken"));
    }

    [Fact]
    public async Task A_connection_of_another_simulator_is_refused()
    {
        await using var one = await CohortSyncBench.StartManualAsync();
        await using var other = await CohortSyncBench.StartManualAsync();

        Assert.Throws<ArgumentException>(() => one.Simulator.StartSync(CohortSyncBench.CohortId, other.Connection, SyncKind.Recurring));
    }

    [Fact]
    public async Task The_log_forgets_its_oldest_entries_and_the_counters_forget_nothing()
    {
        await using var bench = await CohortSyncBench.StartManualAsync(
            new CohortSyncOptions { LogCapacity = 3, RetryDelays = [TimeSpan.Zero] });
        bench.Members("a", "b");
        bench.Receiver.Script = static (call, _) => Task.FromResult(
            call.Number == 1 ? ScriptedAnswer.Failure(call, 503) with { ContentType = "text/html" } : ScriptedAnswer.Success(call));
        bench.Sync();
        for (var i = 0; i < 5; i++)
        {
            await bench.RunAsync();
        }

        Assert.Equal([8, 9, 10], bench.Simulator.Requests.Select(static request => request.Number));
        Assert.Equal(3, bench.Simulator.Runs.Count);
        Assert.Equal(
            new CohortSyncCounters(
                Requests: 10, Retries: 1, Succeeded: 9, Unanswered: 0, MembersSent: 4,
                BytesSent: bench.Receiver.Calls.Sum(static call => call.Body.Length),
                RunsSucceeded: 5, RunsFailed: 0, Violations: 1),
            bench.Simulator.Counters);
    }
}
