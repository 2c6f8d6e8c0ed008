using System.Text.Json;
using Sluice.Simulators.Mixpanel;
using Sluice.Simulators.People;

namespace Sluice.Simulators.Tests.Mixpanel;

public sealed class DriftTests
{
    [Fact]
    public async Task The_same_seed_changes_the_same_and_another_does_not()
    {
        await using var one = Project();
        await using var same = Project();
        await using var other = Project();

        Assert.Equal(Ticks(one, 7), Ticks(same, 7));
        Assert.NotEqual(Ticks(one, 7), Ticks(other, 8));
        Assert.Equal(one.Cohort("1").Count, one.Cohort("1").DistinctIds().Count());
    }

    [Fact]
    public async Task What_a_tick_says_is_what_it_did()
    {
        await using var project = Project();
        var members = project.Cohort("1").DistinctIds().ToHashSet();
        var drift = new CohortDrift(project, 7, new CohortDriftOptions());
        var (entered, left, changed) = (0, 0, 0);
        for (var i = 1; i <= 50; i++)
        {
            var step = drift.Tick();
            Assert.Equal(i, step.Tick);
            foreach (var (cohort, id) in step.Entered)
            {
                Assert.True(cohort == "1" && members.Add(id));
            }

            foreach (var (_, id) in step.Left)
            {
                Assert.True(members.Remove(id));
            }

            Assert.All(step.Changed, person =>
            {
                Assert.True(project.People.TryGetNumber(person.DistinctId, out var number));
                Assert.Same(person, project.People[number]);
            });
            Assert.Equal(members.Order(StringComparer.Ordinal), project.Cohort("1").DistinctIds().Order(StringComparer.Ordinal));
            Assert.True(step is { Entered.Count: <= 5, Left.Count: <= 3, Changed.Count: <= 5 });
            (entered, left, changed) = (entered + step.Entered.Count, left + step.Left.Count, changed + step.Changed.Count);
        }

        Assert.True(entered > 50 && left > 25 && changed > 50);
    }

    [Fact]
    public async Task A_changed_profile_has_one_more_order_and_no_less_revenue()
    {
        await using var project = Project();
        var before = Enumerable.Range(0, project.People.Count).Select(i => project.People[i])
            .ToDictionary(static person => person.DistinctId);
        var step = new CohortDrift(project, 7, new CohortDriftOptions { MaxChanging = 50 }).Tick();

        Assert.NotEmpty(step.Changed);
        Assert.All(step.Changed.DistinctBy(static person => person.DistinctId).Where(static person => person.Email is not null), person =>
        {
            Assert.True((int)person.Properties["orders"]! > (int)before[person.DistinctId].Properties["orders"]!);
            Assert.True((decimal)person.Properties["total_revenue"]! >= (decimal)before[person.DistinctId].Properties["total_revenue"]!);
            Assert.Equal(before[person.DistinctId].Email, person.Email);
        });
    }

    [Fact]
    public async Task Full_and_empty_cohorts_and_an_empty_project_are_no_trouble()
    {
        await using var project = Project();
        project.AddCohort("2", "Everybody").AddRange(0, project.People.Count);
        project.AddCohort("3", "Nobody");
        project.AddCohort("4", "Companies", ofGroups: true);
        var drift = new CohortDrift(project, 7, new CohortDriftOptions { MaxEntering = 5000, MaxLeaving = 5000 });
        for (var i = 0; i < 20; i++)
        {
            drift.Tick();
        }

        Assert.Equal(0, project.Cohort("4").Count);

        await using var empty = new CohortSyncSimulator(new CohortSyncOptions(), new PersonDirectory(), new ManualClock());
        empty.AddCohort("1", "One");
        Assert.Empty(new CohortDrift(empty, 7, new CohortDriftOptions()).Tick().Entered);
    }

    [Fact]
    public async Task It_ticks_by_the_clock_until_it_is_cancelled()
    {
        await using var project = Project();
        var clock = new ManualClock();
        var steps = System.Threading.Channels.Channel.CreateUnbounded<int>();
        using var cancel = new CancellationTokenSource();
        var running = new CohortDrift(project, 7, new CohortDriftOptions()).RunAsync(
            TimeSpan.FromSeconds(5),
            clock,
            async (step, cancellationToken) => await steps.Writer.WriteAsync(step.Tick, cancellationToken),
            cancel.Token);
        for (var tick = 1; tick <= 3; tick++)
        {
            clock.Advance(TimeSpan.FromSeconds(5));
            var cancelled = TestContext.Current.CancellationToken;
            Assert.Equal(tick, await steps.Reader.ReadAsync(cancelled).AsTask().WaitAsync(CohortSyncBench.Patience, cancelled));
        }

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static CohortSyncSimulator Project()
    {
        var people = new PersonDirectory(new PeopleGenerator(42), 2000);
        var simulator = new CohortSyncSimulator(new CohortSyncOptions(), people, new ManualClock());
        simulator.AddCohort("1", "One").AddRange(0, 1000);
        return simulator;
    }

    private static string Ticks(CohortSyncSimulator simulator, ulong seed)
    {
        var drift = new CohortDrift(simulator, seed, new CohortDriftOptions());
        return string.Join('\n', Enumerable.Range(0, 20).Select(_ =>
        {
            var step = drift.Tick();
            return JsonSerializer.Serialize(new
            {
                Entered = step.Entered.Select(static pair => $"{pair.CohortId} {pair.DistinctId}"),
                Left = step.Left.Select(static pair => $"{pair.CohortId} {pair.DistinctId}"),
                step.Changed,
            });
        }));
    }
}
