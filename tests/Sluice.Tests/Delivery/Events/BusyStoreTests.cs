using Sluice.Storage;

namespace Sluice.Tests.Delivery.Events;

/// <summary>A store that does not answer for a while costs time and nothing else.</summary>
public sealed class BusyStoreTests
{
    private const int People = 10;
    private const int Events = 300;

    [Fact]
    public async Task What_is_known_of_calls_outlives_a_store_that_is_busy()
    {
        await using var world = await StartAsync();
        var asked = 0;
        world.OutboxFault = _ => Interlocked.Increment(ref asked) % 3 == 0 ? new StoreBusyException() : null;
        world.Run();
        await world.DrainAsync();
        await AssertUndisturbedAsync(world);
    }

    [Fact]
    public async Task An_answer_counts_also_when_its_permit_cannot_be_given_back()
    {
        await using var world = await StartAsync();
        var asked = 0;
        world.BooksFault = () => Interlocked.Increment(ref asked) % 20 == 0 ? new StoreBusyException() : null;
        world.Run();
        await world.DrainAsync();
        await AssertUndisturbedAsync(world);
    }

    [Fact]
    public async Task A_call_that_breaks_takes_no_other_answers_with_it()
    {
        await using var world = await StartAsync();
        var begun = 0;
        world.OutboxFault = method => method == "BeginCallAsync" && Interlocked.Increment(ref begun) == 20 ? new InvalidOperationException("broken") : null;
        world.Run();
        await world.DrainAsync();
        Assert.Equal(Enumerable.Range(1, Events), world.Delivered().Order());
        Assert.Equal("broken", Assert.Single(world.Errors).Message);
        Assert.Equal(1, (await world.CountsAsync())["interrupted"]);
    }

    private static async Task<EventsWorld> StartAsync()
    {
        var world = await EventsWorld.StartAsync();
        await world.AddContactsAsync(People);
        await world.AppendAsync(Enumerable.Range(0, Events).Select(i => ("a", 1 + (i % People))));
        return world;
    }

    private static async Task AssertUndisturbedAsync(EventsWorld world)
    {
        Assert.Equal(Enumerable.Range(1, Events), world.Delivered().Order());
        Assert.All(Enumerable.Range(1, People), person => Assert.Equal(world.DeliveredTo(person).Order(), world.DeliveredTo(person)));
        var counts = await world.CountsAsync();
        Assert.Equal(Events, counts["sent"]);
        Assert.DoesNotContain("unknown", counts.Keys);
        Assert.DoesNotContain("interrupted", counts.Keys);
        world.AssertClean();
    }
}
