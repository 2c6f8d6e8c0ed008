using System.Text.Json.Nodes;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Tests.Delivery.Forwarding;

/// <summary>Refusals that say little: neither is anything done twice for them, nor does one of them stop or spoil all that comes.</summary>
public sealed class ForwardRefusalTests
{
    [Theory]
    [InlineData('<', false)]
    [InlineData('\u007f', true)]
    public async Task An_update_that_fits_into_no_call_becomes_a_letter_and_stops_nothing(char of, bool isTooLarge)
    {
        await using var world = await ForwardWorld.StartAsync();
        var names = new JsonArray([.. Enumerable.Range(0, 2_000).Select(i => JsonValue.Create(FormattableString.Invariant($"{i:D4}{new string(of, 251)}")))]);
        var update = $$"""[{"$token":"{{ForwardWorld.Token}}","$distinct_id":"u1","$unset":{{names.ToJsonString(Relaxed)}}}]""";
        await world.SendAsync("/engage", update.Replace("\\u007F", "\u007f", StringComparison.Ordinal), compare: false);
        await world.EngageAsync(Set("u1", "a", 1));
        await world.ImportAsync(world.Event(1));
        world.Run();
        await world.DrainAsync();
        Assert.Equal(1, world.Profile("u1")["a"]!.GetValue<int>());
        Assert.Equal([1], world.Numbers());
        Assert.Equal(isTooLarge ? ["too_large $unset"] : [], (await world.LettersAsync()).Select(l => $"{l.Reason} {l.Subject}"));
        Assert.Equal(isTooLarge ? 1 : 2, (await world.CountsAsync())["updates_sent"]);
        world.AssertClean();
    }

    [Fact]
    public async Task A_refusal_that_does_not_say_of_what_does_nothing_twice()
    {
        await using var world = await ForwardWorld.StartAsync();
        world.Mixpanel.Faults.Add("POST", "/engage", MixpanelFaultEffect.FailedWithoutNames());
        await world.EngageAsync(Enumerable.Range(0, 10).Select(_ => Add("u1")));
        world.Run();
        await world.DrainAsync();
        Assert.Equal(10, world.Profile("u1")["n"]!.GetValue<int>());
        var letters = await world.LettersAsync();
        Assert.Equal(10, letters.Count);
        Assert.All(letters, l => Assert.Equal("outcome_unknown", l.Reason));
        Assert.Contains("refused without saying for which", letters[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_that_says_that_nothing_was_taken_is_tried_in_smaller_calls()
    {
        await using var world = await ForwardWorld.StartAsync();
        world.Mixpanel.Faults.Add("POST", "/engage", MixpanelFaultEffect.NoneTaken(), count: 2);
        await world.EngageAsync(Enumerable.Range(0, 10).Select(_ => Add("u1")));
        world.Run();
        await world.DrainAsync();
        Assert.Equal(10, world.Profile("u1")["n"]!.GetValue<int>());
        Assert.Empty(await world.LettersAsync());
    }

    [Theory]
    [InlineData("/import", 405)]
    [InlineData("/import", 400)]
    [InlineData("/engage", 415)]
    public async Task An_address_that_refuses_everything_does_not_make_letters_of_the_stream(string path, int status)
    {
        await using var world = await ForwardWorld.StartAsync();
        world.Mixpanel.Faults.Add("POST", path, MixpanelFaultEffect.Error(status, "not here"), count: null);
        await world.ImportAsync(Enumerable.Range(0, 40).Select(i => world.Event(i)));
        await world.EngageAsync(Enumerable.Range(0, 40).Select(i => Set(FormattableString.Invariant($"u{i}"), "a", i)));
        world.Run();
        await world.PassAsync(TimeSpan.FromMinutes(12));

        // Those of events are written when their call is through.
        Assert.InRange((await world.LettersAsync()).Count, 0, 5);
        Assert.Contains("not here", Assert.Single(await world.RunsAsync(), r => r.State == "held").Note, StringComparison.Ordinal);
        world.Mixpanel.Faults.Clear();
        await world.DrainAsync();
        await world.Store.DeadLetters.RetryAsync(ForwardWorld.Project, [], TestContext.Current.CancellationToken);
        await world.DrainAsync();
        Assert.Equal(Enumerable.Range(0, 40), world.Numbers().Order());
        Assert.Equal(40, world.Mixpanel.Profiles(ForwardWorld.RemoteProject).Count);
        Assert.Empty(await world.LettersAsync());
        Assert.DoesNotContain(await world.RunsAsync(), r => r.EndedAt is null);
    }

    [Fact]
    public async Task What_is_erased_while_a_call_waits_is_not_sent()
    {
        await using var world = await ForwardWorld.StartAsync();
        world.Mixpanel.Faults.Add("POST", "/import", MixpanelFaultEffect.Error(403, "no"));
        await world.ImportAsync(world.Event(1), world.Event(2), world.Event(3));
        world.Run();
        await world.PassAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(1, world.Delete("event_log", "n = 2"));
        await world.DrainAsync();
        Assert.Equal([1, 3], world.Numbers().Order());
        Assert.Equal(2, (await world.CountsAsync())["sent"]);
        Assert.Empty(await world.LettersAsync());
    }

    [Fact]
    public async Task What_is_erased_between_reading_and_sending_is_not_sent()
    {
        await using var world = await ForwardWorld.StartAsync();
        await world.EngageAsync(Set("u1", "a", 1), Set("u2", "a", 2), Set("u3", "a", 3));
        world.StoreFault = method =>
        {
            if (method == nameof(IForwarding.ReadAsync))
            {
                world.Delete("forward_waiting", "n = 2");
            }

            return null;
        };
        world.Run();
        await world.DrainAsync();
        Assert.Equal(["u1", "u3"], world.Mixpanel.Profiles(ForwardWorld.RemoteProject).Select(p => p.DistinctId).Order());
        Assert.Equal(2, (await world.CountsAsync())["updates_sent"]);
        Assert.Empty(await world.LettersAsync());
    }

    [Fact]
    public async Task A_letter_of_what_is_no_longer_passed_on_is_not_sent_when_it_is_tried_again()
    {
        await using var world = await ForwardWorld.StartAsync(limits: new MixpanelLimits { MaxEventProperties = 10 });
        var bad = world.Event(7);
        for (var i = 0; i < 20; i++)
        {
            bad["properties"]![FormattableString.Invariant($"p{i}")] = i;
        }

        await world.ImportAsync(bad);
        world.Run();
        await world.DrainAsync();
        Assert.Single(await world.LettersAsync());
        await world.StopAsync();
        await world.SwitchAsync(new ForwardScope(Received: false, Told: true));
        await world.Store.DeadLetters.RetryAsync(ForwardWorld.Project, [], TestContext.Current.CancellationToken);
        var calls = world.Mixpanel.Calls.ByEndpoint["POST /import"];
        world.Run();
        await world.DrainAsync();
        Assert.Equal(calls, world.Mixpanel.Calls.ByEndpoint["POST /import"]);
        Assert.Equal(1, (await world.CountsAsync())["skipped_forward_off"]);
    }

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static JsonObject Set(string person, string property, int value) => ForwardWorld.Update(person, "$set", new JsonObject { [property] = value });

    private static JsonObject Add(string person) => ForwardWorld.Update(person, "$add", new JsonObject { ["n"] = 1 });
}
