using System.Text;
using System.Text.Json.Nodes;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.Pull;
using Sluice.Simulators.Mixpanel.Export;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Tests.Pull;

public sealed class EventPullTests
{
    [Fact]
    public async Task Days_are_fetched_once_and_the_last_ones_again_for_events_that_came_late()
    {
        await using var world = await PullWorld.StartAsync();
        var today = Midnight(world);
        await world.TrackAsync(Enumerable.Range(0, 50).Select(i => PullWorld.Event($"e{i}", today.AddDays(-i % 10).AddMinutes(-i - 1))));
        world.Plan = world.Plan with { Events = Rule(today.AddDays(-12), overlap: 2) };
        world.Run();
        var run = await world.EndedAsync("events");
        Assert.Null(run.Error);
        Assert.Equal((50, 13), (run.Counts["stored"], run.Counts["days"]));
        var events = await world.EventsAsync();
        Assert.Equal(50, events.Count);
        Assert.All(events, e => Assert.Equal(Origin.Pulled, e.Origin));

        // One of yesterday that came late is found by the next run, one of before the overlap is not.
        await world.TrackAsync(PullWorld.Event("late", today.AddHours(-3)), PullWorld.Event("too-late", today.AddDays(-6)));
        run = await world.EndedAsync("events");
        Assert.Equal(1, run.Counts["stored"]);
        
        // The two last days that were complete, the day of the first run and today.
        Assert.Equal(4, run.Counts["calls"]);
        Assert.Equal(51, (await world.EventsAsync()).Count);
        world.AssertClean();
    }

    [Fact]
    public async Task An_earlier_first_day_fetches_what_lies_before()
    {
        await using var world = await PullWorld.StartAsync();
        var today = Midnight(world);
        await world.TrackAsync(PullWorld.Event("old", today.AddDays(-20)), PullWorld.Event("new", today.AddDays(-2)));
        world.Plan = world.Plan with { Events = Rule(today.AddDays(-5), overlap: 1) };
        world.Run();
        await world.EndedAsync("events");
        Assert.Single(await world.EventsAsync());
        await world.StopAsync();
        world.Plan = world.Plan with { Events = Rule(today.AddDays(-25), overlap: 1) };
        world.Run();
        await world.EndedAsync("events");
        Assert.Equal(2, (await world.EventsAsync()).Count);
        world.AssertClean();
    }

    [Fact]
    public async Task What_was_received_by_us_is_no_other_event_when_it_is_fetched_under_the_id_of_the_person()
    {
        await using var world = await PullWorld.StartAsync();
        var today = Midnight(world);

        // Mixpanel shows the event under the user, we have received it from the device.
        var sent = PullWorld.Event("e1", today.AddHours(-5), person: "$device:d1");
        sent["properties"]!["$device_id"] = "d1";
        await world.TrackAsync(sent);
        var login = PullWorld.Event("e2", today.AddHours(-4), person: "ana", name: "Login");
        login["properties"]!["$device_id"] = "d1";
        login["properties"]!["$user_id"] = "ana";
        await world.TrackAsync(login);
        await world.Store.Events.AppendAsync(
            new EventBatch(
                PullWorld.Project, Origin.Received, IdentityMode.Simplified,
                [new EventRecord("Purchase", today.AddHours(-5).ToUnixTimeMilliseconds(), "$device:d1", "e1", "{}"u8.ToArray())], []),
            TestContext.Current.CancellationToken);
        world.Plan = world.Plan with { Events = Rule(today.AddDays(-1), overlap: 1) };
        world.Run();
        var run = await world.EndedAsync("events");
        Assert.Equal((1, 1), (run.Counts["stored"], run.Counts["known"]));
        Assert.Equal([Origin.Received, Origin.Pulled], (await world.EventsAsync()).Select(e => e.Origin));
        Assert.Equal(["Purchase", "Login"], (await world.EventsAsync()).Select(e => e.Name));
    }

