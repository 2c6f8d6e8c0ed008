using Sluice.Core.Delivery;
using Sluice.Core.Identity;
using Sluice.Destinations.Webhook;
using Sluice.Simulators.Webhook;
using Sluice.Tests.Delivery.Events;

namespace Sluice.Tests.Delivery.Webhooks;

/// <summary>The whole way from the event log to a receiver of webhooks, over real parts, on a clock that the test moves.</summary>
public sealed class WebhookDeliveryTests
{
    private const string Secret = "whsec_c2VjcmV0IG9mIHRoZSByZWNlaXZlciBpbiB0ZXN0cw==";
    private const string Name = "crm";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_of_people_who_are_no_contacts_arrive_signed_in_batches_and_in_order()
    {
        await using var world = await EventsWorld.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync(Secret, world.Clock, Token);
        await world.AddPeopleAsync(1, 1);
        await AppendAsync(world, people: 20, events: 1_000);
        world.RunWebhook(Settings(receiver) with { Batch = 50, Rate = 4, Properties = ["$email"] });
        await world.DrainAsync();

        AssertOnceInOrder(receiver, people: 20, events: 1_000);
        Assert.Equal((0, 0), (receiver.Refused, receiver.Repeats));
        Assert.All(receiver.Calls, c => Assert.InRange(c.Events.Count, 1, 50));
        Assert.InRange(receiver.Calls.Count, 20, 30);
        Assert.InRange(receiver.MostCallsInASecond, 1, 4);
        var first = receiver.Events.First(e => Person(e) == "u1").Json;
        Assert.Equal(EventsWorld.Email(1), first.GetProperty("person").GetProperty("properties").GetProperty("$email").GetString());
        Assert.False(first.GetProperty("person").GetProperty("properties").TryGetProperty("plan", out _));
        Assert.Empty(world.Errors);
        Assert.Equal(0, world.Brevo.ContactCount);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(408)]
    [InlineData(429)]
    public async Task What_is_not_taken_is_sent_again_with_the_same_ids(int status)
    {
        await using var world = await EventsWorld.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync(Secret, world.Clock, Token);
        receiver.Answer = call => call.Number % 3 == 0 ? new WebhookAnswer(status, Takes: status is 500 or 408) { RetryAfterSeconds = 3 } : WebhookAnswer.Ok;
        await AppendAsync(world, people: 10, events: 400);
        world.RunWebhook(Settings(receiver) with { Batch = 20 });
        await world.DrainAsync();

        AssertOnceInOrder(receiver, people: 10, events: 400);
        Assert.Equal(status is 500 or 408, receiver.Repeats > 0);
        Assert.Empty(world.Errors);
    }

    [Fact]
    public async Task Lost_answers_cut_connections_and_silence_cost_nobody_an_event()
    {
        await using var world = await EventsWorld.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync(Secret, world.Clock, Token);
        receiver.Answer = call => call.Number switch
        {
            4 => new WebhookAnswer(0, Takes: true) { Cuts = true },
            8 => new WebhookAnswer(0, Takes: false) { Cuts = true },
            12 => new WebhookAnswer(0, Takes: true) { Hangs = true },
            _ => WebhookAnswer.Ok,
        };
        world.HeldElsewhere = () => receiver.HeldAnswers;
        await AppendAsync(world, people: 10, events: 200);
        world.RunWebhook(Settings(receiver) with { Batch = 5 });
        await world.DrainAsync();

        AssertOnceInOrder(receiver, people: 10, events: 200);
        Assert.InRange(receiver.Repeats, 2, 20);
        Assert.Empty(world.Errors);
    }

