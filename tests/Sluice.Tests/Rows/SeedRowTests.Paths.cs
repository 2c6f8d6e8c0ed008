using System.Globalization;
using System.Text.Json;
using Sluice.Mixpanel.Client;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Tests.Commands;
using MixpanelFunnel = Sluice.Simulators.Mixpanel.Query.MixpanelFunnel;
using MixpanelGenerated = Sluice.Simulators.Mixpanel.Export.MixpanelGenerated;
using MixpanelProject = Sluice.Simulators.Mixpanel.Ingestion.MixpanelProject;
using MixpanelResidency = Sluice.Mixpanel.Client.MixpanelResidency;
using MixpanelServiceAccount = Sluice.Simulators.Mixpanel.Ingestion.MixpanelServiceAccount;
using Residency = Sluice.Simulators.Mixpanel.Ingestion.MixpanelResidency;

namespace Sluice.Tests.Rows;

// The rows about paths, hosts, credentials and answers.
public sealed partial class SeedRowTests
{
    private const string Script = "function main() { return People().reduce(mixpanel.reducer.count()); }";

    // One project a residency, behind the same service account.
    private static readonly MixpanelSimulatorOptions Everywhere = new()
    {
        Projects =
        [
            new MixpanelProject { Id = "4100200" },
            new MixpanelProject { Id = "4100201", Token = "token-eu", ApiSecret = "secret-eu", Residency = Residency.EU },
            new MixpanelProject { Id = "4100202", Token = "token-in", ApiSecret = "secret-in", Residency = Residency.IN },
        ],
    };

    [Fact]
    public async Task Me_is_asked_at_the_app_api_with_a_service_account()
    {
        await using var world = await RowWorld.StartAsync();
        var me = await world.App().MeAsync(Token);
        Assert.Equal(("simulator.account", 12345L), (me.UserName, Assert.Single(me.Projects).Id));
        Assert.Equal(MixpanelFailureKind.Unauthorized, await RowWorld.FailureAsync(() => world.App(RowWorld.Account("nobody")).MeAsync(Token)));
        Assert.Equal(MixpanelFailureKind.Unauthorized, await RowWorld.FailureAsync(() => world.App(MixpanelCredentials.ProjectSecret("simulator-api-secret")).MeAsync(Token)));
        Assert.Equal(["GET /api/app/me"], world.Calls.Distinct());
    }

    [Fact]
    public async Task A_bearer_opens_the_profile_query_by_its_older_path()
    {
        await using var world = await RowWorld.StartAsync(new MixpanelSimulatorOptions { Projects = [new MixpanelProject { OAuthTokens = ["partner"] }] });
        world.Desk.SetProfile("u-1", """{"plan":"pro"}""");
        var answer = await world.Query(MixpanelCredentials.OAuth("partner", RowWorld.Id)).RawAsync(HttpMethod.Post, "/api/2.0/engage", [], [new("page", "0")], Token);
        Assert.Equal((200, "u-1"), (answer.Status, JsonElement.Parse(answer.Body.Span).GetProperty("results")[0].GetProperty("$distinct_id").GetString()));
        Assert.Equal(401, (await world.Query(MixpanelCredentials.OAuth("stranger", RowWorld.Id)).RawAsync(HttpMethod.Post, "/api/2.0/engage", [], [new("page", "0")], Token)).Status);
        Assert.Equal(["POST /api/2.0/engage"], world.Calls.Distinct());
    }

    [Fact]
    public async Task Import_names_the_project_and_asks_for_every_records_verdict()
    {
        await using var world = await RowWorld.StartAsync();
        var events = RowWorld.Batch(world.Event("u-1", "i-1"), """{"event":"","properties":{}}""", world.Event("u-2", "i-2"));
        var result = await world.Ingestion().ImportAsync(events, Token);
        Assert.Equal([(1, "event")], result.Failed.Select(failed => (failed.Index, failed.Field)));
        Assert.Equal((2, "?strict=1&project_id=12345"), (world.Mixpanel.EventCount(RowWorld.Id), world.Parameters));

        // A project's secret names the project itself, and is refused beside another name for it.
        await world.Ingestion(MixpanelCredentials.ProjectSecret("simulator-api-secret")).ImportAsync(events, Token);
        Assert.Equal((4, "?strict=1"), (world.Mixpanel.EventCount(RowWorld.Id), world.Parameters));

        var body = $"[{world.Event("u-3", "i-3")},{{}}]";
        Assert.Equal(400, (await world.PostAsync("/import?strict=1", body)).Status);
        Assert.Equal(4, world.Mixpanel.EventCount(RowWorld.Id));
        Assert.Equal((200, """{"code":200,"num_records_imported":1,"status":"OK"}"""), await world.PostAsync("/import?strict=0&project_id=12345", body));
        Assert.Equal(1, world.Mixpanel.Lost(RowWorld.Id)["invalid without strict"]);
    }

