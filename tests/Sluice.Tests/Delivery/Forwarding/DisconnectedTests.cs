using System.Net;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Testing;
using Sluice.Tests.Management;

namespace Sluice.Tests.Delivery.Forwarding;

/// <summary>What waits to be passed on survives that Brevo is disconnected for a while: only the file switches it off.</summary>
public sealed class DisconnectedTests
{
    private const string Mixpanel = $"project_token: {ManagedWorld.MixpanelToken}";
    private const string Key = $$"""{"apiKey":"{{ManagedWorld.BrevoKey}}"}""";

    [Fact]
    public async Task What_waits_arrives_when_the_node_was_restarted_before_Brevo_was_connected_again()
    {
        await using var world = await ManagedWorld.StartAsync(Mixpanel, "campaign_events: true");
        await DoneAsync(world.PutAsync("connectors/brevo", Key));
        await DoneAsync(world.PostAsync("connectors/mixpanel/pause"));
        await world.Node.Store.Events.AppendAsync(
            new EventBatch(
                "shop", Origin.Destination, IdentityMode.Simplified,
                [new EventRecord("Brevo Opened", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), "ana", "opened-1", "{}"u8.ToArray())], [])
            {
                IsKnownByInsertId = true,
            },
            ManagedWorld.Token);
        var cursor = await CursorAsync(world);
        Assert.NotNull(cursor);

        Assert.Equal(HttpStatusCode.NoContent, (await world.DeleteAsync("connectors/brevo")).Status);
        await world.StopNodeAsync();
        await world.StartNodeAsync(Mixpanel, "campaign_events: true");
        Assert.Equal(cursor, await CursorAsync(world));
        await DoneAsync(world.PutAsync("connectors/brevo", Key));
        await DoneAsync(world.PostAsync("connectors/mixpanel/resume"));
        await Eventually.TrueAsync(
            "the event to arrive", () => world.Mixpanel.QueryEvents(ManagedWorld.ProjectId).Any(e => e.Name == "Brevo Opened"), TimeSpan.FromMinutes(4),
            cancellationToken: ManagedWorld.Token);

        // The file ends it.
        await world.StopNodeAsync();
        await world.StartNodeAsync(Mixpanel);
        Assert.Null(await CursorAsync(world));
    }

    private static async Task<LogPosition?> CursorAsync(ManagedWorld world) => await world.Node.Store.Forwarding.CursorAsync("shop", ManagedWorld.Token);

    private static async Task DoneAsync(Task<ApiAnswer> call)
    {
        var answer = await call;
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Body);
    }
}
