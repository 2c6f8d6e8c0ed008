using Sluice.Core.Delivery.Events;
using Sluice.Simulators.Brevo;

namespace Sluice.Tests.Delivery.Events;

public sealed class EventFaultTests
{
    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(502)]
    [InlineData(429)]
    public async Task What_is_not_done_is_done_later_once_and_in_order(int status)
    {
        await using var world = await StartAsync(people: 10, events: 190);
        var effect = status switch
        {
            429 => BrevoFaultEffect.TooManyRequests(3),
            502 => BrevoFaultEffect.Gateway(502),
            _ => BrevoFaultEffect.Error(status, "internal_error", "try again"),
        };
        world.Brevo.Faults.Add(new BrevoFault { Method = "POST", Path = "/events", Effect = effect, Every = 17 });
        world.Run();
        await world.DrainAsync();
        AssertOnceInOrder(world, people: 10, events: 190);
    }

    [Fact]
    public async Task A_lost_answer_is_found_out_by_reading_back()
    {
        await using var world = await StartAsync(people: 10, events: 190);
        world.Brevo.Faults.Add(new BrevoFault { Method = "POST", Path = "/events", Effect = BrevoFaultEffect.CutAfter(), Every = 40 });
        world.Brevo.Faults.Add(new BrevoFault { Method = "POST", Path = "/events", Effect = BrevoFaultEffect.CutBefore(), Every = 50 });
        world.Run();
        await world.DrainAsync();
        AssertOnceInOrder(world, people: 10, events: 190);
        var counts = await world.CountsAsync();
        Assert.InRange(counts["unknown"], 6, 10);
        Assert.Equal(counts["unknown"], counts["found_delivered"] + counts["found_missing"]);
        Assert.DoesNotContain(counts.Keys, k => k.StartsWith("unknown_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lost_answer_to_a_batch_is_found_out_too()
    {
        await using var world = await StartAsync(people: 100, events: 1_000);
        world.Brevo.Faults.Add(new BrevoFault { Method = "POST", Path = "/events/batch", Effect = BrevoFaultEffect.CutAfter(), Nth = 2 });
        world.Brevo.Faults.Add(new BrevoFault { Method = "POST", Path = "/events/batch", Effect = BrevoFaultEffect.CutBefore(), Nth = 3 });
        world.Run();
        await world.DrainAsync();
        AssertOnceInOrder(world, people: 100, events: 1_000);
        var counts = await world.CountsAsync();
        Assert.Equal((200, 200), (counts["found_delivered"], counts["found_missing"]));
    }

    [Fact]
    public async Task A_call_that_is_never_answered_is_given_up()
    {
        await using var world = await StartAsync(people: 5, events: 20);
        world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.Hang());
        world.Run();
        await world.DrainAsync();
        AssertOnceInOrder(world, people: 5, events: 20);
        Assert.Equal(1, (await world.CountsAsync())["found_missing"]);
    }

    [Theory]
    [InlineData(UnknownRule.Skip, "unknown_skipped")]
    [InlineData(UnknownRule.Resend, "unknown_resent")]
    public async Task What_stays_unknown_follows_the_rule_and_is_listed(UnknownRule rule, string count)
    {
        await using var world = await StartAsync(people: 5, events: 20);
        world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.CutAfter());
        world.Brevo.Faults.Add("GET", "/events", BrevoFaultEffect.Gateway(502), count: null);
        world.Run(onUnknown: rule);
        await world.DrainAsync();
        Assert.Equal(rule == UnknownRule.Skip ? 20 : 21, world.Delivered().Count);
        Assert.Equal(20, world.Delivered().Distinct().Count());
        Assert.Equal(1, (await world.CountsAsync())[count]);
        Assert.Contains(await world.RunsAsync(), r => r.Note is { } note && note.EndsWith(count, StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_one_person_waits_the_others_go_on()
    {
        await using var world = await StartAsync(people: 10, events: 100);
        world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.CutAfter());
        world.Run();
        await world.UntilAsync(() => Task.FromResult(world.Delivered().Count >= 91));
        await world.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(91, world.Delivered().Count);
        Assert.Equal([1, .. Enumerable.Repeat(10, 9)], Enumerable.Range(1, 10).Select(p => world.DeliveredTo(p).Count).Order());
        await world.DrainAsync();
        AssertOnceInOrder(world, people: 10, events: 100);
    }

    [Theory]
    [InlineData("BeginCallAsync")]
    [InlineData("CommitAsync")]
    public async Task A_death_around_a_call_leaves_nothing_out_and_nothing_twice(string method)
    {
        await using var world = await StartAsync(people: 10, events: 300);
        var calls = 0;

        // The store has done it; the process dies before it knows.
        world.OutboxFault = name => name == method && Interlocked.Increment(ref calls) % 25 == 10 ? new InvalidOperationException("killed") : null;
        world.Run();
        await world.UntilAsync(() => Task.FromResult(world.Delivered().Count == 300));
        await world.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(Enumerable.Range(1, 300), world.Delivered().Order());
        Assert.All(Enumerable.Range(1, 10), person => Assert.Equal(world.DeliveredTo(person).Order(), world.DeliveredTo(person)));
        Assert.All(world.Errors, e => Assert.Equal("killed", e.Message));
        Assert.NotEmpty(world.Errors);
        Assert.Equal(0, world.Brevo.Calls.BudgetViolationCount);
    }

    [Fact]
    public async Task What_was_sent_in_a_batch_is_missing_only_when_two_looks_did_not_find_it()
    {
        await using var world = await StartAsync(people: 100, events: 200);
        var answer = new BrevoFaultEffect { Kind = BrevoFaultKind.Status, Status = 202, Body = """{"message":"queued","count":150}""" };
        world.Brevo.Faults.Add("POST", "/events/batch", answer);
        world.Run();
        await world.PassAsync(TimeSpan.FromSeconds(290));
        Assert.Empty(world.Delivered());
        Assert.Equal(0, world.Brevo.Calls.Count("GET", "/events"));
        await world.UntilAsync(() => Task.FromResult(world.Brevo.Calls.Count("GET", "/events") > 0));
        await world.PassAsync(TimeSpan.FromSeconds(50));
        Assert.Empty(world.Delivered());
        await world.DrainAsync();
        AssertOnceInOrder(world, people: 100, events: 200);
        Assert.Equal(200, (await world.CountsAsync())["found_missing"]);
    }

    [Fact]
    public async Task A_batch_that_is_never_taken_goes_one_by_one_and_stops_nobody()
    {
        await using var world = await EventsWorld.StartAsync(
            new BrevoSimulatorOptions { Limits = BrevoLimits.General with { Other = BrevoLimits.General.Events } });
        await world.AddContactsAsync(100);
        await world.AppendAsync(Enumerable.Range(0, 400).Select(i => ("a", 1 + (i % 100))));
        world.Brevo.Faults.Add("POST", "/events/batch", BrevoFaultEffect.Error(503, "unavailable", "try again"), count: null);
        world.Run();
        await world.DrainAsync();
        AssertOnceInOrder(world, people: 100, events: 400);
    }

    [Fact]
    public async Task An_event_of_the_last_moment_there_is_can_be_looked_for()
    {
        await using var world = await StartAsync(people: 1, events: 0);
        var last = world.Record("a", EventsWorld.Id(1), time: DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());
        await world.AppendAsync(last);
        world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.CutAfter());
        world.Run();
        await world.DrainAsync();
        Assert.Equal([1], world.Delivered());
        Assert.Equal(1, (await world.CountsAsync())["unknown"]);
        world.AssertClean();
    }

    [Fact]
    public async Task A_batch_of_which_fewer_were_taken_is_checked_and_the_rest_sent_alone()
    {
        await using var world = await StartAsync(people: 100, events: 400);
        var answer = new BrevoFaultEffect { Kind = BrevoFaultKind.Status, Status = 202, Body = """{"message":"queued","count":150}""" };
        world.Brevo.Faults.Add("POST", "/events/batch", answer);
        world.Run();
        await world.DrainAsync();
        AssertOnceInOrder(world, people: 100, events: 400);
        Assert.Equal(200, (await world.CountsAsync())["found_missing"]);
    }

    [Fact]
    public async Task A_batch_that_is_refused_whole_goes_one_by_one()
    {
        await using var world = await StartAsync(people: 100, events: 400);
        world.Brevo.Faults.Add("POST", "/events/batch", BrevoFaultEffect.Error(400, "invalid_parameter", "No valid event"));
        world.Run();
        await world.DrainAsync();
        AssertOnceInOrder(world, people: 100, events: 400);
        Assert.DoesNotContain("refused", (await world.CountsAsync()).Keys);
    }

    [Fact]
    public async Task A_partial_answer_refuses_what_it_names()
    {
        await using var world = await StartAsync(people: 100, events: 200);
        var answer = new BrevoFaultEffect
        {
            Kind = BrevoFaultKind.Status, Status = 207,
            Body = """{"status":"partial","total_events":200,"successful_events":198,"failed_events":2,"errors":[{"eventIndex":[3,4],"message":"bad"}]}""",
        };
        world.Brevo.Faults.Add("POST", "/events/batch", answer);
        world.Run();
        await world.DrainAsync();
        var counts = await world.CountsAsync();
        Assert.Equal((198, 2), (counts["sent"], counts["refused"]));
        Assert.Equal(2, (await world.Store.DeadLetters.ListAsync(EventsWorld.Project, null, 10, TestContext.Current.CancellationToken)).Count);
    }

    [Fact]
    public async Task An_account_that_wants_the_bare_list_gets_it_from_then_on()
    {
        await using var world = await StartAsync(people: 100, events: 200);
        world.Brevo.Faults.Add("POST", "/events/batch", BrevoFaultEffect.Error(
            400, "bad_request", "json: cannot unmarshal object into Go value of type []main.event"));

        // The simulator is of the new kind, and says so: one fallback, and no more.
        world.Run();
        await world.DrainAsync();
        Assert.Equal(2, world.Brevo.Calls.Count("POST", "/events/batch"));
        AssertOnceInOrder(world, people: 100, events: 200);
    }

    [Fact]
    public async Task A_wrong_key_pauses_until_somebody_acts()
    {
        await using var world = await StartAsync(people: 5, events: 20);
        var fault = world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.Error(401, "unauthorized", "Key not found"), count: null);
        world.Run();
        await world.PassAsync(TimeSpan.FromMinutes(3));
        Assert.InRange(world.Brevo.Calls.Count("POST", "/events"), 1, 16);
        Assert.Empty(world.Delivered());
        world.Brevo.Faults.Remove(fault);
        await world.DrainAsync();
        AssertOnceInOrder(world, people: 5, events: 20);
    }

    [Fact]
    public async Task A_rest_that_is_over_while_nothing_may_be_sent_keeps_nobody_busy()
    {
        await using var world = await StartAsync(people: 1, events: 0);
        await world.AddPeopleAsync(2, 1, email: false);

        // Who has no address rests for a moment; meanwhile everything is stopped.
        await world.AppendAsync([("a", 2), ("a", 1)]);
        world.Brevo.Faults.Add("POST", "/events", BrevoFaultEffect.Error(401, "unauthorized", "Key not found"), count: null);
        world.Options = new EventWorkerOptions { Grace = TimeSpan.FromMinutes(1) };
        world.Run();
        await world.UntilAsync(() => Task.FromResult(world.Brevo.Calls.Count("POST", "/events") > 0));
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.InRange(await world.PassAsync(TimeSpan.FromSeconds(10)), 10, 100);
    }

    [Fact]
    public async Task A_restart_goes_on_where_it_was()
    {
        await using var world = await StartAsync(people: 10, events: 300);
        world.Run();
        for (var stop = 1; stop <= 3; stop++)
        {
            var until = stop * 60;
            await world.UntilAsync(() => Task.FromResult(world.Delivered().Count >= until));
            await world.StopAsync();
            world.Run();
        }

        await world.DrainAsync();
        AssertOnceInOrder(world, people: 10, events: 300);
        Assert.DoesNotContain("interrupted", (await world.CountsAsync()).Keys);
    }

    private static async Task<EventsWorld> StartAsync(int people, int events)
    {
        var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(people);
        await world.AppendAsync(Enumerable.Range(0, events).Select(i => ("a", 1 + (i % people))));
        return world;
    }

    private static void AssertOnceInOrder(EventsWorld world, int people, int events)
    {
        Assert.Equal(Enumerable.Range(1, events), world.Delivered().Order());
        Assert.All(Enumerable.Range(1, people), person => Assert.Equal(world.DeliveredTo(person).Order(), world.DeliveredTo(person)));
        world.AssertClean();
    }
}
