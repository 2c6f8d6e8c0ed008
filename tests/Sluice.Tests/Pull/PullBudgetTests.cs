using Sluice.Core.Pull;
using Sluice.Mixpanel.Client;

namespace Sluice.Tests.Pull;

/// <summary>Jobs and people share Mixpanel's hour: neither starves the other, and the hour is never overdrawn.</summary>
public sealed class PullBudgetTests
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cohort_of_100_000_takes_no_more_queries_than_pages_whatever_else_runs()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Everybody", PullWorld.People(100_000));
        world.Plan = world.Plan with { Cohorts = new CohortPullRule(PullWorld.When("every 1d"), null, ["$email"]) };
        var people = new People(world);

        // Before the job begins there is nothing left of the hour.
        await people.SpendAsync();
        var begun = world.Clock.GetUtcNow();
        world.Run();
        var run = await people.UntilEndedAsync("cohorts");
        Assert.Null(run.Error);
        Assert.Null(run.Note);
        Assert.Equal((101, 1, 100_000, 0), (run.Counts["calls"], run.Counts["cohorts"], run.Counts["people"], run.Counts.GetValueOrDefault("sessions_lost")));
        Assert.Equal((100, people.Asked.Count + 1), (world.CallsTo("/engage"), world.CallsTo("/cohorts/list")));
        Assert.Equal(100_000, (await world.MembersAsync("901")).Length);
        Assert.Equal(0, world.Mixpanel.Calls.BudgetViolationCount);
        Assert.Empty(world.Errors);

        // People had spent the hour in which it began. Of those after it the job has had its part, and they have had theirs.
        var ended = world.Clock.GetUtcNow();
        Assert.InRange(ended - begun, TimeSpan.FromHours(2), TimeSpan.FromHours(12));
        for (var hour = begun + TimeSpan.FromHours(1); hour + TimeSpan.FromHours(1) <= ended; hour += TimeSpan.FromHours(1))
        {
            Assert.InRange(people.Asked.Count(t => t > hour && t <= hour + TimeSpan.FromHours(1)), 5, 60);
        }

        // What was kept is free again.
        await world.UntilAsync(async () => (await world.Budgets().ReadAsync(MixpanelBudget.Query, Token)).Reserved == 0);
    }

    [Fact]
    public async Task Many_small_cohorts_are_not_starved_one_by_one()
    {
        await using var world = await PullWorld.StartAsync();
        for (var i = 0; i < 30; i++)
        {
            world.SetCohort(901 + i, $"Cohort {i}", "u1", $"u{i}");
        }

        world.Plan = world.Plan with { Cohorts = new CohortPullRule(PullWorld.When("every 1d"), null, ["$email"]) };
        var people = new People(world);
        await people.SpendAsync();
        var begun = world.Clock.GetUtcNow();
        world.Run();
        var run = await people.UntilEndedAsync("cohorts");
        Assert.Null(run.Error);
        Assert.Equal((31, 30), (run.Counts["calls"], run.Counts["cohorts"]));
        Assert.True(world.Clock.GetUtcNow() - begun < TimeSpan.FromHours(6), $"It took {world.Clock.GetUtcNow() - begun}.");
        world.AssertClean();
    }

    [Fact]
    public async Task A_day_s_exports_are_kept_for_the_job_and_people_have_theirs()
    {
        await using var world = await PullWorld.StartAsync();
        var today = new DateTimeOffset(world.Clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        world.Plan = world.Plan with { Events = new EventPullRule(PullWorld.When("daily 03:00"), DateOnly.FromDateTime(today.AddDays(-70).UtcDateTime), 1, []) };
        var people = new People(world) { Exports = true };
        await people.SpendAsync();
        var begun = world.Clock.GetUtcNow();
        world.Run();
        var run = await people.UntilEndedAsync("events");
        Assert.Null(run.Error);
        Assert.Equal(71, run.Counts["calls"]);
        Assert.True(world.Clock.GetUtcNow() - begun < TimeSpan.FromHours(6), $"It took {world.Clock.GetUtcNow() - begun}.");
        Assert.True(people.Asked.Count >= 70, $"{people.Asked.Count} exports for people");
        world.AssertClean();
    }

    [Fact]
    public async Task What_a_job_has_kept_when_it_was_killed_is_free_again_after_a_while()
    {
        await using var world = await PullWorld.StartAsync();
        world.SetCohort(901, "Everybody", PullWorld.People(5_500));
        world.Plan = world.Plan with { Cohorts = new CohortPullRule(PullWorld.When("every 1d"), null, ["$email"]) };
        var stored = 0;
        var reached = new TaskCompletionSource();
        world.StoreFault = m =>
        {
            if (m != "ApplyAsync" || ++stored < 2)
            {
                return null;
            }

            reached.TrySetResult();
            return new OperationCanceledException("The program ends here.");
        };
        world.Run();
        await world.UntilAsync(() => Task.FromResult(reached.Task.IsCompleted));
        await world.StopAsync();
        Assert.InRange((await world.Budgets().ReadAsync(MixpanelBudget.Query, Token)).Reserved, 3, 50);
        world.Clock.Advance(TimeSpan.FromMinutes(80));
        Assert.Equal(0, (await world.Budgets().ReadAsync(MixpanelBudget.Query, Token)).Reserved);
    }

    /// <summary>People who ask for all that they can get, again and again.</summary>
    private sealed class People(PullWorld world)
    {
        private readonly MixpanelQueryClient _queries = world.Person();
        private readonly MixpanelExportClient _exports = world.PersonsExports();

        public List<DateTimeOffset> Asked { get; } = [];

        public bool Exports { get; init; }

        /// <summary>Three at a time, until they are refused: for now, or for the hour.</summary>
        public Task AskAsync() => Task.WhenAll(Enumerable.Range(0, 3).Select(_ => OneAsync()));

        /// <summary>Takes a whole hour's calls.</summary>
        public async Task SpendAsync()
        {
            for (var i = 0; i < 100 && Asked.Count < 60; i++)
            {
                await AskAsync();
                await world.PassAsync(TimeSpan.FromSeconds(2));
            }

            Assert.Equal(60, Asked.Count);
        }

        public async Task<PullRunState> UntilEndedAsync(string job)
        {
            for (var i = 0; i < 10_000; i++)
            {
                await AskAsync();
                if (await world.Store.PullJobs.FindAsync(PullWorld.Project, job, Token) is { Run: { EndedAt: not null } run })
                {
                    return run;
                }

                await world.PassAsync(Between);
            }

            throw new TimeoutException($"Not ended by {world.Clock.GetUtcNow():O}: {string.Join("; ", await world.Store.PullJobs.ListAsync(PullWorld.Project, Token))}");
        }

        private async Task OneAsync()
        {
            while (true)
            {
                try
                {
                    if (Exports)
                    {
                        var day = DateOnly.FromDateTime(world.Clock.GetUtcNow().UtcDateTime).AddDays(-1);
                        await foreach (var _ in _exports.ExportAsync(new ExportRequest(day, day), Token))
                        {
                        }
                    }
                    else
                    {
                        await _queries.CohortsAsync(Token);
                    }

                    lock (Asked)
                    {
                        Asked.Add(world.Clock.GetUtcNow());
                    }
                }
                catch (MixpanelBudgetException)
                {
                    return;
                }
            }
        }
    }
}
