using Sluice.Simulators.Mixpanel;

namespace Sluice.Simulators.Tests.Mixpanel;

public sealed class DifferenceTests
{
    [Fact]
    public async Task The_first_run_sends_everybody_and_the_next_the_difference_add_before_remove()
    {
        await using var bench = await CohortSyncBench.StartManualAsync();
        bench.Members("a", "b", "c");
        bench.Sync();
        var first = await bench.RunAsync();
        bench.Members("b", "c", "d");
        var second = await bench.RunAsync();

        Assert.Equal(["members 1/1: a b c", "add_members 1/1: d", "remove_members 1/1: a"], bench.Arrived());
        Assert.Equal((true, 3, 0, 1), (first.Full, first.Entered, first.Left, first.Pages));
        Assert.Equal((false, 1, 1, 2), (second.Full, second.Entered, second.Left, second.Pages));
    }

    [Fact]
    public async Task Calls_are_made_even_when_nothing_changed()
    {
        await using var bench = await CohortSyncBench.StartManualAsync();
        bench.Members("a");
        bench.Sync();
        await bench.RunAsync();
        bench.Arrived();

        await bench.RunAsync();

        Assert.Equal(["add_members 1/1:", "remove_members 1/1:"], bench.Arrived());
    }

    [Fact]
    public async Task An_empty_cohort_is_one_call_without_members()
    {
        await using var bench = await CohortSyncBench.StartManualAsync();
        bench.Sync();
        await bench.RunAsync();

        Assert.Equal(["members 1/1:"], bench.Arrived());
    }

    [Fact]
    public async Task Who_enters_and_leaves_between_two_runs_is_never_mentioned()
    {
        await using var bench = await CohortSyncBench.StartManualAsync();
        bench.Members("a");
        bench.Sync();
        await bench.RunAsync();
        bench.Cohort.Add("b");
        bench.Cohort.Remove("b");
        bench.Cohort.Remove("a");
        bench.Cohort.Add("a");
        bench.Arrived();

        await bench.RunAsync();

        Assert.Equal(["add_members 1/1:", "remove_members 1/1:"], bench.Arrived());
    }

    [Fact]
    public async Task Who_enters_while_a_run_is_under_way_belongs_to_the_next()
    {
        await using var bench = await CohortSyncBench.StartManualAsync(new CohortSyncOptions { MembersPerCall = 1 });
        bench.Members("a", "b");
        bench.Sync();
        bench.Receiver.Script = (call, _) =>
        {
            bench.Cohort.Add("late");
            return Task.FromResult(ScriptedAnswer.Success(call));
        };
        await bench.RunAsync();
        Assert.Equal(["members 1/2: a", "members 2/2: b"], bench.Arrived());

        await bench.RunAsync();
        Assert.Equal(["add_members 1/1: late", "remove_members 1/1:"], bench.Arrived());
    }

    [Fact]
    public async Task A_call_carries_1000_members_and_the_pages_hold_everybody_once()
    {
        await using var bench = await CohortSyncBench.StartManualAsync();
        var ids = Enumerable.Range(0, 2003).Select(static i => $"u-{i}").ToArray();
        bench.Members(ids);
        bench.Sync();
        await bench.RunAsync();
        bench.Members(ids[..1000]);
        await bench.RunAsync();

        var calls = bench.Receiver.Calls;
        Assert.Equal(
            [
                ("members", 1, 3, 1000), ("members", 2, 3, 1000), ("members", 3, 3, 3),
                ("add_members", 1, 1, 0), ("remove_members", 1, 2, 1000), ("remove_members", 2, 2, 3),
            ],
            calls.Select(static call => (call.Action, call.Page, call.Pages, call.Ids.Length)));
        Assert.Equal(ids, calls.Take(3).SelectMany(static call => call.Ids));
        Assert.Equal(ids[1000..], calls.Skip(4).SelectMany(static call => call.Ids));
    }

    [Fact]
    public async Task All_calls_of_a_run_share_one_session_and_two_runs_never_do()
    {
        await using var bench = await CohortSyncBench.StartManualAsync(new CohortSyncOptions { MembersPerCall = 1 });
        bench.Members("a", "b");
        bench.Sync();
        var first = await bench.RunAsync();
        bench.Members("c", "d");
        var second = await bench.RunAsync();

        var sessions = bench.Receiver.Calls.Select(static call => call.Session).ToArray();
        Assert.Equal(Enumerable.Repeat(first.SessionIds.Distinct().Single().ToString(), 2), sessions[..2]);
        Assert.Equal(Enumerable.Repeat(second.SessionIds.Distinct().Single().ToString(), 4), sessions[2..]);
        Assert.NotEqual(sessions[0], sessions[2]);
    }