    [Fact]
    public async Task An_event_that_is_refused_becomes_a_dead_letter_and_the_others_of_its_batch_arrive()
    {
        await using var world = await EventsWorld.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync(Secret, world.Clock, Token);
        var strict = true;
        receiver.Answer = call => strict && call.Events.Any(e => Number(e) == 7) ? new WebhookAnswer(422, Takes: false) : WebhookAnswer.Ok;
        await AppendAsync(world, people: 10, events: 50);
        world.RunWebhook(Settings(receiver));
        await world.DrainAsync();

        Assert.Equal(Enumerable.Range(1, 50).Except([7]), receiver.Events.Select(Number).Order());
        var letter = Assert.Single(await world.Store.DeadLetters.ListAsync(EventsWorld.Project, "open", 10, Token));
        Assert.Equal((Name, "refused"), (letter.Origin, letter.Reason));

        strict = false;
        await world.Store.DeadLetters.RetryAsync(EventsWorld.Project, [letter.Id], Token);
        await world.UntilAsync(() => Task.FromResult(receiver.Events.Count == 50));
        Assert.Equal(0, receiver.Repeats);
    }

    [Fact]
    public async Task A_later_event_of_an_id_that_was_joined_meanwhile_overtakes_none_of_its_earlier_ones()
    {
        await using var world = await EventsWorld.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync(Secret, world.Clock, Token);
        receiver.Answer = call => call.Number == 1 ? new WebhookAnswer(429, Takes: false) { RetryAfterSeconds = 20 } : WebhookAnswer.Ok;
        await world.AppendAsync(Enumerable.Repeat(("a", 2), 10));
        world.RunWebhook(Settings(receiver) with { Batch = 1 });
        await world.PassAsync(TimeSpan.FromSeconds(5));
        Assert.Empty(receiver.Events);
        await world.AppendAsync([("a", 1)], claims: [new IdentityClaim(IdentityClaimKind.Merge, EventsWorld.Id(1), EventsWorld.Id(2))]);
        await world.AppendAsync([("a", 2), ("a", 2)]);
        await world.DrainAsync();

        Assert.Equal([.. Enumerable.Range(1, 10), 12, 13], receiver.Events.Select(Number).Where(n => n != 11));
        Assert.Equal((13, 0), (receiver.Events.Count, receiver.Repeats));
        Assert.Empty(world.Errors);
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_left_alone_until_somebody_acts()
    {
        await using var world = await EventsWorld.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync(Secret, world.Clock, Token);
        receiver.Answer = _ => new WebhookAnswer(410, Takes: false);
        await AppendAsync(world, people: 10, events: 50);
        world.RunWebhook(Settings(receiver));
        await world.UntilAsync(() => Task.FromResult(receiver.Calls.Count > 0));
        await world.PassAsync(TimeSpan.FromMinutes(10));
        Assert.InRange(receiver.Calls.Count, 1, 4);
        var state = await world.Store.Insight.DestinationAsync(EventsWorld.Project, Name, Token);
        Assert.StartsWith("events: gone", state!.PausedReason, StringComparison.Ordinal);

        receiver.Answer = _ => WebhookAnswer.Ok;
        await world.DrainAsync();
        AssertOnceInOrder(receiver, people: 10, events: 50);
        Assert.Null((await world.Store.Insight.DestinationAsync(EventsWorld.Project, Name, Token))!.PausedReason);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var world = await EventsWorld.StartAsync();
        await using var elsewhere = await WebhookReceiver.StartAsync(Secret, world.Clock, Token);
        await using var receiver = await WebhookReceiver.StartAsync(Secret, world.Clock, Token);
        receiver.Answer = _ => new WebhookAnswer(307, Takes: false) { Location = elsewhere.Address.ToString() };
        await AppendAsync(world, people: 1, events: 1);
        world.RunWebhook(Settings(receiver));
        await world.UntilAsync(() => Task.FromResult(receiver.Calls.Count > 0));
        await world.PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((1, 0, 0), (receiver.Calls.Count, elsewhere.Calls.Count, elsewhere.Refused));
    }

    [Fact]
    public async Task A_suppressed_person_is_not_sent()
    {
        await using var world = await EventsWorld.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync(Secret, world.Clock, Token);
        await world.AddPeopleAsync(1, 3);
        await world.Store.Suppressions.AddAsync(
            EventsWorld.Project, [new SuppressionEntry(EventsWorld.Email(2), null, 0, "unsubscribed", "webhook", world.Clock.GetUtcNow())], Token);
        await AppendAsync(world, people: 3, events: 6);
        world.RunWebhook(Settings(receiver));
        await world.DrainAsync();
        Assert.Equal([1, 3, 4, 6], receiver.Events.Select(Number).Order());
        Assert.Equal(2, (await world.CountsAsync())["skipped_suppressed"]);
    }

    [Theory]
    [InlineData("BeginCallAsync")]
    [InlineData("CommitAsync")]
    public async Task A_death_around_a_call_leaves_nothing_out(string method)
    {
        await using var world = await EventsWorld.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync(Secret, world.Clock, Token);
        var calls = 0;

        // The store has done it; the process dies before it knows.
        world.OutboxFault = name => name == method && Interlocked.Increment(ref calls) % 7 == 3 ? new InvalidOperationException("killed") : null;
        await AppendAsync(world, people: 10, events: 300);
        world.RunWebhook(Settings(receiver) with { Batch = 10 });
        await world.UntilAsync(() => Task.FromResult(receiver.Events.Count == 300));
        AssertOnceInOrder(receiver, people: 10, events: 300);
        Assert.NotEmpty(world.Errors);
        Assert.All(world.Errors, e => Assert.Equal("killed", e.Message));
    }

    [Fact]
    public async Task Several_destinations_go_on_beside_Brevo_and_a_slow_one_stops_nobody()
    {
        await using var world = await EventsWorld.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync(Secret, world.Clock, Token);
        await using var broken = await WebhookReceiver.StartAsync(Secret, world.Clock, Token);
        broken.Answer = _ => new WebhookAnswer(500, Takes: false);
        await world.AddContactsAsync(10);
        await AppendAsync(world, people: 10, events: 100);
        world.Run();
        world.RunWebhook(Settings(receiver) with { Events = ["a"] });
        world.RunWebhook(Settings(broken) with { Name = "warehouse" });
        await world.UntilAsync(() => Task.FromResult(receiver.Events.Count == 100 && world.Delivered().Count == 100));
        AssertOnceInOrder(receiver, people: 10, events: 100);
        Assert.Equal(Enumerable.Range(1, 100), world.Delivered().Order());
        Assert.Empty(broken.Events);
        world.AssertClean();
    }

    private static WebhookSettings Settings(WebhookReceiver receiver) => new()
    {
        Project = EventsWorld.Project, Name = Name, Address = receiver.Address, Secrets = [WebhookSecret.Parse(Secret)],
    };

    private static Task<int> AppendAsync(EventsWorld world, int people, int events) => world.AppendAsync(
        Enumerable.Range(0, events).Select(i => ("a", 1 + (i % people))),
        properties: number => $$"""{"n":{{number}},"distinct_id":"{{EventsWorld.Id(1 + ((number - 1) % people))}}","token":"abc"}""");

    private static void AssertOnceInOrder(WebhookReceiver receiver, int people, int events)
    {
        Assert.Equal(Enumerable.Range(1, events), receiver.Events.Select(Number).Order());
        var byPerson = receiver.Events.ToLookup(Person);
        Assert.Equal(people, byPerson.Count);
        Assert.All(byPerson, person => Assert.Equal(person.Select(Number).Order(), person.Select(Number)));
        Assert.All(receiver.Events, e => Assert.False(e.Json.GetProperty("properties").TryGetProperty("token", out _)));
        Assert.Equal(0, receiver.Refused);
    }

    private static int Number(WebhookCallEvent e) => e.Json.GetProperty("properties").GetProperty("n").GetInt32();

    private static string Person(WebhookCallEvent e) => e.Json.GetProperty("distinct_id").GetString()!;
}
