namespace Sluice.Tests.Delivery;

public sealed class CallCountTests
{
    [Fact]
    public async Task A_hundred_thousand_people_cost_few_calls()
    {
        await using var world = await World.StartAsync();
        await world.FullAsync(World.People(100_000));
        await world.UntilAsync(() => world.Brevo.ListCount(World.List) == 100_000);
        await world.PassAsync(TimeSpan.FromSeconds(30));
        var calls = world.Brevo.Calls;
        Assert.InRange(calls.Count("POST", "/contacts/import"), 1, 2);
        Assert.Equal(0, calls.Count("POST", "/contacts"));
        Assert.InRange(calls.Total, 1, 25);

        // Five percent go, five percent come.
        var before = calls.Total;
        await world.LeaveAsync(World.People(5_000));
        await world.EnterAsync(World.People(5_000, 100_000));
        await world.UntilAsync(() => world.Brevo.ListCount(World.List) == 100_000 && world.Brevo.ContactByExtId("u104999") is not null);
        await world.PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(100_000, world.Brevo.ListCount(World.List));
        Assert.InRange(calls.Count("POST", "/contacts/lists/{listId}/contacts/remove"), 34, 36);
        Assert.InRange(calls.Count("POST", "/contacts/import"), 2, 4);
        Assert.Equal(0, calls.Count("POST", "/contacts"));
        Assert.InRange(calls.Total - before, 35, 50);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', calls.ByEndpoint.Select(c => $"{c.Key} {c.Value}")));
        world.AssertClean();
    }
}
