using System.Globalization;
using Sluice.Simulators.Brevo;

namespace Sluice.Tests.Delivery.Events;

public sealed class EventBudgetTests
{
    private const int People = 2_000;

    /// <summary>Of a hundred calls an hour that batches share with much else.</summary>
    private const int LeftToOthers = 3;

    /// <summary>How many events; a million by hand, on a machine that has the time.</summary>
    private const string SizeVariable = "SLUICE_TEST_EVENTS";

    private static int Size =>
        int.TryParse(Environment.GetEnvironmentVariable(SizeVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 20_000;

    [Fact]
    public async Task Almost_all_that_the_headers_allow_is_used_and_never_more()
    {
        await using var world = await EventsWorld.StartAsync(new BrevoSimulatorOptions { LogEntries = 100 });
        await world.AddContactsAsync(People);
        for (var from = 0; from < Size; from += 5_000)
        {
            await world.AppendAsync(Enumerable.Range(from, Math.Min(5_000, Size - from)).Select(i => ("a", 1 + (i % People))));
        }

        var began = world.Clock.GetUtcNow();
        var started = TimeProvider.System.GetTimestamp();
        world.Run();
        await world.UntilAsync(() => Task.FromResult(world.Brevo.EventCount >= Size), TimeSpan.FromHours(3));
        var length = world.Clock.GetUtcNow() - began;

        // What a full window holds at its beginning, and what becomes free in the seconds and hours after.
        var singles = 10 * (1 + Math.Floor(length.TotalSeconds));
        var batches = 100 * (1 + Math.Floor(length.TotalHours));
        var allowed = singles + (200 * batches);
        var taken = allowed - (200.0 * LeftToOthers * (batches / 100));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {Size} events in {length} of Brevo's time ({TimeProvider.System.GetElapsedTime(started).TotalSeconds:0} s): {Size / allowed:P1} of {allowed:0} allowed, {Size / taken:P1} of what is not left to others;
            single calls {world.Brevo.Calls.Count("POST", "/events")} of {singles:0}, batches {world.Brevo.Calls.Count("POST", "/events/batch")} of {batches:0}
            """));
        Assert.Equal(0, world.Brevo.Calls.BudgetViolationCount);
        Assert.InRange(Size / taken, 0.95, 1);
        if (length > TimeSpan.FromHours(1))
        {
            Assert.InRange(Size / allowed, 0.95, 1);
        }

        Assert.Equal(Size, world.Delivered().Distinct().Count());
        Assert.Equal(Size, world.Delivered().Count);
        foreach (var person in new[] { 1, 2, People / 2, People })
        {
            Assert.Equal(world.DeliveredTo(person).Order(), world.DeliveredTo(person));
        }

        world.AssertClean();
    }
}
