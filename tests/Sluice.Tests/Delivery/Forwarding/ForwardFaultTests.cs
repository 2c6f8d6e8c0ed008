using System.Text.Json.Nodes;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Identity;
using Sluice.Mixpanel.Client;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Tests.Delivery.Forwarding;

/// <summary>Whatever goes wrong on the way, nothing is missing, nobody's operations change places, and what may be done once is done once at most.</summary>
public sealed class ForwardFaultTests
{
    [Theory]
    [InlineData("429")]
    [InlineData("500")]
    [InlineData("502")]
    [InlineData("503")]
    [InlineData("cut before")]
    [InlineData("cut after")]
    public async Task Every_event_arrives_and_counts_once(string fault)
    {
        await using var world = await ForwardWorld.StartAsync();
        world.Mixpanel.Faults.Add(new MixpanelFault { Method = "POST", Path = "/import", Effect = Effect(fault), Every = 2, Count = 6 });
        world.Options = world.Options with { ParallelCalls = 3, PageSize = 1_000 };
        world.Run();
        for (var i = 0; i < 4; i++)
        {
            await world.ImportAsync(Enumerable.Range(i * 1_500, 1_500).Select(n => world.Event(n, FormattableString.Invariant($"u{n % 50}"))));
            await world.PassAsync(TimeSpan.FromSeconds(1));
        }

        await world.DrainAsync();
        Assert.Equal(Enumerable.Range(0, 6_000), world.Numbers().Order());
        Assert.Equal(6_000, (await world.CountsAsync())["sent"]);
        Assert.True(world.Mixpanel.Faults.Rules[0].Fired >= 3);
        Assert.Empty(await world.LettersAsync());
        world.AssertClean();
    }