    [Fact]
    public async Task Import_answers_with_code_status_and_number()
    {
        const string Expected = """{"code":200,"num_records_imported":1,"status":"OK"}""";
        await using var world = await RowWorld.StartAsync();
        Assert.Equal((200, Expected), await world.PostAsync("/import?strict=1&project_id=12345", $"[{world.Event()}]"));
        Assert.Empty((await world.Ingestion().ImportAsync(RowWorld.Batch(world.Event("u-2", "i-2")), Token)).Failed);
        Assert.Equal(2, world.Mixpanel.EventCount(RowWorld.Id));

        // Whoever sends to Sluice instead is answered the same.
        await program.StartedAsync();
        var (status, answer) = await program.PostAsync("/import?strict=1", $"[{world.Event("row-6", "i-1", "Answered")}]");
        Assert.Equal(200, status);
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(Expected), JsonElement.Parse(answer)), answer);
    }

    [Fact]
    public async Task Operations_on_profiles_have_one_path_without_a_fragment()
    {
        await using var world = await RowWorld.StartAsync();
        var result = await world.Ingestion().EngageAsync(
            RowWorld.Batch(
                Update("u-1", """ "$set":{"plan":"pro","n":1} """),
                Update("u-1", """ "$set_once":{"plan":"free","first":"yes","kept":"yes"} """),
                Update("u-1", """ "$add":{"n":2} """),
                Update("u-1", """ "$append":{"log":"a"} """),
                Update("u-1", """ "$append":{"log":"a"} """),
                Update("u-1", """ "$union":{"tags":["a","b"]} """),
                Update("u-1", """ "$union":{"tags":["b"]} """),
                Update("u-1", """ "$remove":{"tags":"a"} """),
                Update("u-1", """ "$unset":["first"] """),
                Update("u-2", """ "$set":{"plan":"pro"} """),
                Update("u-2", """ "$delete":"" """)),
            Token);
        Assert.Equal((0, false), (result.Failed.Count, result.FailedWithoutNames));
        var profile = Assert.Single(world.Mixpanel.Profiles(RowWorld.Id));
        Assert.True(
            JsonElement.DeepEquals(JsonElement.Parse("""{"plan":"pro","n":3,"kept":"yes","log":["a","a"],"tags":["b"]}"""), JsonElement.Parse(profile.PropertiesJson)),
            profile.PropertiesJson);
        Assert.Equal(["POST /engage"], world.Calls);

        static string Update(string id, string operation) =>
            $$"""{"$token":"simulator-token","$distinct_id":"{{id}}","$ip":"0","$ignore_time":true,{{operation}}}""";
    }

    [Fact]
    public async Task Group_profiles_have_a_path_of_their_own()
    {
        await using var world = await RowWorld.StartAsync(new MixpanelSimulatorOptions { Projects = [new MixpanelProject { GroupKeys = ["company"] }] });
        var result = await world.Ingestion().GroupsAsync(
            RowWorld.Batch(
                """{"$token":"simulator-token","$group_key":"company","$group_id":"acme","$set":{"seats":40}}""",
                """{"$token":"simulator-token","$group_key":"company","$group_id":"acme","$add":{"seats":1}}"""),
            Token);
        Assert.Equal([1], result.Failed.Select(failed => failed.Index));
        var group = Assert.Single(world.Mixpanel.Groups(RowWorld.Id));
        Assert.Equal(("company", "acme", """{"seats":40}"""), (group.GroupKey, group.GroupId, group.PropertiesJson));
        Assert.Empty(world.Mixpanel.Profiles(RowWorld.Id));
        Assert.Equal(["POST /groups"], world.Calls);
    }

    [Fact]
    public async Task Raw_export_is_at_the_data_host()
    {
        await using var world = await RowWorld.StartAsync();
        await world.Ingestion().ImportAsync(RowWorld.Batch(world.Event()), Token);
        var request = new ExportRequest(world.Today, world.Today);
        var line = JsonElement.Parse(Assert.Single(await RowWorld.LinesAsync(world.Export(), request)));
        Assert.Equal(("Purchase", "u-1"), (line.GetProperty("event").GetString(), line.GetProperty("properties").GetProperty("distinct_id").GetString()));
        Assert.Equal((MixpanelFamily.Export, "/api/2.0/export"), (world.Mixpanel.Calls.Last[^1].Family, world.Mixpanel.Calls.Last[^1].Path));
        foreach (var wrong in (Uri[])[world.Options.Hosts.Ingestion, world.Options.Hosts.Query])
        {
            var client = new MixpanelExportClient(world.Http, world.Options with { Hosts = world.Options.Hosts with { Export = wrong } });
            Assert.Equal(MixpanelFailureKind.NotFound, await RowWorld.FailureAsync(() => RowWorld.LinesAsync(client, request)));
        }
    }

    [Fact]
    public async Task Questions_are_asked_at_the_query_host()
    {
        await using var world = await RowWorld.StartAsync();
        await world.Ingestion().ImportAsync(RowWorld.Batch(world.Event()), Token);
        world.Desk.SetCohort(7, "Everybody", "u-1");
        world.Desk.SetFunnel(new MixpanelFunnel(9, "Buy", ["Purchase"]));
        world.Desk.SetScript(Script, "[1]");
        var client = world.Query();
        Assert.Equal(7, Assert.Single(await client.CohortsAsync(Token)).Id);
        Assert.Equal("u-1", Assert.Single((await client.ProfilesAsync(new ProfileQuery { Cohort = 7 }, cancellationToken: Token)).Profiles).DistinctId);
        Assert.Equal(["1"], await RowsAsync(client));
        Assert.Equal(1, (await client.SegmentationAsync(new SegmentationQuery("Purchase", world.Today, world.Today), Token)).Values["Purchase"].Values.Sum());
        Assert.Equal(1, (await client.RetentionAsync(new RetentionQuery(world.Today, world.Today) { BornEvent = "Purchase" }, Token)).Values.Sum(cohort => cohort.First));
        Assert.Equal(1, (await client.FunnelAsync(new FunnelQuery(9, world.Today, world.Today), Token)).Steps.Values.Sum(day => day[FunnelResult.Overall][0].Count));
        Assert.Equal(
            ["POST /api/query/cohorts/list", "POST /api/query/engage", "POST /api/query/jql", "GET /api/query/segmentation", "GET /api/query/retention", "GET /api/query/funnels"],
            world.Calls.Skip(1));
        Assert.All(world.Mixpanel.Calls.Last.Skip(1), call => Assert.Equal(MixpanelFamily.Query, call.Family));

        var wrong = new MixpanelQueryClient(world.Http, world.Options with { Hosts = world.Options.Hosts with { Query = world.Options.Hosts.Ingestion } });
        Assert.Equal(MixpanelFailureKind.NotFound, await RowWorld.FailureAsync(() => wrong.CohortsAsync(Token)));
    }

    [Fact]
    public async Task Every_family_has_its_own_host_in_every_residency()
    {
        await using var world = await RowWorld.StartAsync(Everywhere);
        using var http = new HttpClient(new NamedHosts(world.Mixpanel));
        foreach (var (residency, id) in (IEnumerable<(MixpanelResidency, string)>)
            [(MixpanelResidency.UnitedStates, "4100200"), (MixpanelResidency.EuropeanUnion, "4100201"), (MixpanelResidency.India, "4100202")])
        {
            var options = new MixpanelClientOptions { Credentials = RowWorld.Account(project: id), Hosts = MixpanelHosts.Of(residency) };
            Assert.Empty((await new MixpanelIngestionClient(http, options).ImportAsync(RowWorld.Batch(world.Event()), Token)).Failed);
            Assert.Equal(1, world.Mixpanel.EventCount(id));
            Assert.Empty(await new MixpanelQueryClient(http, options).CohortsAsync(Token));
            Assert.Single(await RowWorld.LinesAsync(new MixpanelExportClient(http, options), new ExportRequest(world.Today, world.Today)));
            Assert.Equal([long.Parse(id, CultureInfo.InvariantCulture)], (await new MixpanelAppClient(http, options).MeAsync(Token)).Projects.Select(project => project.Id));

            // Another residency's hosts do not know the project, and the ingestion host answers no questions.
            var elsewhere = options with { Hosts = MixpanelHosts.Of(residency == MixpanelResidency.UnitedStates ? MixpanelResidency.EuropeanUnion : MixpanelResidency.UnitedStates) };
            Assert.Equal(MixpanelFailureKind.Unauthorized, await RowWorld.FailureAsync(() => new MixpanelQueryClient(http, elsewhere).CohortsAsync(Token)));
            Assert.Equal(MixpanelFailureKind.Unauthorized, await RowWorld.FailureAsync(() => new MixpanelIngestionClient(http, elsewhere).ImportAsync(RowWorld.Batch(world.Event()), Token)));
            var one = options with { Hosts = MixpanelHosts.At(options.Hosts.Ingestion) };
            Assert.Equal(MixpanelFailureKind.NotFound, await RowWorld.FailureAsync(() => new MixpanelQueryClient(http, one).CohortsAsync(Token)));
        }
    }

    [Fact]
    public async Task Import_needs_the_role_of_an_owner_or_admin()
    {
        MixpanelRole[] roles = [MixpanelRole.Owner, MixpanelRole.Admin, MixpanelRole.Analyst, MixpanelRole.Consumer];
        await using var world = await RowWorld.StartAsync(new MixpanelSimulatorOptions
        {
            Projects = [new MixpanelProject { ServiceAccounts = [.. roles.Select(role => new MixpanelServiceAccount(role.ToString(), "simulator-secret", role))] }],
        });
        foreach (var role in roles)
        {
            var account = RowWorld.Account(role.ToString());
            if (role is MixpanelRole.Owner or MixpanelRole.Admin)
            {
                Assert.Empty((await world.Ingestion(account).ImportAsync(RowWorld.Batch(world.Event()), Token)).Failed);
            }
            else
            {
                Assert.Equal(MixpanelFailureKind.Forbidden, await RowWorld.FailureAsync(() => world.Ingestion(account).ImportAsync(RowWorld.Batch(world.Event()), Token)));
            }

            // Cohorts and events are read by everybody.
            Assert.Empty(await world.Query(account).CohortsAsync(Token));
            Assert.NotEmpty(await RowWorld.LinesAsync(world.Export(account), new ExportRequest(world.Today, world.Today)));
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(2, world.Mixpanel.EventCount(RowWorld.Id));
    }

    [Fact]
    public async Task The_config_knows_three_residencies()
    {
        await using var world = await RowWorld.StartAsync(Everywhere);
        await using var home = await CommandHome.CreateAsync(TimeProvider.System);
        await home.WithStoreAsync(_ => Task.CompletedTask);
        home.Host = home.Host with { Http = () => new NamedHosts(world.Mixpanel) };
        var plain = await File.ReadAllTextAsync(home.ConfigFile, Token);
        Assert.Contains("data_residency: \"US\"", plain, StringComparison.Ordinal);
        var day = world.Today.AddDays(-3);
        var text = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        string[] ids = ["4100200", "4100201", "4100202"];
        string[] residencies = ["US", "EU", "IN"];
        for (var i = 0; i < ids.Length; i++)
        {
            world.Mixpanel.Desk(ids[i]).Generate(new MixpanelGenerated(day, day, EventsPerDay: 10 + i));
        }

        for (var i = 0; i < ids.Length; i++)
        {
            await ConfigureAsync(residencies[i], ids[i]);
            (await home.RunAsync("config", "check")).Expect(0);
            var exported = (await home.RunAsync("export", "--source", "mixpanel", "--from", text, "--to", text)).Expect(0);
            Assert.Equal(10 + i, exported.Output.Count(letter => letter == '\n'));
        }

        // In another residency nobody knows the project; and there is no fourth.
        await ConfigureAsync("US", ids[1]);
        (await home.RunAsync("export", "--source", "mixpanel", "--from", text, "--to", text)).Expect(78);
        await ConfigureAsync("AU", ids[1]);
        Assert.NotEqual(0, (await home.RunAsync("config", "check")).Code);

        Task ConfigureAsync(string residency, string id) => File.WriteAllTextAsync(
            home.ConfigFile,
            plain.Replace("data_residency: \"US\"", $"data_residency: \"{residency}\"", StringComparison.Ordinal)
                .Replace("project_id: \"4100200\"", $"project_id: \"{id}\"\n    service_account: {{ username: simulator.account, secret: simulator-secret }}", StringComparison.Ordinal),
            Token);
    }

    private static async Task<List<string>> RowsAsync(MixpanelQueryClient client)
    {
        var rows = new List<string>();
        await foreach (var row in client.JqlAsync(Script, cancellationToken: Token))
        {
            rows.Add(row.GetRawText());
        }

        return rows;
    }
}