    [Fact]
    public async Task A_day_that_was_cut_is_fetched_again_and_nothing_is_twice()
    {
        await using var world = await PullWorld.StartAsync();
        var today = Midnight(world);
        await world.TrackAsync(Enumerable.Range(0, 6_000).Select(i => PullWorld.Event($"e{i}", today.AddDays(-1).AddSeconds(i))));
        world.Mixpanel.Faults.Add(new MixpanelFault { Method = "GET", Path = "/api/2.0/export", Effect = MixpanelFaultEffect.TerminatedEarly(4_500), Every = 1, Count = 1 });
        world.Mixpanel.Faults.Add(new MixpanelFault { Method = "GET", Path = "/api/2.0/export", Effect = MixpanelFaultEffect.CutInside(5_000), Every = 1, Count = 1 });
        world.Plan = world.Plan with { Events = Rule(today.AddDays(-1), overlap: 1) };
        world.Run();
        var run = await world.EndedAsync("events");
        Assert.Null(run.Error);
        Assert.Equal(6_000, run.Counts["stored"]);
        Assert.True(run.Counts["known"] >= 4_000, $"{run.Counts["known"]} were there already");
        Assert.Equal(6_000, (await world.EventsAsync()).Count);
        world.AssertClean();
    }

    [Fact]
    public async Task An_event_without_an_insert_id_is_the_same_event_when_it_is_fetched_again()
    {
        await using var world = await PullWorld.StartAsync();
        var day = DateOnly.FromDateTime(world.Clock.GetUtcNow().UtcDateTime).AddDays(-1);
        var source = new PulledFile(world, """
            {"event":"A","properties":{"time":1767225600123,"distinct_id":"u1","x":1,"mp_processing_time_ms":17}}
            {"event":"A","properties":{"time":1767225600123,"distinct_id":"u1","x":2}}
            {"event":"","properties":{"time":1767225600123,"distinct_id":"u1"}}
            """);
        var first = await source.ReadAsync(day);
        var again = await source.ReadAsync(day);
        Assert.Equal(2, first.Select(e => e.InsertId).Distinct().Count());
        Assert.Equal(first.Select(e => e.InsertId), again.Select(e => e.InsertId));
        Assert.All(first, e => Assert.Equal(1_767_225_600_123, e.Time));
        Assert.Equal("""{"distinct_id":"u1","$user_id":"u1","x":1}""", Encoding.UTF8.GetString(first[0].Properties.Span));
    }

    [Theory]
    [InlineData("America/New_York")]
    [InlineData("Asia/Seoul")]
    public async Task Times_that_Mixpanel_has_shifted_into_the_zone_of_an_old_project_are_shifted_back(string zone)
    {
        await using var world = await PullWorld.StartAsync(project: new MixpanelProject { TimeZone = zone, ExportsLocalTime = true });
        var today = Midnight(world);
        DateTimeOffset[] times = [world.Clock.GetUtcNow().AddMinutes(-1), today.AddHours(-3), today.AddDays(-1).AddHours(-7)];
        await world.TrackAsync(times.Select((t, i) => PullWorld.Event($"e{i}", t)));

        // One of them came to us too, with its own time: it is the same event.
        await world.Store.Events.AppendAsync(
            new EventBatch(
                PullWorld.Project, Origin.Received, IdentityMode.Simplified, [new EventRecord("Purchase", times[1].ToUnixTimeMilliseconds(), "u1", "e1", "{}"u8.ToArray())], []),
            TestContext.Current.CancellationToken);
        world.Plan = world.Plan with
        {
            TimeZone = TimeZoneInfo.FindSystemTimeZoneById(zone), Events = Rule(today.AddDays(-3), overlap: 1) with { IsTimeShifted = true },
        };
        world.Run();
        var run = await world.EndedAsync("events");
        Assert.Null(run.Error);
        Assert.Equal((2, 1, 0), (run.Counts["stored"], run.Counts["known"], run.Counts.GetValueOrDefault("refused")));
        Assert.Equal(times.Select(t => t.ToUnixTimeMilliseconds()).Order(), (await world.EventsAsync()).Select(e => e.Time).Order());

        // By the rules that held on their day.
        DateTimeOffset[] longAgo = [new(2025, 7, 1, 12, 0, 0, TimeSpan.Zero), new(2025, 11, 2, 5, 30, 0, TimeSpan.Zero), new(2025, 12, 24, 12, 0, 0, TimeSpan.Zero)];
        await world.TrackAsync(longAgo.Select((t, i) => PullWorld.Event($"o{i}", t)));
        foreach (var time in longAgo)
        {
            var read = new List<long>();
            await foreach (var part in world.Source().EventsAsync(DateOnly.FromDateTime(time.UtcDateTime), [], TestContext.Current.CancellationToken))
            {
                read.AddRange(part.Events.Events.Select(e => e.Time));
            }

            Assert.Equal([time.ToUnixTimeMilliseconds()], read);
        }

        world.AssertClean();
    }

