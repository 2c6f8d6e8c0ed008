using System.Net;
using Sluice.Core.Delivery;
using Sluice.Testing;

namespace Sluice.Tests.Management;

/// <summary>Lists that are brought in step because somebody asks.</summary>
public sealed class SyncTests
{
    // Lines of a block that stands eight columns in.
    private const string Credentials = $$"""
        project_token: {{ManagedWorld.MixpanelToken}}
                project_id: "{{ManagedWorld.ProjectId}}"
                service_account: { username: {{ManagedWorld.Account}}, secret: {{ManagedWorld.AccountSecret}} }
        """;

    [Fact]
    public async Task A_list_of_another_project_with_the_same_account_is_refused()
    {
        await using var world = await ManagedWorld.StartAsync();
        await world.StopNodeAsync();

        // The last lines end the shop and begin a project that sends nothing now, and whose lists are its own all the same.
        await world.StartNodeAsync(Credentials, $$"""
            api_key: {{ManagedWorld.BrevoKey}}
                property_mapping: { $email: email }
              - project: { id: news, access_key: access-of-the-news, secret_key: secret-of-the-news-0123456789 }
                connectors:
                  mixpanel: { enabled: false, lists: { all_users: 17 } }
                  brevo: { api_key: {{ManagedWorld.BrevoKey}}, base_url: "{{world.Brevo.BaseUrl.AbsoluteUri}}" }
            """);
        await world.SaveCohortAsync(901, "Power users", 2);

        await AssertTakenAsync(world, 17, "sync");
        await AssertTakenAsync(world, 17, "preview");
        Assert.Equal(HttpStatusCode.OK, (await SyncAsync(world, 16)).Status);

        world.Brevo.CreateList("Filled before", 18);
        Assert.Equal("news", (await world.Node.Store.ListClaims.ClaimAsync("by another key", "news", "brevo", 18, ["news", "shop"], ManagedWorld.Token)).Owner);
        await AssertTakenAsync(world, 18, "sync");

        // What is only known of a list, which nobody asked for, keeps it from nobody.
        world.Brevo.CreateList("Registered before", 19);
        await world.Node.Store.Ledger.RegisterAsync(
            new DeliveryScope("news", "brevo", [new ListRule(19, ListMode.Add, true, [], [], 1)], GroupAttributes: false), ManagedWorld.Token);
        Assert.Equal(HttpStatusCode.OK, (await SyncAsync(world, 19)).Status);
    }

    [Fact]
    public async Task One_sync_goes_on_and_one_waits_and_both_end_when_it_is_paused()
    {
        await using var world = await ManagedWorld.StartAsync(Credentials, $"api_key: {ManagedWorld.BrevoKey}");
        await world.SaveCohortAsync(901, "Power users", 2);
        world.HangContacts();

        Assert.Equal(HttpStatusCode.Accepted, (await SyncAsync(world, 16, wait: 1)).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await SyncAsync(world, 17, wait: 1)).Status);
        var third = await SyncAsync(world, 16, wait: 1);
        Assert.Equal((HttpStatusCode.Conflict, "busy"), (third.Status, third.Code));

        await world.PostAsync("connectors/brevo/pause");
        world.Brevo.Faults.Clear();
        await world.PostAsync("connectors/brevo/resume");
        var next = await Eventually.GetAsync(
            "the queue is free", _ => SyncAsync(world, 16), a => a.Code != "busy", TimeSpan.FromMinutes(4), cancellationToken: ManagedWorld.Token);
        Assert.Equal((HttpStatusCode.OK, "done"), (next.Status, next.Json.GetProperty("state").GetString()));

        // The one that waited did nothing after the pause.
        Assert.Equal(2, world.Brevo.ContactCount);
        Assert.DoesNotContain(17, (await world.Node.Store.Insight.DestinationAsync("shop", "brevo", ManagedWorld.Token))!.Lists.Keys);
    }

    private static async Task AssertTakenAsync(ManagedWorld world, long list, string what)
    {
        var refused = await world.PostAsync($"connectors/mixpanel/cohorts/901/{what}", $$"""{"targetList":{{list}},"syncMode":"exclusive"}""");
        Assert.Equal((HttpStatusCode.Conflict, "taken", "targetList"), (refused.Status, refused.Code, refused.Field));
        Assert.Contains("Project news", refused.Body, StringComparison.Ordinal);
    }

    private static Task<ApiAnswer> SyncAsync(ManagedWorld world, long list, int wait = 120) =>
        world.PostAsync("connectors/mixpanel/cohorts/901/sync", $$"""{"targetList":{{list}},"waitSeconds":{{wait}}}""");
}
