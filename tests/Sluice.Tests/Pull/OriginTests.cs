using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Tests.Delivery.Forwarding;

namespace Sluice.Tests.Pull;

public sealed class OriginTests
{
    [Fact]
    public async Task What_was_fetched_never_goes_back_to_where_it_came_from()
    {
        await using var world = await ForwardWorld.StartAsync(new ForwardScope(Received: true, Told: true));
        await world.Store.Events.AppendAsync(
            new EventBatch(
                ForwardWorld.Project, Origin.Pulled, IdentityMode.Simplified,
                [new EventRecord("Purchase", world.Clock.GetUtcNow().ToUnixTimeMilliseconds(), "u1", "pulled", "{\"n\":7}"u8.ToArray())], []) { IsKnownByInsertId = true },
            TestContext.Current.CancellationToken);
        await world.ImportAsync(world.Event(1));
        world.Run();
        await world.DrainAsync();
        Assert.Equal([1], world.Numbers());
        world.AssertClean();
    }
}
