using System.Globalization;
using System.Text;
using System.Text.Json;
using Sluice.Mixpanel.Client;
using Sluice.Simulators.Mixpanel.Export;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;
using MixpanelCohort = Sluice.Simulators.Mixpanel.Query.MixpanelCohort;
using MixpanelProject = Sluice.Simulators.Mixpanel.Ingestion.MixpanelProject;
using MixpanelResidency = Sluice.Simulators.Mixpanel.Ingestion.MixpanelResidency;

namespace Sluice.Tests.MixpanelClient;

/// <summary>The clients against the simulated Mixpanel, which was written without them from the same reference.</summary>
public sealed class SimulatorTests
{
    private const string Id = "12345";
    private static readonly DateOnly Today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cohort_is_listed_and_its_people_read_page_by_page()
    {
        await using var world = await World.StartAsync(new MixpanelSimulatorOptions
        {
            Query = new MixpanelQueryOptions { PageSize = 3, NumericDistinctIds = true, TotalOnFirstPageOnly = true },
        });
        var people = Enumerable.Range(1, 7).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToArray();
        foreach (var person in people)
        {
            world.Desk.SetProfile(person, $$"""{"$email":"u{{person}}@example.org","plan":"pro"}""");
        }

        world.Desk.SetCohort(new MixpanelCohort(7700123, "Dormant 30d", [.. people, "nobody"]) { Description = "no session" });
        var cohort = Assert.Single(await world.Query().CohortsAsync(Token));
        Assert.Equal((7700123, "Dormant 30d", "no session", true, 12345), (cohort.Id, cohort.Name, cohort.Description, cohort.IsVisible, cohort.ProjectId));

        var pages = await PagesAsync(world.Query(), new ProfileQuery { Cohort = cohort.Id, IncludeAllUsers = false, OutputProperties = ["plan"] });
        Assert.Equal([3, 3, 1], pages.Select(p => p.Profiles.Count));
        Assert.All(pages, p => Assert.Equal(7, p.Total));
        Assert.Equal(people, pages.SelectMany(p => p.Profiles).Select(p => p.DistinctId).Order(StringComparer.Ordinal));
        Assert.All(pages.SelectMany(p => p.Profiles), p => Assert.Equal("""{"plan":"pro"}""", p.Properties.GetRawText()));

        pages = await PagesAsync(world.Query(), new ProfileQuery { Cohort = cohort.Id });
        Assert.Contains("nobody", pages.SelectMany(p => p.Profiles).Select(p => p.DistinctId));
        Assert.Equal(0, world.Mixpanel.Calls.BudgetViolationCount);
    }