    [Fact]
    public async Task A_call_that_is_never_answered_is_given_up_and_made_again()
    {
        await using var world = await ForwardWorld.StartAsync();
        world.Mixpanel.Faults.Add("POST", "/import", MixpanelFaultEffect.Hang());
        world.Mixpanel.Faults.Add("POST", "/engage", MixpanelFaultEffect.Hang());
        await world.ImportAsync(world.Event(1));
        await world.EngageAsync(Set("u1", "a", 1));
        world.Run();
        await world.DrainAsync();
        Assert.Equal([1], world.Numbers());
        Assert.Equal(1, world.Profile("u1")["a"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("429")]
    [InlineData("500")]
    [InlineData("503")]
    [InlineData("cut after")]
    [InlineData("cut before")]
    [InlineData("502")]
    public async Task What_may_be_repeated_is_in_order_and_never_changes_places(string fault)
    {
        await using var world = await ForwardWorld.StartAsync();
        world.Mixpanel.Faults.Add(new MixpanelFault { Method = "POST", Path = "/engage", Effect = Effect(fault), Every = 3, Count = 5 });
        world.Run();
        for (var i = 0; i < 20; i++)
        {
            await world.EngageAsync(
                Set("u1", "step", i), ForwardWorld.Update("u1", "$union", new JsonObject { ["all"] = new JsonArray(i) }), Set("u2", "step", 100 + i),
                ForwardWorld.Update("u2", "$set_once", new JsonObject { ["first"] = i }), ForwardWorld.Update("u1", "$remove", new JsonObject { ["all"] = i - 1 }));
            await world.PassAsync(TimeSpan.FromSeconds(1));
        }

        await world.DrainAsync();
        Assert.True(world.Mixpanel.Faults.Rules[0].Fired >= 2);
        Assert.Equal((19, 119, 0), (world.Profile("u1")["step"]!.GetValue<int>(), world.Profile("u2")["step"]!.GetValue<int>(), world.Profile("u2")["first"]!.GetValue<int>()));
        Assert.Equal("[19]", world.Profile("u1")["all"]!.ToJsonString());
        Assert.Empty(await world.LettersAsync());
        world.AssertClean();
    }

    [Fact]
    public async Task Operations_that_may_be_repeated_and_those_that_may_not_do_not_overtake_each_other()
    {
        await using var world = await ForwardWorld.StartAsync();
        world.Mixpanel.Faults.Add(new MixpanelFault { Method = "POST", Path = "/engage", Effect = MixpanelFaultEffect.TooManyRequests(), Every = 4 });
        string[] people = [.. Enumerable.Range(0, 30).Select(i => FormattableString.Invariant($"u{i}"))];
        await world.EngageAsync(people.SelectMany(p => (JsonObject[])
        [
            Set(p, "n", 100), Add(p, 1), Set(p, "n", 7), Add(p, 2), ForwardWorld.Update(p, "$append", new JsonObject { ["l"] = "a" }),
            ForwardWorld.Update(p, "$unset", new JsonArray("l")), ForwardWorld.Update(p, "$append", new JsonObject { ["l"] = "b" }),
        ]));
        world.Run();
        await world.DrainAsync();
        Assert.All(people, p => Assert.Equal((9, "[\"b\"]"), (world.Profile(p)["n"]!.GetValue<int>(), world.Profile(p)["l"]!.ToJsonString())));

        // Of everybody at one time: what may not be repeated and follows each other goes together.
        Assert.Equal(6, world.Mixpanel.Calls.Last.Count(c => c is { Path: "/engage", Status: 200 }));
        Assert.Empty(await world.LettersAsync());
    }

    [Theory]
    [InlineData("429")]
    [InlineData("503")]
    public async Task What_was_certainly_not_done_is_done_once(string fault)
    {
        await using var world = await ForwardWorld.StartAsync();
        world.Mixpanel.Faults.Add("POST", "/engage", Effect(fault), count: 3);
        await world.EngageAsync(Enumerable.Range(0, 50).Select(i => Add("u1", 1)));
        await world.EngageAsync(ForwardWorld.Update("u1", "$append", new JsonObject { ["log"] = "x" }));
        world.Run();
        await world.DrainAsync();
        Assert.Equal(50, world.Profile("u1")["n"]!.GetValue<int>());
        Assert.Equal("[\"x\"]", world.Profile("u1")["log"]!.ToJsonString());
        Assert.Empty(await world.LettersAsync());
        Assert.Equal(3, (await world.CountsAsync())["retried"]);
    }

    [Theory]
    [InlineData("cut after", 20)]
    [InlineData("cut before", 10)]
    [InlineData("502", 10)]
    [InlineData("500", 10)]
    public async Task What_may_be_done_once_only_is_not_repeated_when_nobody_knows_and_that_is_said(string fault, int expected)
    {
        await using var world = await ForwardWorld.StartAsync();
        world.Mixpanel.Faults.Add("POST", "/engage", Effect(fault), count: 1);
        await world.EngageAsync(Enumerable.Range(0, 10).Select(_ => Add("u1", 1)));
        world.Run();
        await world.DrainAsync();
        await world.EngageAsync([.. Enumerable.Range(0, 10).Select(_ => Add("u1", 1)), Set("u1", "later", 1)]);
        await world.DrainAsync();
        Assert.Equal((expected, 1), (world.Profile("u1")["n"]!.GetValue<int>(), world.Profile("u1")["later"]!.GetValue<int>()));
        var letters = await world.LettersAsync();
        Assert.Equal(10, letters.Count);
        Assert.All(letters, l => Assert.Equal(("mixpanel", "outcome_unknown", "$add"), (l.Origin, l.Reason, l.Subject)));
        Assert.Equal(10, (await world.CountsAsync())["unknown_skipped"]);
        Assert.Contains(await world.RunsAsync(), r => r.Note?.Contains("outcome unknown and not repeated: $add", StringComparison.Ordinal) == true);

        // A person who has looked lets one of them be tried again.
        Assert.Equal(1, await world.Store.DeadLetters.RetryAsync(ForwardWorld.Project, [letters[0].Id], TestContext.Current.CancellationToken));
        await world.DrainAsync();
        Assert.Equal(expected + 1, world.Profile("u1")["n"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_long_outage_without_answers_costs_few_operations()
    {
        await using var world = await ForwardWorld.StartAsync();
        world.Mixpanel.Faults.Add("POST", "/engage", MixpanelFaultEffect.Gateway(502), count: 6);
        await world.EngageAsync(Enumerable.Range(0, 500).Select(_ => Add("u1", 1)));
        await world.EngageAsync(Enumerable.Range(0, 500).Select(_ => Add("u1", 1)));
        world.Options = world.Options with { OperationsAtOnce = 100 };
        world.Run();
        await world.DrainAsync();
        Assert.Equal(1_000 - 105, world.Profile("u1")["n"]!.GetValue<int>());
        Assert.Equal(105, (await world.LettersAsync()).Count);
    }

    [Fact]
    public async Task A_record_that_is_refused_becomes_a_letter_and_the_others_go_on()
    {
        await using var world = await ForwardWorld.StartAsync(limits: new MixpanelLimits { MaxEventProperties = 10, MaxProfileProperties = 5 });
        var bad = world.Event(7);
        for (var i = 0; i < 20; i++)
        {
            bad["properties"]![FormattableString.Invariant($"p{i}")] = i;
        }

        await world.ImportAsync([.. Enumerable.Range(0, 7).Select(i => world.Event(i)), bad, world.Event(8)]);
        await world.EngageAsync(
            Set("u1", "a", 1), ForwardWorld.Update("u1", "$set", new JsonObject(Enumerable.Range(0, 9).Select(i => KeyValuePair.Create(FormattableString.Invariant($"q{i}"), (JsonNode?)i)))), Set("u2", "a", 2));
        world.Run();
        await world.DrainAsync();
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 8], world.Numbers().Order());
        Assert.Equal((1, 2), (world.Profile("u1")["a"]!.GetValue<int>(), world.Profile("u2")["a"]!.GetValue<int>()));
        var letters = (await world.LettersAsync()).OrderBy(l => l.Subject).ToList();
        Assert.Equal(["$set", "Purchase"], letters.Select(l => l.Subject));
        Assert.All(letters, l => Assert.Equal(("mixpanel", "refused"), (l.Origin, l.Reason)));
        Assert.Contains("\"q8\":8", letters[0].Payload, StringComparison.Ordinal);
        Assert.Equal(2, (await world.CountsAsync())["refused"]);

        // Tried again by hand, they are refused again and wait again.
        Assert.Equal(2, await world.Store.DeadLetters.RetryAsync(ForwardWorld.Project, [], TestContext.Current.CancellationToken));
        Assert.Empty(await world.LettersAsync());
        await world.DrainAsync();
        Assert.Equal(2, (await world.LettersAsync()).Count);
        Assert.Equal(8, world.Events.Count);
    }

    [Fact]
    public async Task Wrong_credentials_stop_the_line_and_say_why_until_they_are_right()
    {
        await using var world = await ForwardWorld.StartAsync();
        world.Credentials = MixpanelCredentials.ServiceAccount("simulator.account", "wrong", ForwardWorld.RemoteProject);
        await world.ImportAsync(world.Event(1));
        await world.EngageAsync(Set("u1", "a", 1));
        world.Run();
        await world.PassAsync(TimeSpan.FromMinutes(12));
        var run = Assert.Single(await world.RunsAsync(), r => r.State == "held");
        Assert.Contains("Mixpanel does not know the credentials", run.Note, StringComparison.Ordinal);
        Assert.InRange(world.Mixpanel.Calls.ByStatus[401], 2, 4);

        // Updates are opened by the token, and go on.
        Assert.Equal(1, world.Profile("u1")["a"]!.GetValue<int>());
        await world.StopAsync();
        world.Credentials = MixpanelCredentials.ServiceAccount("simulator.account", "simulator-secret", ForwardWorld.RemoteProject);
        world.Run();
        await world.DrainAsync();
        Assert.Equal([1], world.Numbers());
        Assert.Empty(await world.LettersAsync());
        Assert.DoesNotContain(await world.RunsAsync(), r => r.EndedAt is null);
    }

    [Fact]
    public async Task What_is_too_large_for_one_call_goes_in_several()
    {
        await using var world = await ForwardWorld.StartAsync(limits: new MixpanelLimits { MaxRequestBytes = 20_000, MaxRecords = 100 });
        await world.ImportAsync(Enumerable.Range(0, 700).Select(i => world.Event(i)));
        await world.EngageAsync(Enumerable.Range(0, 700).Select(i => Set(FormattableString.Invariant($"u{i}"), "a", i)));
        world.Run();
        await world.DrainAsync();
        Assert.Equal(Enumerable.Range(0, 700), world.Numbers().Order());
        Assert.Equal(700, world.Mixpanel.Profiles(ForwardWorld.RemoteProject).Count);
        Assert.Empty(await world.LettersAsync());
    }

    [Fact]
    public async Task A_project_that_takes_no_identity_events_gets_all_the_others()
    {
        await using var world = await ForwardWorld.StartAsync(identity: IdentityMode.Original);
        await world.ImportAsync([.. Enumerable.Range(0, 20).Select(i => world.Event(i)), new JsonObject
        {
            ["event"] = "$create_alias",
            ["properties"] = new JsonObject { ["distinct_id"] = "u1", ["alias"] = "a", ["time"] = world.Clock.GetUtcNow().ToUnixTimeSeconds() },
        }]);
        world.Run();
        await world.DrainAsync();
        Assert.Equal(Enumerable.Range(0, 20), world.Numbers().Order());
        Assert.Equal(20, world.Mixpanel.EventCount(ForwardWorld.RemoteProject));
        Assert.Equal("identity_event_refused", Assert.Single(await world.LettersAsync()).Reason);
    }

    [Theory]
    [InlineData(nameof(IForwarding.CommitAsync))]
    [InlineData(nameof(IForwarding.BeginCallAsync))]
    public async Task A_death_around_a_call_leaves_nothing_out_and_repeats_nothing_that_may_be_done_once(string method)
    {
        await using var world = await ForwardWorld.StartAsync();
        var calls = 0;

        // The store has done it; the process dies before it knows.
        world.StoreFault = name => name == method && Interlocked.Increment(ref calls) % 5 == 3 ? new InvalidOperationException("killed") : null;
        world.Run();
        for (var i = 0; i < 10; i++)
        {
            await world.ImportAsync(Enumerable.Range(i * 50, 50).Select(n => world.Event(n)));
            await world.EngageAsync(Set("u1", "step", i), Add("u1", 1));
            await world.PassAsync(TimeSpan.FromSeconds(2));
        }

        world.StoreFault = null;
        await world.DrainAsync();
        Assert.Equal(Enumerable.Range(0, 500), world.Numbers().Order());
        Assert.Equal(9, world.Profile("u1")["step"]!.GetValue<int>());
        var added = world.Profile("u1")["n"]!.GetValue<int>();
        var unknown = (await world.LettersAsync()).Count(l => l.Reason == "outcome_unknown");
        Assert.InRange(added, 10 - unknown, 10);
        Assert.All(world.Errors, e => Assert.Equal("killed", e.Message));
        Assert.NotEmpty(world.Errors);
        if (method == nameof(IForwarding.BeginCallAsync))
        {
            // It died before the call: none was made twice, and each that was not made is known.
            Assert.Equal(10, added + unknown);
        }
    }

    [Fact]
    public async Task Operations_that_wait_for_weeks_are_given_up_and_counted()
    {
        await using var world = await ForwardWorld.StartAsync();
        world.Options = world.Options with { KeptFor = TimeSpan.FromMinutes(10) };
        world.Mixpanel.Faults.Add("POST", "/engage", MixpanelFaultEffect.Error(503, "down"), count: null);
        await world.EngageAsync(Set("u1", "a", 1));
        world.Run();
        await world.DrainAsync();
        Assert.Equal(1, (await world.CountsAsync())["skipped_waited_too_long"]);
        Assert.Empty(world.Mixpanel.Profiles(ForwardWorld.RemoteProject));
        var letter = Assert.Single(await world.LettersAsync());
        Assert.Equal(("waited_too_long", "$set"), (letter.Reason, letter.Subject));
    }

    [Fact]
    public async Task A_lookup_table_that_Mixpanel_does_not_have_becomes_a_letter()
    {
        await using var world = await ForwardWorld.StartAsync();
        await world.SendAsync("/lookup-tables/0f8fad5b-d9cb-469f-a165-70867728950e", "k,v\r\na,1\r\n", "text/csv", withKeys: true, HttpMethod.Put, compare: false);
        world.Run();
        await world.DrainAsync();
        Assert.Equal("table_not_found", Assert.Single(await world.LettersAsync()).Reason);
    }

    private static JsonObject Set(string person, string property, int value) => ForwardWorld.Update(person, "$set", new JsonObject { [property] = value });

    private static JsonObject Add(string person, int amount) => ForwardWorld.Update(person, "$add", new JsonObject { ["n"] = amount });

    private static MixpanelFaultEffect Effect(string fault) => fault switch
    {
        "429" => MixpanelFaultEffect.TooManyRequests(3),
        "502" => MixpanelFaultEffect.Gateway(502),
        "cut before" => MixpanelFaultEffect.CutBefore(),
        "cut after" => MixpanelFaultEffect.CutAfter(),
        _ => MixpanelFaultEffect.Error(int.Parse(fault, System.Globalization.CultureInfo.InvariantCulture), "try again"),
    };
}