    [Fact]
    public async Task Adds_and_removes_can_have_a_session_each()
    {
        await using var bench = await CohortSyncBench.StartManualAsync(new CohortSyncOptions { SeparateSessions = true });
        bench.Sync();
        await bench.RunAsync();
        await bench.RunAsync();

        Assert.Equal(3, bench.Receiver.Calls.Select(static call => call.Session).Distinct().Count());
    }

    [Fact]
    public async Task Removes_can_come_before_adds()
    {
        await using var bench = await CohortSyncBench.StartManualAsync(new CohortSyncOptions { RemoveBeforeAdd = true });
        bench.Members("a");
        bench.Sync();
        await bench.RunAsync();
        bench.Members("b");
        await bench.RunAsync();

        Assert.Equal(["members 1/1: a", "remove_members 1/1: a", "add_members 1/1: b"], bench.Arrived());
    }

    [Fact]
    public async Task The_very_first_call_can_be_add_members_and_a_later_refresh_is_not()
    {
        await using var bench = await CohortSyncBench.StartManualAsync(new CohortSyncOptions { FirstCallIsAddMembers = true });
        bench.Members("a");
        bench.Sync();
        await bench.RunAsync();
        bench.Clock.Advance(TimeSpan.FromDays(4));
        await bench.RunAsync();

        Assert.Equal(["add_members 1/1: a", "members 1/1: a"], bench.Arrived());
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public async Task A_snapshot_lives_three_days(int ticksLonger, bool full)
    {
        await using var bench = await CohortSyncBench.StartManualAsync();
        bench.Sync();
        await bench.RunAsync();
        bench.Clock.Advance(TimeSpan.FromDays(3) + TimeSpan.FromTicks(ticksLonger));

        Assert.Equal(full, (await bench.RunAsync()).Full);
    }

    [Fact]
    public async Task A_receiver_that_was_down_for_more_than_three_days_gets_everybody()
    {
        await using var bench = await CohortSyncBench.StartAsync();
        bench.Members("a", "b");
        bench.Sync();
        await bench.QuietAsync();
        bench.Receiver.Script = static (call, _) => Task.FromResult(ScriptedAnswer.Failure(call, 503));
        bench.Members("b", "c");
        await bench.AdvanceAsync(TimeSpan.FromDays(3) + TimeSpan.FromMinutes(2));
        Assert.All(bench.Simulator.Runs.Skip(1), static run => Assert.Equal((false, RunOutcome.Failed), (run.Full, run.Outcome)));
        Assert.Equal(SyncState.Active, bench.Status.State);

        bench.Receiver.Answer();
        bench.Arrived();
        await bench.AdvanceAsync(TimeSpan.FromMinutes(30));

        Assert.Equal(["members 1/1: b c"], bench.Arrived());
    }

    [Fact]
    public async Task A_new_name_and_description_are_in_the_next_call()
    {
        await using var bench = await CohortSyncBench.StartManualAsync();
        bench.Sync();
        await bench.RunAsync();
        bench.Cohort.Name = "휴면 30일";
        bench.Cohort.Description = "nobody seen for 30 days";
        await bench.RunAsync();

        Assert.Equal("Dormant 30d", bench.Receiver.Calls[0].Parameters.GetProperty("mixpanel_cohort_name").GetString());
        Assert.False(bench.Receiver.Calls[0].Parameters.TryGetProperty("mixpanel_cohort_description", out _));
        Assert.Equal("휴면 30일", bench.Receiver.Calls[1].Parameters.GetProperty("mixpanel_cohort_name").GetString());
        Assert.Equal("nobody seen for 30 days", bench.Receiver.Calls[1].Parameters.GetProperty("mixpanel_cohort_description").GetString());
    }

    [Fact]
    public async Task A_person_whose_canonical_id_changes_leaves_under_one_id_and_enters_under_the_other()
    {
        await using var bench = await CohortSyncBench.StartManualAsync();
        bench.People.Set(new People.Person("$device:7f1c") { Email = "ana@example.org" });
        bench.Members("$device:7f1c");
        bench.Sync();
        await bench.RunAsync();
        bench.Simulator.ChangeDistinctId("$device:7f1c", "u-1");
        bench.Receiver.Forget();
        await bench.RunAsync();

        Assert.Equal(
            ["add_members 1/1: u-1", "remove_members 1/1: $device:7f1c"], bench.Receiver.Calls.Select(static call => call.ToString()));
        Assert.Equal("ana@example.org", bench.Receiver.Calls[0].Parameters.GetProperty("members")[0].GetProperty("email").GetString());
        Assert.False(bench.Receiver.Calls[1].Parameters.GetProperty("members")[0].TryGetProperty("email", out _));
    }
}