    [Fact]
    public async Task Only_the_named_events_come()
    {
        await using var world = await PullWorld.StartAsync();
        var today = Midnight(world);
        await world.TrackAsync(PullWorld.Event("1", today.AddHours(-3)), PullWorld.Event("2", today.AddHours(-3), name: "Search"));
        world.Plan = world.Plan with { Events = Rule(today.AddDays(-1), overlap: 1) with { Names = ["Search"] } };
        world.Run();
        await world.EndedAsync("events");
        Assert.Equal(["Search"], (await world.EventsAsync()).Select(e => e.Name));
    }

    [Fact]
    public async Task A_new_name_is_fetched_from_the_first_day_on()
    {
        await using var world = await PullWorld.StartAsync();
        var today = Midnight(world);
        await world.TrackAsync(PullWorld.Event("1", today.AddDays(-9)), PullWorld.Event("2", today.AddDays(-9), name: "Search"));
        world.Plan = world.Plan with { Events = Rule(today.AddDays(-10), overlap: 1) with { Names = ["Search"] } };
        world.Run();
        await world.EndedAsync("events");
        await world.StopAsync();
        world.Plan = world.Plan with { Events = Rule(today.AddDays(-10), overlap: 1) with { Names = ["Search", "Purchase"] } };
        world.Run();
        var run = await world.EndedAsync("events");
        Assert.Equal((1, 1), (run.Counts["stored"], run.Counts["known"]));

        // Fewer names are fetched already.
        await world.StopAsync();
        world.Plan = world.Plan with { Events = Rule(today.AddDays(-10), overlap: 1) with { Names = ["Purchase"] } };
        world.Run();
        Assert.InRange((await world.EndedAsync("events")).Counts["calls"], 1, 4);
        Assert.Equal(2, (await world.EventsAsync()).Count);
        world.AssertClean();
    }

    [Fact]
    public async Task A_long_history_waits_for_the_exports_of_the_next_hour()
    {
        await using var world = await PullWorld.StartAsync();
        var today = Midnight(world);
        var from = today.AddDays(-80);
        world.Desk.Generate(new MixpanelGenerated(DateOnly.FromDateTime(from.UtcDateTime), DateOnly.FromDateTime(today.AddDays(-1).UtcDateTime), 20));
        world.Plan = world.Plan with { Events = Rule(from, overlap: 1) };
        var begun = world.Clock.GetUtcNow();
        world.Run();
        var run = await world.EndedAsync("events");
        Assert.Null(run.Error);
        Assert.Equal((1_600, 81), (run.Counts["stored"], run.Counts["calls"]));
        Assert.True(world.Clock.GetUtcNow() - begun > TimeSpan.FromHours(1));
        world.AssertClean();
    }

    private static EventPullRule Rule(DateTimeOffset from, int overlap) => new(PullWorld.When("daily 03:00"), DateOnly.FromDateTime(from.UtcDateTime), overlap, []);

    private static DateTimeOffset Midnight(PullWorld world) => new(world.Clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);

    /// <summary>What an export says, read by itself.</summary>
    private sealed class PulledFile(PullWorld world, string lines)
    {
        public async Task<IReadOnlyList<EventRecord>> ReadAsync(DateOnly day)
        {
            var all = new List<EventRecord>();
            world.Mixpanel.Faults.Add(new MixpanelFault { Method = "GET", Path = "/api/2.0/export", Effect = new MixpanelFaultEffect { Kind = MixpanelFaultKind.Status, Status = 200, Body = lines }, Every = 1, Count = 1 });
            await foreach (var part in world.Source().EventsAsync(day, [], TestContext.Current.CancellationToken))
            {
                Assert.True(part.Events.IsKnownByInsertId);
                Assert.Single(part.Refused);
                all.AddRange(part.Events.Events.Select(e => e with { Properties = e.Properties.ToArray() }));
            }

            Assert.NotNull(JsonNode.Parse(Encoding.UTF8.GetString(all[0].Properties.Span)));
            return all;
        }
    }
}
