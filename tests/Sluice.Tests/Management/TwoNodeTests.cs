using System.Net;
using Sluice.Hosting;
using Sluice.Testing;

namespace Sluice.Tests.Management;

/// <summary>Two nodes on one PostgreSQL: what is changed on one of them is so on both, within seconds.</summary>
public sealed class TwoNodeTests
{
    private const string Lists = "lists: { 901: 16 }";
    private const string Preview = "connectors/mixpanel/cohorts/901/preview";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task What_is_connected_on_one_node_is_paused_on_the_other_and_both_follow()
    {
        await using var database = await (await PostgresServer.SharedAsync(ManagedWorld.Token)).CreateDatabaseAsync(ManagedWorld.Token);
        await using var world = await ManagedWorld.StartAsync(Lists, postgres: database.ConnectionString);
        await world.StartSecondAsync(Lists);
        var page = $$$"""
            {"action":"members","parameters":{"mixpanel_project_id":"{{{ManagedWorld.ProjectId}}}","mixpanel_cohort_id":"901","mixpanel_cohort_name":"Engaged","mixpanel_cohort_description":"",
            "mixpanel_session_id":"s1","page_info":{"total_pages":1,"page_count":1},"members":[{"$distinct_id":"ana","$email":"ana@shop.test"}]}}
            """;
        var connected = await SendAsync(world, world.Node, HttpMethod.Put, "connectors/brevo", $$"""{"apiKey":"{{ManagedWorld.BrevoKey}}"}""");
        Assert.Equal((HttpStatusCode.OK, "connected"), (connected.Status, connected.Json.GetProperty("state").GetString()));

        // The other node has not looked yet, and does so because it is asked.
        var paused = await SendAsync(world, world.Second, HttpMethod.Post, "connectors/brevo/pause");
        Assert.Equal((HttpStatusCode.OK, "paused"), (paused.Status, paused.Json.GetProperty("state").GetString()));
        Assert.Equal("paused", (await SendAsync(world, world.Node, HttpMethod.Get, "connectors/brevo")).Json.GetProperty("state").GetString());
        await FollowedAsync(world, world.Node, HttpStatusCode.Conflict);

        // Both have ended their deliveries: what comes now waits.
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(world, world.Node, HttpMethod.Post, "/mixpanel/projects/shop/cohorts", page)).Status);
        await FollowedAsync(world, world.Second, HttpStatusCode.Conflict);
        await Eventually.GetAsync(
            "the group to have its member", _ => SendAsync(world, world.Second, HttpMethod.Get, "user-groups/901/members"), a => a.Body.Contains("\"ana\"", StringComparison.Ordinal),
            Patience, cancellationToken: ManagedWorld.Token);

        // Nothing tells of a delivery that does not happen: it is given more time than one takes.
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, ManagedWorld.Token);
        Assert.Equal(0, world.Brevo.ContactCount);

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(world, world.Node, HttpMethod.Post, "connectors/brevo/resume")).Status);
        await FollowedAsync(world, world.Second, HttpStatusCode.OK);
        await Eventually.TrueAsync(
            "the one in the list", () => world.Brevo.Lists.Single(l => l.Id == ManagedWorld.List).Members == 1, Patience, cancellationToken: ManagedWorld.Token);

        // A key that one of them makes opens the other, and a disconnection ends both.
        var key = (await SendAsync(world, world.Second, HttpMethod.Post, "keys")).Json;
        var pair = (key.GetProperty("accessKey").GetString()!, key.GetProperty("secretKey").GetString()!);
        await Eventually.GetAsync(
            "the key to open the other node", _ => world.SendAsync(HttpMethod.Get, "project", null, pair, node: world.Node), a => a.Status == HttpStatusCode.OK, Patience,
            cancellationToken: ManagedWorld.Token);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(world, world.Second, HttpMethod.Delete, "connectors/brevo")).Status);
        await FollowedAsync(world, world.Node, HttpStatusCode.Conflict);
    }

    /// <summary>What a preview says is how the node's own settings stand, and not what lies in the store.</summary>
    private static async Task FollowedAsync(ManagedWorld world, SluiceNode node, HttpStatusCode status) => await Eventually.GetAsync(
        $"a preview to answer {status}", _ => SendAsync(world, node, HttpMethod.Post, Preview, """{"targetList":16}"""), a => a.Status == status, Patience,
        cancellationToken: ManagedWorld.Token);

    private static Task<ApiAnswer> SendAsync(ManagedWorld world, SluiceNode node, HttpMethod method, string path, string? body = null) =>
        world.SendAsync(method, path, body, ManagedWorld.Shop, node: node);
}
