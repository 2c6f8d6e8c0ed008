using System.Net;
using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Testing;
using Sluice.Tests.Management;

namespace Sluice.Tests.Pull;

/// <summary>Lists that the config does not name and that were filled because somebody asked.</summary>
public sealed class AskedListTests
{
    private const string Credentials = $$"""
        project_token: {{ManagedWorld.MixpanelToken}}
                project_id: "{{ManagedWorld.ProjectId}}"
                service_account: { username: {{ManagedWorld.Account}}, secret: {{ManagedWorld.AccountSecret}} }
        """;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Who_is_suppressed_later_leaves_them_and_one_that_is_gone_holds_up_nothing()
    {
        await using var world = await ManagedWorld.StartAsync(Credentials, $"api_key: {ManagedWorld.BrevoKey}");
        await world.SaveCohortAsync(901, "Power users", 5);
        Assert.Equal(HttpStatusCode.OK, (await SyncAsync(world, 16)).Status);
        Assert.Equal(HttpStatusCode.OK, (await SyncAsync(world, 17)).Status);
        Assert.Equal((5, 5), (world.Brevo.ListCount(16), world.Brevo.ListCount(17)));

        await SuppressAsync(world, "u001");
        await LeftAsync(world, 16, "u001");
        await LeftAsync(world, 17, "u001");

        // Another process of the same store knows of them too.
        await world.StopNodeAsync();
        await world.StartNodeAsync(Credentials, $"api_key: {ManagedWorld.BrevoKey}");
        await SuppressAsync(world, "u002");
        await LeftAsync(world, 16, "u002");
        await LeftAsync(world, 17, "u002");

        await DeleteListAsync(world, 16);
        await SuppressAsync(world, "u003");
        await LeftAsync(world, 17, "u003");
        var gone = await RunAsync(world, 16, "done");
        Assert.Contains("no list 16", gone.GetProperty("note").GetString(), StringComparison.Ordinal);

        // The account goes on, and the list that is gone is asked nothing more.
        var calls = world.Brevo.Calls.Count("POST", "/contacts/lists/{listId}/contacts/remove");
        await SuppressAsync(world, "u004");
        await LeftAsync(world, 17, "u004");
        Assert.Equal(calls + 1, world.Brevo.Calls.Count("POST", "/contacts/lists/{listId}/contacts/remove"));
        Assert.Null((await world.Node.Store.Insight.DestinationAsync("shop", "brevo", ManagedWorld.Token))!.PausedReason);
        Assert.Equal(["u005@shop.test"], world.Brevo.ListEmails(17));
    }

