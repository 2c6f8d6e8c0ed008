using System.Net;
using System.Text;
using Sluice.Client;
using Sluice.Simulators.Brevo;
using Sluice.Testing;
using Sluice.Tests.Management;

namespace Sluice.Tests.Sdk;

/// <summary>The .NET SDK against a running node, and against answers that go wrong.</summary>
public sealed class DotNetClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_documented_example_syncs_a_cohort()
    {
        await using var world = await ManagedWorld.StartAsync();
        await world.SaveCohortAsync(12345, "Engaged Users (Last 7 Days)", 32);
        using var client = Of(world);
        await client.Connectors.ConnectAsync("mixpanel", new MixpanelConnection
        {
            ProjectToken = ManagedWorld.MixpanelToken,
            ServiceAccountUser = ManagedWorld.Account,
            ServiceAccountSecret = ManagedWorld.AccountSecret,
            ProjectId = ManagedWorld.ProjectId,
        }, Token);

        var cohort = await client.Connectors.SyncCohortAsync("mixpanel", new CohortSyncRequest { CohortId = 12345, TargetList = 16, SyncMode = SyncMode.Mirror }, Token);
        Assert.Equal(new CohortSyncResult("Engaged Users (Last 7 Days)", 32, 32, 16, "done", 0), cohort);
        Assert.Equal(32, world.Brevo.ListCount(ManagedWorld.List));

        // A smaller cohort takes its people off the list again.
        world.Mixpanel.Desk(ManagedWorld.ProjectId).SetCohort(12345, "Engaged Users (Last 7 Days)", [.. Enumerable.Range(1, 30).Select(i => $"u{i:000}")]);
        var again = await client.Connectors.SyncCohortAsync("mixpanel", new CohortSyncRequest { CohortId = 12345, TargetList = 16 }, Token);
        Assert.Equal((30, 30, "done"), (again.MembersCount, again.SyncedToBrevo, again.State));
        Assert.Equal(30, world.Brevo.ListCount(ManagedWorld.List));
        var after = await client.Connectors.PreviewCohortSyncAsync("mixpanel", new CohortSyncRequest { CohortId = 12345, TargetList = 17 }, Token);
        Assert.Equal((30, 0, "At risk"), (after.Additions, after.Removals, after.ListName));

        await LookAroundAsync(client);
        var unknown = await Assert.ThrowsAsync<SluiceApiException>(
            () => client.Connectors.SyncCohortAsync("mixpanel", new CohortSyncRequest { CohortId = 999, TargetList = 16 }, Token));
        Assert.Equal((404, "not-found"), (unknown.Status, unknown.Code));
        var list = await Assert.ThrowsAsync<SluiceApiException>(
            () => client.Connectors.SyncCohortAsync("mixpanel", new CohortSyncRequest { CohortId = 12345, TargetList = 4711 }, Token));
        Assert.Equal(404, list.Status);
    }

    [Fact]
    public async Task A_list_that_the_config_fills_otherwise_is_left_alone()
    {
        await using var world = await ManagedWorld.StartAsync(mixpanel: "lists: { 901: { list: 16, mode: add } }", brevo: $"api_key: {ManagedWorld.BrevoKey}");
        await world.SaveCohortAsync(12345, "Engaged", 3);
        using var client = Of(world, brevoKey: null);
        await client.Connectors.ConnectAsync("mixpanel", new MixpanelConnection
        {
            ServiceAccountUser = ManagedWorld.Account, ServiceAccountSecret = ManagedWorld.AccountSecret, ProjectId = ManagedWorld.ProjectId,
        }, Token);
        var refused = await Assert.ThrowsAsync<SluiceApiException>(
            () => client.Connectors.SyncCohortAsync("mixpanel", new CohortSyncRequest { CohortId = 12345, TargetList = 16 }, Token));
        Assert.Equal((409, "declared-in-config", "targetList"), (refused.Status, refused.Code, Assert.Single(refused.Errors).Field));
        Assert.Equal(0, world.Brevo.ListCount(ManagedWorld.List));
    }

    [Fact]
    public async Task What_starts_work_is_tried_again_under_one_key_and_what_does_not_bear_it_is_not()
    {
        using var scripted = new Scripted(Busy, Busy, Scripted.Json("""{"retried":3}"""), Busy);
        using var http = new HttpClient(scripted);
        using var client = new SluiceClient(http, new Uri("http://sluice.test/"), "k", "s", new SluiceClientOptions { RetryDelay = TimeSpan.FromMilliseconds(1) });
        Assert.Equal(3, await client.DeadLetters.RetryAllAsync(Token));
        Assert.Single(scripted.Seen.Select(s => s.Key).Distinct());
        Assert.NotNull(scripted.Seen[0].Key);
        var busy = await Assert.ThrowsAsync<SluiceApiException>(() => client.Project.CreateKeyAsync(Token));
        Assert.True(busy.IsTransient);
        Assert.Equal(4, scripted.Seen.Count);
        Assert.Equal("/api/v1/keys", scripted.Seen[3].Path);
    }

    [Fact]
    public async Task OAuth_is_connected_as_a_service_account_is()
    {
        await using var world = await ManagedWorld.StartAsync();
        using var client = Of(world, brevoKey: null);
        var connection = new MixpanelConnection
        {
            OauthClientId = ManagedWorld.OAuthClient, OauthClientSecret = ManagedWorld.OAuthSecret, OauthRefreshToken = ManagedWorld.RefreshToken, ProjectId = ManagedWorld.ProjectId, Check = true,
        };
        Assert.DoesNotContain(ManagedWorld.RefreshToken, connection.ToString(), StringComparison.Ordinal);
        var connected = await client.Connectors.ConnectAsync("mixpanel", connection, Token);
        Assert.Equal((ConnectorState.Connected, ManagedWorld.OAuthClient, null, null), (connected.State, connected.OauthClientId, connected.ServiceAccountUser, connected.Pending));
    }

    [Fact]
    public async Task What_goes_on_after_the_answer_is_said_to_go_on()
    {
        await using var world = await ManagedWorld.StartAsync();
        await world.SaveCohortAsync(12345, "Engaged", 2);
        using var client = Of(world);
        await client.Connectors.ConnectAsync(
            "mixpanel", new MixpanelConnection { ServiceAccountUser = ManagedWorld.Account, ServiceAccountSecret = ManagedWorld.AccountSecret, ProjectId = ManagedWorld.ProjectId }, Token);
        foreach (var method in new[] { "POST", "PUT" })
        {
            world.Brevo.Faults.Add(method, "/contacts", BrevoFaultEffect.Hang(), count: null);
            world.Brevo.Faults.Add(method, "/contacts/*", BrevoFaultEffect.Hang(), count: null);
        }

        var running = await client.Connectors.SyncCohortAsync("mixpanel", new CohortSyncRequest { CohortId = 12345, TargetList = 16, Wait = TimeSpan.FromSeconds(1) }, Token);
        Assert.Equal(("running", 2, 16), (running.State, running.MembersCount, running.ListId));

        // What is stored in spite of what the node can read of it is told in the same way.
        await world.Node.Store.Connectors.ConnectAsync("shop", "mixpanel", [1, 2, 3], null, Token);
        var paused = await client.Connectors.PauseAsync("brevo", Token);
        Assert.Equal(ConnectorState.Paused, paused.State);
        Assert.Contains("cannot be decrypted", paused.Pending, StringComparison.Ordinal);
        await client.Connectors.DisconnectAsync("mixpanel", Token);
        Assert.Null((await client.Connectors.GetAsync("brevo", Token)).Pending);
    }

    [Fact]
    public async Task A_refusal_is_final_and_says_which_field()
    {
        using var scripted = new Scripted(Scripted.Problem(400, """{"type":"urn:sluice:problem:invalid-request","title":"","status":400,"detail":"no","errors":[{"field":"email","message":"is none"}]}"""));
        using var http = new HttpClient(scripted);
        using var client = new SluiceClient(http, new Uri("http://sluice.test"), "k", "geheim");
        var refused = await Assert.ThrowsAsync<SluiceApiException>(() => client.Suppressions.AddAsync(email: "x", cancellationToken: Token));
        Assert.Equal(("invalid-request", "email", false), (refused.Code, refused.Errors[0].Field, refused.IsTransient));
        Assert.DoesNotContain("geheim", refused.ToString(), StringComparison.Ordinal);
        Assert.Single(scripted.Seen);
    }

    [Fact]
    public async Task What_is_no_Sluice_is_said_to_be_none_and_a_cancellation_stays_one()
    {
        using var scripted = new Scripted(
            () => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("<html>", Encoding.UTF8, "text/html") },
            () => new HttpResponseMessage(HttpStatusCode.NotFound) { Content = new StringContent("<html>", Encoding.UTF8, "text/html") });
        using var http = new HttpClient(scripted);
        using var client = new SluiceClient(http, new Uri("http://sluice.test"), "k", "s");
        await Assert.ThrowsAsync<SluiceConnectionException>(() => client.Project.GetAsync(Token));
        Assert.Equal("unknown", (await Assert.ThrowsAsync<SluiceApiException>(() => client.Project.GetAsync(Token))).Code);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Project.GetAsync(new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Its_public_face_changes_on_purpose_only()
    {
        var lines = typeof(SluiceClient).Assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal)
            .SelectMany(t => t.GetMembers(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.DeclaredOnly)
                .Where(m => m is not System.Reflection.MethodInfo { IsSpecialName: true })
                .Select(m => $"{t.FullName}: {m}").Order(StringComparer.Ordinal).Prepend($"{t.FullName} : {t.BaseType}"));
        Golden.In("tests/Sluice.Tests/Sdk").MatchesText("Sluice.Client.txt", string.Join('\n', lines));
    }

    private static async Task LookAroundAsync(SluiceClient client)
    {
        Assert.Equal(("shop", ManagedWorld.ProjectId), ((await client.Project.GetAsync(Token)).Id, (await client.Project.GetAsync(Token)).MixpanelProjectId));
        Assert.True(Assert.Single(await client.Project.ListKeysAsync(Token)).Declared);
        Assert.All(await client.Connectors.ListAsync(Token), c => Assert.Equal((ConnectorState.Connected, ConnectorSource.Api), (c.State, c.Source)));
        Assert.Equal(30, Assert.Single(await client.UserGroups.ListAsync(Token)).MembersCount);
        Assert.Equal(30, await client.UserGroups.MembersAsync("12345", Token).CountAsync(Token));
        Assert.Equal(32, await client.UserGroups.HistoryAsync("12345", Token).CountAsync(Token));
        var person = await client.Profiles.GetAsync("u001", Token);
        Assert.Equal(["12345"], person.UserGroups);
        Assert.Equal("u001@shop.test", person.Profiles[0].Properties["$email"].GetString());
        Assert.Contains(await client.Runs.ListAsync(Token).ToListAsync(Token), r => r.ListId == 16 && r.Counts.GetValueOrDefault("added") == 32);
        Assert.Empty(await client.DeadLetters.ListAsync(cancellationToken: Token).ToListAsync(Token));
        await client.Suppressions.AddAsync(email: "u002@shop.test", cancellationToken: Token);
        Assert.Equal("u002@shop.test", (await client.Suppressions.ListAsync(Token).SingleAsync(Token)).Email);
        Assert.True(await client.Suppressions.RemoveAsync(email: "u002@shop.test", cancellationToken: Token) > 0);
        Assert.Equal("PLAN_TYPE", (await client.Project.GetMappingsAsync(Token)).Properties.Single(p => p.Source == "plan").Target);
        Assert.Empty((await client.Project.GetIngestionStatisticsAsync(cancellationToken: Token)).Items);
    }

    private static SluiceClient Of(ManagedWorld world, string? brevoKey = ManagedWorld.BrevoKey) =>
        new(world.Url, ManagedWorld.Shop.Access, ManagedWorld.Shop.Secret, new SluiceClientOptions { BrevoKey = brevoKey });

    private static HttpResponseMessage Busy()
    {
        var busy = Scripted.Problem(503, """{"type":"urn:sluice:problem:busy-store","title":"","status":503,"detail":"busy","errors":[]}""")();
        busy.Headers.TryAddWithoutValidation("Retry-After", "0");
        return busy;
    }

    /// <summary>Gives the answers of a script, one a call.</summary>
    private sealed class Scripted(params Func<HttpResponseMessage>[] answers) : HttpMessageHandler
    {
        private readonly Queue<Func<HttpResponseMessage>> _answers = new(answers);

        public List<(string Path, string? Key)> Seen { get; } = [];

        public static Func<HttpResponseMessage> Json(string body) => () => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

        public static Func<HttpResponseMessage> Problem(int status, string body) =>
            () => new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/problem+json") };

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Seen.Add((request.RequestUri!.AbsolutePath, request.Headers.TryGetValues("Idempotency-Key", out var keys) ? keys.Single() : null));
            return Task.FromResult(_answers.Dequeue()());
        }
    }
}
