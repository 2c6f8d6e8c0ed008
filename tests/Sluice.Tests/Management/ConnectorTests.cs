using System.Net;
using System.Text;
using Sluice.Simulators.Brevo;
using Sluice.Testing;

namespace Sluice.Tests.Management;

public sealed class ConnectorTests
{
    private const string Connection =
        $$"""{"projectToken":"{{ManagedWorld.MixpanelToken}}","serviceAccountUser":"{{ManagedWorld.Account}}","serviceAccountSecret":"{{ManagedWorld.AccountSecret}}","projectId":"{{ManagedWorld.ProjectId}}"}""";

    private const string Lists = "lists: { 901: 16 }";

    [Fact]
    public async Task What_is_connected_outlives_a_restart_and_lies_in_no_file_in_the_clear()
    {
        await using var world = await ManagedWorld.StartAsync();
        Assert.Equal("notConnected", (await world.GetAsync("connectors/mixpanel")).Json.GetProperty("state").GetString());
        var connected = await world.PutAsync("connectors/mixpanel", Connection);
        Assert.Equal(HttpStatusCode.OK, connected.Status);
        Assert.Equal(("connected", "api"), (connected.Json.GetProperty("state").GetString(), connected.Json.GetProperty("source").GetString()));
        Assert.DoesNotContain(ManagedWorld.AccountSecret, connected.Body, StringComparison.Ordinal);
        await world.PutAsync("connectors/brevo", $$"""{"apiKey":"{{ManagedWorld.BrevoKey}}"}""");
        Assert.Equal(ManagedWorld.ProjectId, (await world.GetAsync("project")).Json.GetProperty("mixpanelProjectId").GetString());

        await world.StopNodeAsync();
        foreach (var file in Directory.EnumerateFiles(world.DataFolder))
        {
            var bytes = await File.ReadAllBytesAsync(file, ManagedWorld.Token);
            Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(ManagedWorld.AccountSecret)) < 0, file);
            Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(ManagedWorld.BrevoKey)) < 0, file);
        }

        await world.StartNodeAsync();
        Assert.Equal("connected", (await world.GetAsync("connectors/mixpanel")).Json.GetProperty("state").GetString());
        Assert.Equal("connected", (await world.GetAsync("connectors/brevo")).Json.GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.NoContent, (await world.DeleteAsync("connectors/brevo")).Status);
        Assert.Equal("notConnected", (await world.GetAsync("connectors/brevo")).Json.GetProperty("state").GetString());
        Assert.Equal("not-connected", (await world.DeleteAsync("connectors/brevo")).Code);
    }

    [Fact]
    public async Task The_config_file_wins()
    {
        await using var world = await ManagedWorld.StartAsync(mixpanel: "project_token: token-of-the-file", brevo: $"api_key: {ManagedWorld.BrevoKey}");
        var token = await world.PutAsync("connectors/mixpanel", Connection);
        Assert.Equal((HttpStatusCode.Conflict, "declared-in-config", "projectToken"), (token.Status, token.Code, token.Field));
        Assert.Equal("dataResidency", (await world.PutAsync("connectors/mixpanel", """{"projectId":"5","dataResidency":"eu"}""")).Field);
        Assert.Equal("declared-in-config", (await world.PutAsync("connectors/brevo", """{"apiKey":"another"}""")).Code);
        Assert.Equal("declared-in-config", (await world.DeleteAsync("connectors/brevo")).Code);

        // What the file leaves open is taken; when the file says something later, that counts.
        Assert.Equal("both", (await world.PutAsync("connectors/mixpanel", """{"projectId":"777"}""")).Json.GetProperty("source").GetString());
        Assert.Equal("777", (await world.GetAsync("project")).Json.GetProperty("mixpanelProjectId").GetString());
        await world.StopNodeAsync();
        await world.StartNodeAsync(mixpanel: "project_id: \"888\"");
        Assert.Equal("888", (await world.GetAsync("project")).Json.GetProperty("mixpanelProjectId").GetString());
    }

    [Fact]
    public async Task A_pause_stops_deliveries_until_it_ends()
    {
        await using var world = await ManagedWorld.StartAsync(mixpanel: Lists);
        await world.PutAsync("connectors/brevo", Key(ManagedWorld.BrevoKey));
        await ReceiveAsync(world, "s1", "ana");
        await ArrivedAsync(world, 1);

        // What comes while it is paused stays here, over a restart too. Unpaused it would be there within a second.
        Assert.Equal("paused", (await world.PostAsync("connectors/brevo/pause")).Json.GetProperty("state").GetString());
        await ReceiveAsync(world, "s2", "ana", "bo");
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, ManagedWorld.Token);
        Assert.Equal(1, world.Brevo.ContactCount);
        await world.StopNodeAsync();
        var calls = world.Brevo.Calls.Total;
        await world.StartNodeAsync(mixpanel: Lists);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, ManagedWorld.Token);
        Assert.Equal(calls, world.Brevo.Calls.Total);
        Assert.Equal("paused", (await world.GetAsync("connectors/brevo")).Json.GetProperty("state").GetString());
        var sync = await world.PostAsync("connectors/mixpanel/cohorts/901/sync", """{"targetList":16}""");
        Assert.Equal((HttpStatusCode.Conflict, "not-connected"), (sync.Status, sync.Code));
        Assert.Equal("connected", (await world.PostAsync("connectors/brevo/resume")).Json.GetProperty("state").GetString());
        await ArrivedAsync(world, 2);
    }

    [Fact]
    public async Task A_pause_outlives_the_key_of_the_API_where_the_file_has_one()
    {
        await using var world = await ManagedWorld.StartAsync();
        await world.PutAsync("connectors/brevo", Key(ManagedWorld.BrevoKey));
        await world.PostAsync("connectors/brevo/pause");
        await world.DeleteAsync("connectors/brevo");
        Assert.Equal("notConnected", (await world.GetAsync("connectors/brevo")).Json.GetProperty("state").GetString());

        await world.StopNodeAsync();
        await world.StartNodeAsync(brevo: $"api_key: {ManagedWorld.BrevoKey}");
        await world.PutAsync("connectors/brevo", Key(ManagedWorld.BrevoKey));
        await world.PostAsync("connectors/brevo/pause");
        Assert.Equal(HttpStatusCode.NoContent, (await world.DeleteAsync("connectors/brevo")).Status);
        var left = (await world.GetAsync("connectors/brevo")).Json;
        Assert.Equal(("paused", "config"), (left.GetProperty("state").GetString(), left.GetProperty("source").GetString()));
    }

    [Fact]
    public async Task A_project_stays_with_the_Brevo_account_that_it_had_first()
    {
        await using var world = await ManagedWorld.StartAsync();
        await using var other = await BrevoSimulator.StartAsync(
            new BrevoSimulatorOptions { ApiKey = "xkeysib-of-another", OrganizationId = "0123456789abcdef01234567" }, ManagedWorld.Token);
        Assert.Equal(HttpStatusCode.OK, (await world.PutAsync("connectors/brevo", Key(ManagedWorld.BrevoKey))).Status);
        await world.StopNodeAsync();
        await world.StartNodeAsync(brevoUrl: other.BaseUrl.AbsoluteUri);

        // Neither in its place, nor after it was disconnected.
        for (var i = 0; i < 2; i++)
        {
            var refused = await world.PutAsync("connectors/brevo", Key("xkeysib-of-another"));
            Assert.Equal((HttpStatusCode.Conflict, "other-account", "apiKey"), (refused.Status, refused.Code, refused.Field));
            await world.DeleteAsync("connectors/brevo");
            Assert.Equal("notConnected", (await world.GetAsync("connectors/brevo")).Json.GetProperty("state").GetString());
        }

        // Nor when nobody says whose account it is.
        await world.StopNodeAsync();
        await world.StartNodeAsync(brevoUrl: "http://127.0.0.1:9/v3");
        Assert.Equal("not-reachable", (await world.PutAsync("connectors/brevo", Key("xkeysib-of-another"))).Code);

        await world.StopNodeAsync();
        await world.StartNodeAsync();
        Assert.Equal(HttpStatusCode.OK, (await world.PutAsync("connectors/brevo", Key(ManagedWorld.BrevoKey))).Status);
    }

    [Fact]
    public async Task The_account_of_the_files_key_is_the_first_one_too()
    {
        await using var world = await ManagedWorld.StartAsync(brevo: $"api_key: {ManagedWorld.BrevoKey}");
        await using var other = await BrevoSimulator.StartAsync(
            new BrevoSimulatorOptions { ApiKey = "xkeysib-of-another", OrganizationId = "0123456789abcdef01234567" }, ManagedWorld.Token);
        await LearnedAsync(world, "shop");
        Assert.Null((await world.GetAsync("connectors/brevo")).Json.GetProperty("changedAt").GetString());
        await world.StopNodeAsync();
        await world.StartNodeAsync(brevoUrl: other.BaseUrl.AbsoluteUri);
        Assert.Equal("other-account", (await world.PutAsync("connectors/brevo", Key("xkeysib-of-another"))).Code);
        await world.StopNodeAsync();
        await world.StartNodeAsync();
        Assert.Equal(HttpStatusCode.OK, (await world.PutAsync("connectors/brevo", Key(ManagedWorld.BrevoKey))).Status);
    }

    [Fact]
    public async Task Two_keys_of_one_account_do_not_fill_one_list_from_two_projects()
    {
        // Two doors to one account: the organisation is the same, and the keys are not.
        await using var door = await BrevoSimulator.StartAsync(new BrevoSimulatorOptions { ApiKey = "xkeysib-second-key" }, ManagedWorld.Token);
        await using var world = await ManagedWorld.StartAsync();
        await world.StopNodeAsync();
        await world.StartNodeAsync("lists: { all_users: 17 }", $$"""
            webhook_token: of-nobody
                property_mapping: { $email: email }
              - project: { id: news, access_key: access-of-the-news, secret_key: secret-of-the-news-0123456789 }
                connectors:
                  mixpanel: { lists: { all_users: 17 } }
                  brevo: { api_key: xkeysib-second-key, base_url: "{{door.BaseUrl.AbsoluteUri}}" }
            """);
        await LearnedAsync(world, "news");
        var taken = await world.PutAsync("connectors/brevo", Key(ManagedWorld.BrevoKey));
        Assert.Equal((HttpStatusCode.Conflict, "taken", "apiKey"), (taken.Status, taken.Code, taken.Field));
        Assert.Equal("notConnected", (await world.GetAsync("connectors/brevo")).Json.GetProperty("state").GetString());

        // Nor does a sync that somebody asks for, of a list that only the other project's config names.
        await world.StopNodeAsync();
        await world.StartNodeAsync("lists: { all_users: 16 }", $$"""
            webhook_token: of-nobody
                property_mapping: { $email: email }
              - project: { id: news, access_key: access-of-the-news, secret_key: secret-of-the-news-0123456789 }
                connectors:
                  mixpanel: { lists: { all_users: 17 } }
                  brevo: { api_key: xkeysib-second-key, base_url: "{{door.BaseUrl.AbsoluteUri}}" }
            """);
        Assert.Equal(HttpStatusCode.OK, (await world.PutAsync("connectors/brevo", Key(ManagedWorld.BrevoKey))).Status);
        await ReceiveAsync(world, "s1", "ana");
        var sync = await world.PostAsync("connectors/mixpanel/cohorts/901/sync", """{"targetList":17}""");
        Assert.Equal((HttpStatusCode.Conflict, "taken", "targetList"), (sync.Status, sync.Code, sync.Field));
    }

    [Fact]
    public async Task Asking_for_the_account_stays_inside_its_budget()
    {
        await using var world = await ManagedWorld.StartAsync();
        world.Brevo.Faults.Add("GET", "/account", BrevoFaultEffect.TooManyRequests(600), 1);
        Assert.Equal("not-reachable", (await world.PutAsync("connectors/brevo", Key(ManagedWorld.BrevoKey))).Code);
        var asked = world.Brevo.Calls.Count("GET", "/account");
        Assert.Equal("not-reachable", (await world.PutAsync("connectors/brevo", Key(ManagedWorld.BrevoKey))).Code);
        Assert.Equal((1L, 1L), (asked, world.Brevo.Calls.Count("GET", "/account")));
    }

    [Fact]
    public async Task Credentials_are_checked_when_that_is_asked()
    {
        await using var world = await ManagedWorld.StartAsync();
        var wrong = await world.PutAsync("connectors/brevo", """{"apiKey":"xkeysib-wrong"}""");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "credentials-refused", "apiKey"), (wrong.Status, wrong.Code, wrong.Field));
        Assert.Equal("notConnected", (await world.GetAsync("connectors/brevo")).Json.GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.OK, (await world.PutAsync("connectors/brevo", Key(ManagedWorld.BrevoKey))).Status);

        // It is always asked; there is no choice to send.
        var choice = await world.PutAsync("connectors/brevo", $$"""{"apiKey":"{{ManagedWorld.BrevoKey}}","check":true}""");
        Assert.Equal((HttpStatusCode.BadRequest, "check"), (choice.Status, choice.Field));

        var refused = await world.PutAsync("connectors/mixpanel", Connection.Replace(ManagedWorld.AccountSecret, "wrong", StringComparison.Ordinal)[..^1] + ",\"check\":true}");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "credentials-refused"), (refused.Status, refused.Code));
        Assert.Equal(HttpStatusCode.OK, (await world.PutAsync("connectors/mixpanel", Connection[..^1] + ",\"check\":true}")).Status);

        // Nobody listens there.
        await world.StopNodeAsync();
        await world.StartNodeAsync(brevoUrl: "http://127.0.0.1:9/v3");
        Assert.Equal("not-reachable", (await world.PutAsync("connectors/brevo", """{"apiKey":"k"}""")).Code);
    }

    [Fact]
    public async Task A_change_that_the_node_cannot_follow_yet_is_stored_and_says_so()
    {
        await using var world = await ManagedWorld.StartAsync(brevo: $"api_key: {ManagedWorld.BrevoKey}");
        await world.PutAsync("connectors/mixpanel", Connection);

        // Somebody has written into the store past Sluice.
        await world.Node.Store.Connectors.ConnectAsync("shop", "mixpanel", [1, 2, 3], null, ManagedWorld.Token);
        var paused = await world.PostAsync("connectors/brevo/pause");
        Assert.Equal((HttpStatusCode.Accepted, "paused"), (paused.Status, paused.Json.GetProperty("state").GetString()));
        Assert.Contains("cannot be decrypted", paused.Json.GetProperty("pending").GetString(), StringComparison.Ordinal);
        Assert.Contains("does not work with it yet", (await world.GetAsync("connectors/brevo")).Json.GetProperty("pending").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Accepted, (await world.PostAsync("connectors/brevo/resume")).Status);

        // What cannot be read can be connected anew, and then all of it is so.
        var mended = await world.PutAsync("connectors/mixpanel", Connection);
        Assert.Equal((HttpStatusCode.OK, null), (mended.Status, mended.Json.GetProperty("pending").GetString()));
        Assert.Equal(HttpStatusCode.OK, (await world.PostAsync("connectors/brevo/pause")).Status);
    }

    [Fact]
    public async Task What_cannot_be_read_can_be_disconnected()
    {
        await using var world = await ManagedWorld.StartAsync();
        await world.Node.Store.Connectors.ConnectAsync("shop", "mixpanel", [1, 2, 3], null, ManagedWorld.Token);
        Assert.Equal(HttpStatusCode.NoContent, (await world.DeleteAsync("connectors/mixpanel")).Status);
        Assert.Equal("notConnected", (await world.GetAsync("connectors/mixpanel")).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Another_projects_Mixpanel_is_not_taken()
    {
        await using var world = await ManagedWorld.StartAsync();
        await world.PutAsync("connectors/mixpanel", Connection);
        var taken = await world.SendAsync(HttpMethod.Put, "connectors/mixpanel", $$"""{"projectToken":"{{ManagedWorld.MixpanelToken}}"}""", ManagedWorld.Blog);
        Assert.Equal((HttpStatusCode.Conflict, "taken", "projectToken"), (taken.Status, taken.Code, taken.Field));
    }

    private static async Task LearnedAsync(ManagedWorld world, string project) => await Eventually.GetAsync(
        $"the account of {project}", _ => world.Node.Store.Connectors.AccountsAsync("brevo", ManagedWorld.Token), a => a.ContainsKey(project), TimeSpan.FromMinutes(2),
        cancellationToken: ManagedWorld.Token);

    private static string Key(string key) => $$"""{"apiKey":"{{key}}"}""";

    /// <summary>What Mixpanel sends of cohort 901, in one page.</summary>
    private static async Task ReceiveAsync(ManagedWorld world, string session, params string[] people)
    {
        var page = $$$"""
            {"action":"members","parameters":{"mixpanel_project_id":"{{{ManagedWorld.ProjectId}}}","mixpanel_cohort_id":"901","mixpanel_cohort_name":"Engaged","mixpanel_cohort_description":"",
            "mixpanel_session_id":"{{{session}}}","page_info":{"total_pages":1,"page_count":1},"members":[{{{string.Join(',', people.Select(p => $$"""{"$distinct_id":"{{p}}","$email":"{{p}}@shop.test"}"""))}}}]}}
            """;
        Assert.Equal(HttpStatusCode.OK, (await world.SendAsync(HttpMethod.Post, "/mixpanel/projects/shop/cohorts", page, ManagedWorld.Shop)).Status);
    }

    private static Task ArrivedAsync(ManagedWorld world, int people) => Eventually.TrueAsync(
        $"{people} in the list", () => world.Brevo.Lists.Single(l => l.Id == ManagedWorld.List).Members == people, TimeSpan.FromMinutes(4), cancellationToken: ManagedWorld.Token);
}