    [Fact]
    public async Task Nobody_else_leaves_a_list_that_was_synced_once()
    {
        await using var world = await ManagedWorld.StartAsync(Credentials, $"api_key: {ManagedWorld.BrevoKey}");
        await world.SaveCohortAsync(901, "Power users", 3);
        Assert.Equal(HttpStatusCode.OK, (await SyncAsync(world, 16)).Status);

        // Two have left the cohort since: the list was synced once. The sync of another list tells us of that.
        await world.SaveCohortAsync(901, "Power users", 1);
        Assert.Equal(HttpStatusCode.OK, (await SyncAsync(world, 17)).Status);
        await SuppressAsync(world, "u001");
        await LeftAsync(world, 16, "u001");
        await LeftAsync(world, 17, "u001");
        Assert.Equal(["u002@shop.test", "u003@shop.test"], world.Brevo.ListEmails(16).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_sync_that_fails_after_its_caller_has_gone_is_a_run_that_says_why()
    {
        await using var world = await ManagedWorld.StartAsync(Credentials, $"api_key: {ManagedWorld.BrevoKey}");
        await world.SaveCohortAsync(901, "Power users", 2);
        world.HangContacts();

        Assert.Equal(HttpStatusCode.Accepted, (await SyncAsync(world, 16, wait: 1)).Status);
        await world.PostAsync("connectors/brevo/pause");
        world.Brevo.Faults.Clear();
        var run = await RunAsync(world, 16, "failed");
        Assert.Equal("brevo", run.GetProperty("destination").GetString());
        Assert.Contains("Cohort 901", run.GetProperty("note").GetString(), StringComparison.Ordinal);
        Assert.Contains("ask again", run.GetProperty("note").GetString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_cohort_that_Mixpanel_does_not_give_is_a_run_too()
    {
        await using var world = await ManagedWorld.StartAsync(Credentials, $"api_key: {ManagedWorld.BrevoKey}");
        await world.SaveCohortAsync(901, "Power users", 2);
        world.Mixpanel.Faults.Add(new MixpanelFault { Method = "POST", Path = "/api/query/engage", Effect = MixpanelFaultEffect.Error(402, "Your plan does not allow API calls."), Every = 1, Count = 1 });
        Assert.Equal(HttpStatusCode.Conflict, (await SyncAsync(world, 16)).Status);
        var run = await RunAsync(world, 16, "failed");
        Assert.Contains("plan", run.GetProperty("note").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, world.Brevo.ListCount(16));

        // A question that was wrong is only answered.
        Assert.Equal(HttpStatusCode.NotFound, (await world.PostAsync("connectors/mixpanel/cohorts/999/sync", """{"targetList":16}""")).Status);
        Assert.Single((await world.GetAsync("runs")).Json.GetProperty("items").EnumerateArray(), IsSync);
    }

    [Fact]
    public async Task A_cohort_that_Mixpanel_sends_too_is_a_run_that_says_so()
    {
        await using var world = await ManagedWorld.StartAsync(Credentials, $"api_key: {ManagedWorld.BrevoKey}");
        await world.SaveCohortAsync(901, "Power users", 2);
        await world.Node.Store.Intake.ApplyAsync(
            new CohortPage("shop", "901", "Power users", null, ManagedWorld.ProjectId, "Mixpanel's own", CohortAction.Members, 1, 1, 1, [], []), ManagedWorld.Token);
        Assert.Equal(HttpStatusCode.OK, (await SyncAsync(world, 16)).Status);
        Assert.Equal(2, world.Brevo.ListCount(16));
        Assert.Contains("Cohort 901 is sent by Mixpanel too", (await RunAsync(world, 16, "done")).GetProperty("note").GetString(), StringComparison.Ordinal);
    }

    private static Task<ApiAnswer> SyncAsync(ManagedWorld world, long list, int wait = 120) =>
        world.PostAsync("connectors/mixpanel/cohorts/901/sync", $$"""{"targetList":{{list}},"waitSeconds":{{wait}}}""");

    private static Task SuppressAsync(ManagedWorld world, string person) => world.Node.Store.Suppressions.AddAsync(
        "shop", [new SuppressionEntry($"{person}@shop.test", null, 0, "manual", "hand", TimeProvider.System.GetUtcNow())], ManagedWorld.Token);

    private static async Task LeftAsync(ManagedWorld world, long list, string person) => await Eventually.GetAsync(
        $"{person} has left list {list}", _ => Task.FromResult(world.Brevo.ListEmails(list)), l => !l.Contains($"{person}@shop.test"), Long, cancellationToken: ManagedWorld.Token);

    private static async Task<JsonElement> RunAsync(ManagedWorld world, long list, string state)
    {
        var runs = await Eventually.GetAsync(
            $"a run of list {list} that is {state}", async _ => (await world.GetAsync("runs")).Json.GetProperty("items").EnumerateArray().ToList(),
            all => all.Exists(r => Is(r, list, state)), Long, cancellationToken: ManagedWorld.Token);
        return Assert.Single(runs, r => Is(r, list, state));
    }

    private static bool IsSync(JsonElement run) => run.GetProperty("kind").GetString() == "sync";

    private static bool Is(JsonElement run, long list, string state) =>
        IsSync(run) && run.GetProperty("listId").GetInt64() == list && run.GetProperty("state").GetString() == state;

    private static async Task DeleteListAsync(ManagedWorld world, long list)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var status = await Eventually.GetAsync(
            "room for the call beside those of the node",
            async cancellationToken =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Delete, new Uri($"{world.Brevo.BaseUrl.AbsoluteUri}/contacts/lists/{list}"));
                request.Headers.Add("api-key", ManagedWorld.BrevoKey);
                using var answer = await http.SendAsync(request, cancellationToken);
                return answer.StatusCode;
            },
            s => s != HttpStatusCode.TooManyRequests, cancellationToken: ManagedWorld.Token);
        Assert.Equal(HttpStatusCode.NoContent, status);
    }
}
