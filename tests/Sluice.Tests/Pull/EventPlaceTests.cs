using System.Text.Json.Nodes;
using Sluice.Core.Pull;
using Sluice.Hosting;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Tests.Configuration;

namespace Sluice.Tests.Pull;

/// <summary>Which days count as fetched when what is fetched changes: none that nobody has asked for.</summary>
public sealed class EventPlaceTests
{
    private const string Other = "222";

    [Fact]
    public async Task Another_project_at_Mixpanel_is_fetched_from_the_first_day_on_also_when_a_run_was_under_way()
    {
        await using var world = await PullWorld.StartAsync(other: new MixpanelProject { Id = Other, Token = "another token" });
        var today = Midnight(world);
        var first = world.Plan with { Events = Rule(today.AddDays(-80)) };
        var second = first with { RemoteProject = Other };
        world.Plan = second;
        await world.TrackAsync(Named("second-early", today.AddDays(-79)), Named("second-late", today.AddDays(-9)));
        world.Plan = first;
        await world.TrackAsync(Named("first-early", today.AddDays(-79)), Named("first-late", today.AddDays(-9)));

        // The exports of an hour do not reach the end of the run.
        world.Run();
        await world.UntilAsync(async () => (await world.Store.PullJobs.FindAsync(PullWorld.Project, "events", TestContext.Current.CancellationToken))?.Run?.Counts.GetValueOrDefault("days") >= 40);
        await world.StopAsync();
        Assert.Equal(["first-early"], await NamesAsync(world));

        world.Plan = second;
        world.Run();
        Assert.Null((await world.EndedAsync("events")).Error);
        Assert.Equal(["first-early", "second-early", "second-late"], await NamesAsync(world));
        await world.StopAsync();

        // And back, between two runs.
        world.Plan = first;
        world.Run();
        Assert.Equal((81, 1, 1), await CountsAsync(world));
        Assert.Equal(["first-early", "first-late", "second-early", "second-late"], await NamesAsync(world));
        Assert.Equal((2, 0, 0), await CountsAsync(world));
        world.AssertClean();
    }

    [Fact]
    public async Task A_project_whose_number_becomes_known_later_is_the_one_that_was_fetched()
    {
        await using var world = await PullWorld.StartAsync();
        var plan = world.Plan with { Events = Rule(Midnight(world).AddDays(-20)) };
        foreach (var (remote, days) in new[] { (null, 21), (PullWorld.RemoteProject, 2), (null, 2), (PullWorld.RemoteProject, 2) })
        {
            world.Plan = plan with { RemoteProject = remote };
            world.Run();
            Assert.Equal((days, 0, 0), await CountsAsync(world));
            await world.StopAsync();
        }

        world.AssertClean();
    }

    [Fact]
    public async Task Days_that_a_later_first_day_has_left_out_are_fetched_when_an_earlier_one_asks_for_them()
    {
        await using var world = await PullWorld.StartAsync();
        var begun = Midnight(world);
        world.Plan = world.Plan with { Events = Rule(begun.AddDays(-12)) };
        world.Run();
        await world.EndedAsync("events");
        await world.StopAsync();

        world.Clock.Advance(TimeSpan.FromDays(20));
        await world.TrackAsync(Named("left-out", begun.AddDays(5)), Named("asked-for", begun.AddDays(16)));
        world.Plan = world.Plan with { Events = Rule(begun.AddDays(15)) };
        world.Run();
        await world.EndedAsync("events");
        await world.StopAsync();
        Assert.Equal(["asked-for"], await NamesAsync(world));

        world.Plan = world.Plan with { Events = Rule(begun.AddDays(3)) };
        world.Run();
        await world.EndedAsync("events");
        Assert.Equal(["asked-for", "left-out"], await NamesAsync(world));
        world.AssertClean();
    }

    [Fact]
    public async Task A_name_that_goes_while_a_run_is_under_way_and_comes_back_is_fetched_for_the_days_between()
    {
        await using var world = await PullWorld.StartAsync();
        var today = Midnight(world);
        await world.TrackAsync(PullWorld.Event("bought", today.AddDays(-9)), PullWorld.Event("sought", today.AddDays(-9), name: "Search"));
        var both = world.Plan with { Events = Rule(today.AddDays(-80)) with { Names = ["Search", "Purchase"] } };
        world.Plan = both;
        world.Run();
        await world.UntilAsync(async () => (await world.Store.PullJobs.FindAsync(PullWorld.Project, "events", TestContext.Current.CancellationToken))?.Run?.Counts.GetValueOrDefault("days") >= 40);
        await world.StopAsync();

        world.Plan = both with { Events = both.Events! with { Names = ["Purchase"] } };
        world.Run();
        await world.EndedAsync("events");
        await world.StopAsync();
        Assert.Equal(["Purchase"], await NamesAsync(world));

        world.Plan = both;
        world.Run();
        await world.EndedAsync("events");
        Assert.Equal(["Purchase", "Search"], await NamesAsync(world));
        world.AssertClean();
    }

    [Theory]
    [InlineData("connectors: { mixpanel: { project_id: 111, service_account: { username: u, secret: s } } }", "111")]
    [InlineData("connectors: { mixpanel: { project_secret: p } }", null)]
    public void The_plan_says_which_project_it_reads(string yaml, string? expected) => Assert.Equal(expected, Pulling.PlanOf(Given.Project(yaml)).RemoteProject);

    private static EventPullRule Rule(DateTimeOffset from) => new(PullWorld.When("every 1h"), DateOnly.FromDateTime(from.UtcDateTime), 1, []);

    private static DateTimeOffset Midnight(PullWorld world) => new(world.Clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);

    private static JsonObject Named(string name, DateTimeOffset time) => PullWorld.Event(name, time, name: name);

    private static async Task<string[]> NamesAsync(PullWorld world) => [.. (await world.EventsAsync()).Select(e => e.Name).Order(StringComparer.Ordinal)];

    /// <summary>Of the next run that ends: days, events that are new, and events that were known.</summary>
    private static async Task<(long Days, long Stored, long Known)> CountsAsync(PullWorld world)
    {
        var run = await world.EndedAsync("events");
        Assert.Null(run.Error);
        return (run.Counts["days"], run.Counts.GetValueOrDefault("stored"), run.Counts.GetValueOrDefault("known"));
    }
}
