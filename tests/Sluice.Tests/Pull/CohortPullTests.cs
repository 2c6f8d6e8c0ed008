using Sluice.Core.Delivery;
using Sluice.Core.Erasure;
using Sluice.Core.Pull;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;

namespace Sluice.Tests.Pull;

public sealed class CohortPullTests
{
    private static readonly CohortPullRule Every6Hours = new(PullWorld.When("every 6h"), null, ["$email", "plan"]);

    [Fact]
    public async Task A_pulled_cohort_is_a_user_group_like_one_that_was_sent()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Engaged users", PullWorld.People(2_503));
        world.Desk.SetCohort(new MixpanelCohort(902, "Hidden", ["u1"]) { IsVisible = false });
        world.Plan = world.Plan with { Cohorts = Every6Hours };
        world.Run();
        var run = await world.EndedAsync("cohorts");
        await world.SettleAsync();

        Assert.Null(run.Error);
        Assert.Null(run.Note);
        Assert.Equal((4, 2_503, 1), (run.Counts["calls"], run.Counts["people"], run.Counts["cohorts"]));
        Assert.Equal(PullWorld.People(2_503).Order(StringComparer.Ordinal), await world.MembersAsync("901"));
        var group = Assert.Single(await world.Store.Groups.ListAsync(PullWorld.Project, TestContext.Current.CancellationToken));
        Assert.Equal(("Engaged users", "engaged_users", 2_503, PullWorld.RemoteProject), (group.Name, group.Slug, group.Members, group.RemoteProject));
        Assert.Null(group.Syncing);
        Assert.Equal("""["u7@example.test","free"]""", await PropertiesAsync(world, "u7"));
        world.AssertClean();
    }

    [Fact]
    public async Task The_next_round_follows_who_entered_and_left_and_an_unchanged_one_changes_nothing()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Engaged", PullWorld.People(1_200));
        world.Plan = world.Plan with { Cohorts = Every6Hours };
        world.Run();
        await world.EndedAsync("cohorts");
        await world.SettleAsync();
        var first = (await world.JobAsync("cohorts")).Run!.Id;

        // Nothing has changed: nobody's stay begins anew, and nobody is looked at by the destinations.
        var stays = await HistoryAsync(world, "u5");
        var run = await world.EndedAsync("cohorts");
        await world.SettleAsync();
        Assert.NotEqual(first, run.Id);
        Assert.Equal(stays, await HistoryAsync(world, "u5"));
        Assert.Null(run.Note);

        world.SetCohort(901, "Renamed", PullWorld.People(1_190, from: 10));
        await world.EndedAsync("cohorts");
        await world.SettleAsync();
        Assert.Equal(PullWorld.People(1_190, from: 10).Order(StringComparer.Ordinal), await world.MembersAsync("901"));
        Assert.Equal("Renamed", (await world.Store.Groups.FindAsync(PullWorld.Project, "901", TestContext.Current.CancellationToken))!.Name);
        Assert.NotNull((await HistoryAsync(world, "u5"))[0].LeftAt);
        Assert.Equal(9, world.CallsTo("/engage") + world.CallsTo("/cohorts/list"));
        world.AssertClean();
    }

    [Fact]
    public async Task A_hundred_thousand_people_take_as_many_calls_as_they_have_pages_and_the_budget_holds()
    {
        await using var world = await PullWorld.StartAsync();

        // Without profiles: they are members all the same.
        world.Desk.SetCohort(901, "Everybody", PullWorld.People(100_000));
        world.Plan = world.Plan with { Cohorts = Every6Hours };
        var begun = world.Clock.GetUtcNow();
        world.Run();
        var run = await world.EndedAsync("cohorts");
        await world.SettleAsync();

        Assert.Null(run.Error);
        Assert.Equal((101, 100_000), (run.Counts["calls"], run.Counts["people"]));
        Assert.Equal((1, 100), (world.CallsTo("/cohorts/list"), world.CallsTo("/engage")));
        Assert.Equal(100_000, (await world.MembersAsync("901")).Length);

        // 50 of the 60 calls of an hour are for jobs.
        Assert.InRange(world.Clock.GetUtcNow() - begun, TimeSpan.FromHours(1), TimeSpan.FromHours(3));
        world.AssertClean();
    }

    [Fact]
    public async Task A_restart_goes_on_with_the_same_answer_and_nobody_sees_half_of_it()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Engaged", PullWorld.People(500, from: 9_000));
        world.Plan = world.Plan with { Cohorts = Every6Hours };
        world.Run();
        await world.EndedAsync("cohorts");
        await world.StopAsync();
        world.SetCohort(901, "Engaged", PullWorld.People(5_500));

        // Ended after every page that was stored, before and after it was noted.
        for (var stops = 0; stops < 8; stops++)
        {
            var method = stops % 2 == 0 ? "ApplyAsync" : "SaveAsync";
            var reached = new TaskCompletionSource();
            world.StoreFault = m =>
            {
                if (m == method && reached.TrySetResult())
                {
                    return new OperationCanceledException("The program ends here.");
                }

                return null;
            };
            world.Run();
            await world.UntilAsync(() => Task.FromResult(reached.Task.IsCompleted));
            await world.StopAsync();
            var members = await world.MembersAsync("901");
            Assert.True(members.Length is 500 or 5_500, $"{members.Length} people");
        }

        world.StoreFault = null;
        world.Run();
        await world.UntilAsync(async () => (await world.MembersAsync("901")).Length == 5_500);
        await world.UntilAsync(async () => (await world.JobAsync("cohorts")).Run is { EndedAt: not null });
        Assert.Equal(PullWorld.People(5_500).Order(StringComparer.Ordinal), await world.MembersAsync("901"));
        Assert.Equal(0, world.Mixpanel.Calls.BudgetViolationCount);
    }

    [Fact]
    public async Task A_forgotten_answer_begins_a_new_session()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Engaged", PullWorld.People(3_000));
        world.Mixpanel.Faults.Add(new MixpanelFault
        {
            Method = "POST", Path = "/api/query/engage", Effect = MixpanelFaultEffect.Error(400, "request for page in uncached query for params"), Every = 3, Count = 1,
        });
        world.Plan = world.Plan with { Cohorts = Every6Hours };
        world.Run();
        var run = await world.EndedAsync("cohorts");
        Assert.Null(run.Error);
        Assert.Equal((1, 3_000), (run.Counts["sessions_lost"], (await world.MembersAsync("901")).Length));
    }

    [Fact]
    public async Task What_is_wrong_with_one_cohort_or_for_a_while_stops_no_other()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "First", "u1");
        world.SetCohort(902, "Second", "u2");
        world.Mixpanel.Faults.Add(new MixpanelFault
        {
            Method = "POST", Path = "/api/query/engage", Effect = MixpanelFaultEffect.Error(400, "no such cohort"), Every = 1, Count = 1,
        });
        world.Mixpanel.Faults.Add(new MixpanelFault { Method = "POST", Path = "/api/query/cohorts/list", Effect = MixpanelFaultEffect.Error(503, "later"), Every = 1, Count = 2 });
        world.Plan = world.Plan with { Cohorts = Every6Hours with { Include = ["901", "Second", "903"] } };
        world.Run();
        var run = await world.EndedAsync("cohorts");
        Assert.Null(run.Error);
        Assert.Equal((1, 1), (run.Counts["cohorts"], run.Counts["cohorts_given_up"]));
        Assert.Contains("no such cohort", run.Note, StringComparison.Ordinal);
        Assert.Contains("Mixpanel has no cohort 903", run.Note, StringComparison.Ordinal);
        Assert.Equal(["u2"], await world.MembersAsync("902"));
    }

    [Fact]
    public async Task A_cohort_that_gets_no_answer_holds_up_no_other()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "First", "u1");
        world.SetCohort(902, "Second", "u2");

        // All calls but the one after the first cohort was put off: it is tried again as the last.
        foreach (var call in Enumerable.Range(1, 12).Where(n => n != 4))
        {
            world.Mixpanel.Faults.Add(new MixpanelFault { Method = "POST", Path = "/api/query/engage", Effect = MixpanelFaultEffect.Error(503, "later"), Nth = call });
        }

        world.Plan = world.Plan with { Cohorts = Every6Hours };
        world.Run();
        var run = await world.EndedAsync("cohorts");
        Assert.Contains("Cohort 901 was put off", run.Note, StringComparison.Ordinal);
        Assert.NotNull(run.Error);
        Assert.Equal(1, run.Counts["cohorts"]);
        Assert.Equal(["u2"], await world.MembersAsync("902"));
        Assert.Empty(await world.MembersAsync("901"));
    }

    [Fact]
    public async Task People_that_cannot_be_kept_are_set_aside_and_the_others_count()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Engaged", "u1", "u2", "u3");
        world.Mixpanel.Faults.Add("POST", "/api/query/engage", PullWorld.Answer(PullWorld.PageWithTwoBad));
        world.Plan = world.Plan with { Cohorts = Every6Hours };
        world.Run();
        var run = await world.EndedAsync("cohorts");
        Assert.Null(run.Error);
        Assert.Equal((1, 1, 2), (run.Counts["cohorts"], run.Counts["people"], run.Counts["refused"]));
        Assert.Equal(["u1"], await world.MembersAsync("901"));
        world.AssertClean();
    }

    [Theory]
    [InlineData(33)]
    [InlineData(62)]
    [InlineData(100)]
    [InlineData(240)]
    public async Task A_property_that_is_nested_too_deep_is_its_member_s_fault_alone(int depth)
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Engaged", "u1", "u2", "u3");
        var nested = $"{new string('[', depth)}{new string(']', depth)}";
        world.Mixpanel.Faults.Add("POST", "/api/query/engage", PullWorld.Answer($$$"""
            {"page":0,"page_size":1000,"session_id":"s","status":"ok","total":3,"results":[{"$distinct_id":"u1","$properties":{"plan":"pro"}},
            {"$distinct_id":"u2","$properties":{"plan":"pro","deep":{{{nested}}}}},{"$distinct_id":"u3","$properties":{"plan":"free"}}]}
            """));
        world.Plan = world.Plan with { Cohorts = Every6Hours };
        world.Run();
        var run = await world.EndedAsync("cohorts");
        Assert.Null(run.Error);
        Assert.Equal((1, 2, 1), (run.Counts["cohorts"], run.Counts["people"], run.Counts["refused"]));
        Assert.Equal(["u1", "u3"], await world.MembersAsync("901"));
        var letter = Assert.Single(await world.Store.DeadLetters.ListAsync(PullWorld.Project, "open", 10, TestContext.Current.CancellationToken));
        Assert.Equal(("cohort", "too_deep"), (letter.Origin, letter.Reason));
        Assert.Contains("u2", letter.Payload, StringComparison.Ordinal);
        world.AssertClean();
    }

    [Fact]
    public async Task Somebody_who_was_erased_is_counted_and_does_not_come_back()
    {
        await using var world = await PullWorld.StartAsync();
        var token = TestContext.Current.CancellationToken;
        world.Store.UseTombstoneKey([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
        world.SetCohort(901, "Engaged", "u1", "u2", "u3");
        world.Plan = world.Plan with { Cohorts = Every6Hours, Profiles = new ProfilePullRule(PullWorld.When("every 6h"), null, null) };
        world.Run();
        var run = await world.EndedAsync("cohorts");
        Assert.Equal((3, 0), (run.Counts["people"], run.Counts.GetValueOrDefault("erased")));
        await world.StopAsync();

        await world.Store.Erasures.RequestAsync(new ErasureRequest(PullWorld.Project, ErasureKind.Deletion, ["u2"], "GDPR", null, "test", TimeSpan.Zero), token);
        var lease = (await world.Store.Leases.TryTakeAsync("erasure", "test", TimeSpan.FromHours(1), token))!;
        while (await world.Store.ErasureWork.DueAsync(PullWorld.Project, token) is { Stage: < ErasureStage.Settle } job)
        {
            await world.Store.ErasureWork.AdvanceAsync(lease, job, token);
        }

        world.Clock.Advance(TimeSpan.FromHours(7));
        world.Run();
        run = await world.EndedAsync("cohorts");
        Assert.Null(run.Error);
        Assert.Equal((2, 1, 0), (run.Counts["people"], run.Counts["erased"], run.Counts.GetValueOrDefault("refused")));
        await world.UntilAsync(async () => (await world.JobAsync("profiles")).Run is { EndedAt: not null } ended && ended.Counts.ContainsKey("erased"));
        Assert.Equal((2, 1), ((await world.JobAsync("profiles")).Run!.Counts["profiles"], (await world.JobAsync("profiles")).Run!.Counts["erased"]));
        Assert.Equal(["u1", "u3"], await world.MembersAsync("901"));
        Assert.Empty(await world.Store.DeadLetters.ListAsync(PullWorld.Project, "open", 10, token));
        world.AssertClean();
    }

    [Fact]
    public async Task A_job_that_fails_for_a_reason_of_ours_ends_no_other()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Engaged", "u1");
        await world.TrackAsync(PullWorld.Event("e1", world.Clock.GetUtcNow().AddDays(-1)));
        var day = DateOnly.FromDateTime(world.Clock.GetUtcNow().UtcDateTime).AddDays(-1);
        world.StoreFault = m => m == "AppendAsync" ? new InvalidOperationException("Cannot be.") : null;
        world.Plan = world.Plan with { Cohorts = Every6Hours, Events = new EventPullRule(PullWorld.When("every 6h"), day, 1, []) };
        world.Run();
        Assert.Equal("Cannot be.", (await world.EndedAsync("events")).Error);
        Assert.Equal((1, 8), (world.CallsTo("/cohorts/list"), world.CallsTo("/export")));
        Assert.Equal(["u1"], await world.MembersAsync("901"));
    }

    [Fact]
    public async Task Wrong_credentials_end_the_run_with_what_to_do_and_the_next_one_comes_as_planned()
    {
        await using var world = await PullWorld.StartAsync(project: new MixpanelProject { AllowsQueries = false });
        world.Plan = world.Plan with { Cohorts = Every6Hours };
        world.Run();
        var run = await world.EndedAsync("cohorts");
        Assert.Contains("plan", run.Error, StringComparison.Ordinal);
        Assert.True((await world.JobAsync("cohorts")).DueAt > world.Clock.GetUtcNow());
        Assert.Equal(1, world.CallsTo("/cohorts/list"));
        var shown = Assert.Single(await world.Store.Runs.ListAsync(PullWorld.Project, 10, TestContext.Current.CancellationToken), r => r.Kind == "pull cohorts");
        Assert.Equal(("failed", "mixpanel"), (shown.State, shown.Destination));
        Assert.Contains("plan", shown.Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_missed_while_nothing_ran_is_done_once()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Engaged", "u1");
        world.Plan = world.Plan with { Cohorts = Every6Hours };
        world.Run();
        await world.EndedAsync("cohorts");
        await world.StopAsync();
        world.Clock.Advance(TimeSpan.FromDays(3));
        world.Run();
        await world.EndedAsync("cohorts");
        await world.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(2, world.CallsTo("/cohorts/list"));
        world.AssertClean();
    }

    [Fact]
    public async Task A_cohort_that_is_sent_too_is_told_of()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Engaged", "u1", "u2");
        world.Plan = world.Plan with { Cohorts = Every6Hours };
        world.Run();
        Assert.Null((await world.EndedAsync("cohorts")).Note);
        await world.StopAsync();

        var sent = await world.Source().CohortPageAsync(new RemoteCohort("901", "Engaged", null, null, true), null, null, TestContext.Current.CancellationToken);
        await world.Store.Intake.ApplyAsync(sent.Content with { Session = "Mixpanel's own" }, TestContext.Current.CancellationToken);
        world.Clock.Advance(TimeSpan.FromHours(7));
        world.Run();
        var run = await world.EndedAsync("cohorts");
        Assert.Contains("Cohort 901 is sent by Mixpanel too", run.Note, StringComparison.Ordinal);
        Assert.Equal(["u1", "u2"], await world.MembersAsync("901"));

        // Mixpanel has sent nothing since; what somebody has fetched meanwhile was ours.
        await world.StopAsync();
        await world.Store.Intake.ApplyAsync(sent.Content with { Session = "somebody's", IsFetched = true }, TestContext.Current.CancellationToken);
        world.Clock.Advance(TimeSpan.FromHours(7));
        world.Run();
        Assert.Null((await world.EndedAsync("cohorts")).Note);
    }

    private static async Task<IReadOnlyList<Core.Cohorts.MembershipSpan>> HistoryAsync(PullWorld world, string person) =>
        await world.Store.Groups.HistoryAsync(PullWorld.Project, Core.People.PersonKey.Of(PullWorld.Project, person), TestContext.Current.CancellationToken);

    private static async Task<string> PropertiesAsync(PullWorld world, string person)
    {
        var scope = new DeliveryScope(PullWorld.Project, "none", [], GroupAttributes: false);
        var state = Assert.Single(await world.Store.Ledger.LoadAsync(scope, [Core.People.PersonKey.Of(PullWorld.Project, person)], TestContext.Current.CancellationToken));
        var properties = System.Text.Json.Nodes.JsonNode.Parse(state.Properties)!;
        return $"[\"{properties["$email"]}\",\"{properties["plan"]}\"]";
    }
}