    [Fact]
    public async Task A_session_that_never_was_is_lost()
    {
        await using var world = await World.StartAsync();
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => world.Query().ProfilesAsync(new ProfileQuery(), 1, "none", Token));
        Assert.Equal(MixpanelFailureKind.SessionLost, failure.Kind);
    }

    [Fact]
    public async Task Reports_are_read_of_what_was_imported()
    {
        await using var world = await World.StartAsync();
        await world.ImportAsync(("Sign up", "u-1"), ("Purchase", "u-1"), ("Sign up", "u-2"));
        world.Desk.SetFunnel(new Simulators.Mixpanel.Query.MixpanelFunnel(9070, "Signup", ["Sign up", "Purchase"]));
        world.Desk.SetReport(77, """{"computed_at":"x","headers":["$event"],"series":{"Purchase":{"all":1}}}""");
        world.Desk.SetReport(78, """{"error":"the report is broken"}""");
        world.Desk.SetScript("function main() { return 1; }", """[{"key":["u-1"],"value":2},{"key":["u-2"],"value":1}]""");
        var client = world.Query();
        var query = new SegmentationQuery("Sign up", Today.AddDays(-1), Today) { On = "properties[\"amount\"]" };

        Assert.Equal(2, (await client.SegmentationAsync(new SegmentationQuery("Sign up", Today.AddDays(-1), Today), Token)).Values["Sign up"].Values.Sum());
        Assert.Equal(20, (await client.SegmentationSumAsync(query, Token)).Values.Sum());
        Assert.Contains(10, (await client.SegmentationAverageAsync(query, Token)).Values);
        Assert.NotEmpty((await client.SegmentationNumericAsync(query, Token)).Values);
        Assert.Equal(2, (await client.RetentionAsync(new RetentionQuery(Today.AddDays(-1), Today) { BornEvent = "Sign up" }, Token)).Values.Sum(c => c.First));
        Assert.NotEmpty(await client.AddictionAsync(new AddictionQuery(Today.AddDays(-1), Today, MixpanelUnit.Day, MixpanelUnit.Hour), Token));
        Assert.Equal([new Sluice.Mixpanel.Client.MixpanelFunnel(9070, "Signup")], await client.FunnelsAsync(Token));
        var funnel = await client.FunnelAsync(new FunnelQuery(9070, Today.AddDays(-1), Today), Token);
        Assert.Equal([2, 1], Enumerable.Range(0, 2).Select(step => funnel.Steps.Values.Sum(day => day[FunnelResult.Overall][step].Count)));
        Assert.Equal("""{"Purchase":{"all":1}}""", (await client.InsightsAsync(77, Token)).Series.GetRawText());
        Assert.Equal(MixpanelFailureKind.QueryFailed, (await Assert.ThrowsAsync<MixpanelException>(() => client.InsightsAsync(78, Token))).Kind);
        Assert.Equal(["Purchase", "Sign up"], (await client.EventNamesAsync(MixpanelCountType.General, cancellationToken: Token)).Order(StringComparer.Ordinal));
        Assert.NotEmpty((await client.EventsAsync(["Sign up"], MixpanelCountType.Unique, new EventsSpan(MixpanelUnit.Day) { Interval = 3 }, Token)).Values);
        Assert.Contains("amount", (await client.TopPropertiesAsync("Sign up", cancellationToken: Token)).Keys);
        Assert.Equal(["10"], await client.PropertyValuesAsync("Sign up", "amount", cancellationToken: Token));
        var activity = await client.StreamAsync(["u-1"], Today.AddDays(-1), Today, Token);
        Assert.Equal(["Purchase u-1", "Sign up u-1"], activity.Select(e => $"{e.Event} {e.DistinctId}").Order(StringComparer.Ordinal));
        Assert.Equal(["""{"key":["u-1"],"value":2}""", """{"key":["u-2"],"value":1}"""], await RowsAsync(client, "function main() { return 1; }"));
        Assert.Equal(MixpanelFailureKind.ScriptFailed, (await Assert.ThrowsAsync<MixpanelException>(() => RowsAsync(client, "nonsense"))).Kind);
    }

    [Fact]
    public async Task Wrong_keys_places_and_plans_are_told_apart()
    {
        await using var world = await World.StartAsync(new MixpanelSimulatorOptions { Projects = [new MixpanelProject { Residency = MixpanelResidency.EU, AllowsQueries = false }] });
        Assert.Equal(MixpanelFailureKind.Unauthorized, (await FailAsync(world.Query())).Kind);
        var europe = world.Options with
        {
            Hosts = world.Options.Hosts with
            {
                Query = world.Mixpanel.UrlOf(MixpanelResidency.EU, MixpanelFamily.Query), Export = world.Mixpanel.UrlOf(MixpanelResidency.EU, MixpanelFamily.Export),
            },
        };
        Assert.Equal(MixpanelFailureKind.PaymentRequired, (await FailAsync(new MixpanelQueryClient(world.Http, europe))).Kind);
        Assert.Empty(await ExportAsync(new MixpanelExportClient(world.Http, europe), new ExportRequest(Today, Today)));
        Assert.Equal(
            MixpanelFailureKind.Unauthorized,
            (await FailAsync(new MixpanelQueryClient(world.Http, europe with { Credentials = MixpanelCredentials.ServiceAccount("simulator.account", "wrong", Id) }))).Kind);
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => ExportAsync(new MixpanelExportClient(world.Http, europe), new ExportRequest(Today, Today.AddDays(3))));
        Assert.Equal(MixpanelFailureKind.DateNotReached, failure.Kind);
    }

    [Fact]
    public async Task A_budget_that_is_spent_says_when_there_is_more()
    {
        await using var world = await World.StartAsync(new MixpanelSimulatorOptions
        {
            Limits = new MixpanelLimits { QueriesPerHour = 2 }, Query = new MixpanelQueryOptions { SendsRetryAfter = true },
        });
        await world.Query().CohortsAsync(Token);
        await world.Query().FunnelsAsync(Token);
        var failure = await FailAsync(world.Query());
        Assert.Equal((MixpanelFailureKind.RateLimited, true), (failure.Kind, failure.ShouldRetry));
        Assert.InRange(failure.RetryAfter!.Value, TimeSpan.FromMinutes(50), TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task Tokens_are_renewed_at_the_token_endpoint()
    {
        await using var world = await World.StartAsync(new MixpanelSimulatorOptions { OAuthClients = [new MixpanelOAuthClient("cli", "sec", "refresh-1", [Id])] });
        var store = new Store { Current = new MixpanelTokenSet("ended", "refresh-1", null) };
        await using var tokens = new OAuthTokens(
            world.Http, new OAuthOptions { ClientId = "cli", ClientSecret = "sec", TokenEndpoint = new Uri(world.Mixpanel.AppUrl, "/oauth/token/") }, store);
        Assert.Empty(await new MixpanelQueryClient(world.Http, world.Options with { Credentials = MixpanelCredentials.OAuth(tokens, Id) }).CohortsAsync(Token));
        Assert.NotEqual("ended", store.Current.AccessToken);

        // What the endpoint gave opens the other families as well.
        Assert.Empty(await ExportAsync(new MixpanelExportClient(world.Http, world.Options with { Credentials = MixpanelCredentials.OAuth(tokens, Id) }), new ExportRequest(Today, Today)));
        store.Current = new MixpanelTokenSet("ended", "never-given", null);
        await using var stranger = new OAuthTokens(
            world.Http, new OAuthOptions { ClientId = "cli", ClientSecret = "sec", TokenEndpoint = new Uri(world.Mixpanel.AppUrl, "/oauth/token/") }, store);
        Assert.Equal(
            MixpanelFailureKind.Unauthorized,
            (await FailAsync(new MixpanelQueryClient(world.Http, world.Options with { Credentials = MixpanelCredentials.OAuth(stranger, Id) }))).Kind);
    }

    [Fact]
    public async Task Exports_give_what_is_there_and_tell_what_broke()
    {
        const string Path = "/api/2.0/export";
        await using var world = await World.StartAsync(new MixpanelSimulatorOptions { Limits = new MixpanelLimits { ExportsPerSecond = 100 } });
        world.Desk.Generate(new MixpanelGenerated(Today.AddDays(-3), Today.AddDays(-1), 1_000));
        var client = new MixpanelExportClient(world.Http, world.Options);
        var request = new ExportRequest(Today.AddDays(-3), Today.AddDays(-1));
        var whole = await ExportAsync(client, request);
        Assert.Equal(3_000, whole.Count);
        Assert.Equal(whole, await ExportAsync(client, request with { WindowDays = 1 }));
        Assert.Equal(whole[..500], await ExportAsync(client, request with { Limit = 500 }));

        world.Mixpanel.Faults.Add("GET", Path, MixpanelFaultEffect.SplitLine(700));
        Assert.Equal(whole, await ExportAsync(client, request));
        foreach (var fault in (MixpanelFaultEffect[])[MixpanelFaultEffect.TerminatedEarly(700), MixpanelFaultEffect.CutInside(700)])
        {
            world.Mixpanel.Faults.Add("GET", Path, fault);
            var given = new List<string>();
            var failure = await Assert.ThrowsAsync<ExportInterruptedException>(() => ExportAsync(client, request, given));
            Assert.Equal((given.Count, true), (failure.RecordsGiven, failure.ShouldRetry));
            Assert.Equal(whole[..given.Count], given);
            Assert.InRange(given.Count, 1, 2_999);
        }
    }

    [Fact]
    public async Task The_app_api_manages_a_project()
    {
        await using var world = await World.StartAsync(new MixpanelSimulatorOptions { Limits = new MixpanelLimits { SchemaCallsPerMinute = 100 } });
        var client = new MixpanelAppClient(world.Http, world.Options);
        var me = await client.MeAsync(Token);
        Assert.Equal(("simulator.account", "UTC"), (me.UserName, me.Projects.Single(p => p.Id == 12345).TimeZone));

        var made = await client.CreateServiceAccountAsync(77, "new one", "admin", [new MixpanelProjectRole(12345, "analyst")], cancellationToken: Token);
        Assert.NotEmpty(made.Secret);
        Assert.Equal(2, (await client.ServiceAccountsAsync(77, Token)).Count);
        await client.RemoveServiceAccountsAsync(77, [made.Account.Id], [12345], Token);
        Assert.Single(await client.ServiceAccountsOfProjectAsync(Token));
        await client.AddServiceAccountsAsync(77, [made.Account.Id], [new MixpanelProjectRole(12345, "analyst")], Token);
        Assert.Equal(made.Account.UserName, (await client.ServiceAccountAsync(77, made.Account.Id, Token)).UserName);
        await client.DeleteServiceAccountAsync(77, made.Account.Id, Token);
        Assert.Equal(MixpanelFailureKind.NotFound, (await Assert.ThrowsAsync<MixpanelException>(() => client.ServiceAccountAsync(77, made.Account.Id, Token))).Kind);

        var schema = new MixpanelSchema(MixpanelSchema.Event, "Purchase", JsonElement.Parse("""{"description":"d","properties":{"amount":{"type":"number"}}}"""u8));
        Assert.Equal(1, (await client.UploadSchemasAsync([schema], cancellationToken: Token)).Added);
        Assert.Equal("Purchase", Assert.Single(await client.SchemasAsync(MixpanelSchema.Event, Token)).Name);
        Assert.Equal(1, await client.DeleteSchemasAsync(MixpanelSchema.Event, "Purchase", Token));

        var tag = await client.CreateAnnotationTagAsync("release", Token);
        var note = await client.CreateAnnotationAsync(Today.ToDateTime(new TimeOnly(12, 0)), "launch", [tag.Id], Token);
        Assert.Equal("later", (await client.UpdateAnnotationAsync(note.Id, "later", cancellationToken: Token)).Description);
        Assert.Equal([note.Id], (await client.AnnotationsAsync(Today.AddDays(-1), Today.AddDays(1), Token)).Select(a => a.Id));
        await client.DeleteAnnotationAsync(note.Id, Token);
        Assert.Empty(await client.AnnotationsAsync(Today.AddDays(-1), Today.AddDays(1), Token));
    }

    private static async Task<List<ProfilePage>> PagesAsync(MixpanelQueryClient client, ProfileQuery query)
    {
        var pages = new List<ProfilePage>();
        await foreach (var page in client.AllProfilesAsync(query, Token))
        {
            pages.Add(page);
        }

        return pages;
    }

    private static async Task<List<string>> RowsAsync(MixpanelQueryClient client, string script)
    {
        var rows = new List<string>();
        await foreach (var row in client.JqlAsync(script, cancellationToken: Token))
        {
            rows.Add(row.GetRawText());
        }

        return rows;
    }

    private static async Task<List<string>> ExportAsync(MixpanelExportClient client, ExportRequest request, List<string>? into = null)
    {
        var records = into ?? [];
        await foreach (var batch in client.ExportAsync(request, Token))
        {
            Assert.Empty(batch.Damaged);
            records.AddRange(batch.Records.Select(r => Encoding.UTF8.GetString(r.Span)));
        }

        return records;
    }

    private static Task<MixpanelException> FailAsync(MixpanelQueryClient client) => Assert.ThrowsAsync<MixpanelException>(() => client.CohortsAsync(Token));

    private sealed class Store : ITokenStore
    {
        public required MixpanelTokenSet Current { get; set; }

        public ValueTask<MixpanelTokenSet?> ReadAsync(CancellationToken cancellationToken) => new(Current);

        public ValueTask WriteAsync(string spent, MixpanelTokenSet tokens, CancellationToken cancellationToken)
        {
            Current = tokens;
            return ValueTask.CompletedTask;
        }
    }

    private sealed class World : IAsyncDisposable
    {
        private World(MixpanelSimulator mixpanel)
        {
            Mixpanel = mixpanel;
            Options = new MixpanelClientOptions
            {
                Credentials = MixpanelCredentials.ServiceAccount("simulator.account", "simulator-secret", Id),
                Hosts = new MixpanelHosts(mixpanel.BaseUrl, mixpanel.QueryUrl, mixpanel.ExportUrl, mixpanel.AppUrl),
            };
        }

        public MixpanelSimulator Mixpanel { get; }

        public MixpanelDesk Desk => Mixpanel.Desk(Id);

        public HttpClient Http { get; } = new(MixpanelClientOptions.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };

        public MixpanelClientOptions Options { get; }

        public static async Task<World> StartAsync(MixpanelSimulatorOptions? options = null) => new(await MixpanelSimulator.StartAsync(options, Token));

        public MixpanelQueryClient Query() => new(Http, Options);

        public async Task ImportAsync(params (string Event, string Id)[] events)
        {
            var batch = new MixpanelBatch();
            var time = TimeProvider.System.GetUtcNow().AddMinutes(-events.Length).ToUnixTimeMilliseconds();
            foreach (var (name, id) in events)
            {
                time += 1_000;
                Assert.True(batch.TryAppend(Encoding.UTF8.GetBytes(string.Create(
                    CultureInfo.InvariantCulture,
                    $$$"""{"event":"{{{name}}}","properties":{"time":{{{time}}},"distinct_id":"{{{id}}}","$insert_id":"{{{Guid.NewGuid():N}}}","amount":10}}"""))));
            }

            Assert.Empty((await new MixpanelIngestionClient(Http, Options).ImportAsync(batch, Token)).Failed);
        }

        public async ValueTask DisposeAsync()
        {
            Http.Dispose();
            await Mixpanel.DisposeAsync();
        }
    }
}
