using Sluice.Mixpanel.Client;

namespace Sluice.Mixpanel.Tests.Client;

/// <summary>What older documents say about Mixpanel, statement by statement, as the clients keep it.</summary>
public sealed class SeedRowTests
{
    private static readonly DateOnly Day = new(2026, 1, 1);

    private static CancellationToken Token => WireServer.Token;

    [Fact]
    public async Task Row_app_me_with_a_service_account()
    {
        await using var server = WireServer.Start("""{"status":"ok","results":{"user_id":1}}""");
        Assert.Equal(1, (await server.App().MeAsync(Token)).UserId);
        Assert.StartsWith("GET /api/app/me?", server.Request.Line, StringComparison.Ordinal);
        Assert.StartsWith("Basic ", server.Request.Header("Authorization"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_bearer_on_the_profile_query_by_its_older_path()
    {
        await using var server = WireServer.Start("""{"results":[]}""");
        var answer = await server.Query(credentials: MixpanelCredentials.OAuth("tok", "7")).RawAsync(HttpMethod.Post, "/api/2.0/engage", [], [new("page", "0")], Token);
        Assert.Equal((200, "POST /api/2.0/engage?project_id=7 HTTP/1.1", "Bearer tok"), (answer.Status, server.Request.Line, server.Request.Header("Authorization")));
    }

    [Fact]
    public async Task Row_import_names_its_project_and_is_strict()
    {
        await using var server = WireServer.Start("""{"code":200,"num_records_imported":1,"status":"OK"}""");
        await ImportAsync(server);
        Assert.Equal("POST /import?strict=1&project_id=4100200 HTTP/1.1", server.Request.Line);
    }

    [Fact]
    public async Task Row_import_answers_with_code_and_number()
    {
        await using var server = WireServer.Start("""{ "code": 200, "status": "OK", "num_records_imported": 1 }""");
        Assert.Empty((await ImportAsync(server)).Failed);
    }

    [Fact]
    public async Task Row_operations_on_profiles_have_one_path_without_a_fragment()
    {
        await using var server = WireServer.Start("""{"status":1,"error":""}""");
        await new MixpanelIngestionClient(server.Http, server.Options()).EngageAsync(Batch("""{"$set":{"a":1}}"""), Token);
        Assert.Equal("POST /engage?ip=0&strict=1&verbose=1 HTTP/1.1", server.Request.Line);
    }

    [Fact]
    public async Task Row_groups_has_a_path_of_its_own()
    {
        await using var server = WireServer.Start("""{"status":1,"error":""}""");
        await new MixpanelIngestionClient(server.Http, server.Options()).GroupsAsync(Batch("""{"$set":{"a":1}}"""), Token);
        Assert.Equal("POST /groups?ip=0&strict=1&verbose=1 HTTP/1.1", server.Request.Line);
    }

    [Theory]
    [InlineData(MixpanelResidency.UnitedStates, "api.mixpanel.com", "mixpanel.com", "data.mixpanel.com", "mixpanel.com")]
    [InlineData(MixpanelResidency.EuropeanUnion, "api-eu.mixpanel.com", "eu.mixpanel.com", "data-eu.mixpanel.com", "eu.mixpanel.com")]
    [InlineData(MixpanelResidency.India, "api-in.mixpanel.com", "in.mixpanel.com", "data-in.mixpanel.com", "in.mixpanel.com")]
    public void Row_hosts_differ_by_family_and_residency(MixpanelResidency residency, string ingestion, string query, string export, string app)
    {
        var hosts = MixpanelHosts.Of(residency);
        Assert.Equal([ingestion, query, export, app], ((Uri[])[hosts.Ingestion, hosts.Query, hosts.Export, hosts.App]).Select(h => h.Host));
        Assert.All([hosts.Ingestion, hosts.Query, hosts.Export, hosts.App], h => Assert.Equal("https", h.Scheme));
    }

    [Theory]
    [InlineData("http://q.test/a/api/query", "http://e.test/api/2.0", "http://a.test/api/app/")]
    [InlineData("http://q.test/a", "http://e.test", "http://a.test/")]
    public void Row_hosts_can_be_replaced_with_and_without_their_path(string query, string export, string app)
    {
        var hosts = MixpanelHosts.Of(MixpanelResidency.EuropeanUnion).With(null, new Uri(query), new Uri(export), new Uri(app));
        Assert.Equal(
            ["https://api-eu.mixpanel.com/", "http://q.test/a", "http://e.test/", "http://a.test/"],
            ((Uri[])[hosts.Ingestion, hosts.Query, hosts.Export, hosts.App]).Select(h => h.AbsoluteUri));
    }

    [Fact]
    public async Task Row_export_goes_to_the_data_host()
    {
        await using var export = WireServer.Start(_ => WireReply.Lines(""));
        await using var other = WireServer.Start("{}");
        var client = new MixpanelExportClient(export.Http, other.Options() with { Hosts = MixpanelHosts.At(other.Url) with { Export = export.Url } });
        await foreach (var batch in client.ExportAsync(new ExportRequest(Day, Day), Token))
        {
            Assert.Empty(batch.Records);
        }

        Assert.Empty(other.Requests);
        Assert.StartsWith("GET /api/2.0/export?", export.Request.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_questions_go_to_the_query_host_and_share_one_budget()
    {
        await using var query = WireServer.Start(request => WireReply.Json(
            request.Line.Contains("cohorts", StringComparison.Ordinal) || request.Line.Contains("jql", StringComparison.Ordinal) || request.Line.Contains("list", StringComparison.Ordinal)
                ? "[]"
                : """{"results":[],"data":{}}"""));
        await using var other = WireServer.Start("{}");
        var gate = new RecordingGate();
        var client = new MixpanelQueryClient(query.Http, other.Options() with { Hosts = MixpanelHosts.At(other.Url) with { Query = query.Url } }, gate);
        await client.CohortsAsync(Token);
        await client.ProfilesAsync(new ProfileQuery(), cancellationToken: Token);
        await foreach (var row in client.JqlAsync("x", cancellationToken: Token))
        {
            Assert.Fail(row.GetRawText());
        }

        await client.SegmentationAsync(new SegmentationQuery("e", Day, Day), Token);
        await client.RetentionAsync(new RetentionQuery(Day, Day), Token);
        await client.FunnelAsync(new FunnelQuery(1, Day, Day), Token);
        Assert.Empty(other.Requests);
        Assert.Equal(
            ["/cohorts/list", "/engage", "/jql", "/segmentation", "/retention", "/funnels"],
            query.Requests.Select(r => r.Line.Split(' ', '?')[1]["/api/query".Length..]));
        Assert.Equal(6, gate.Said.Count(s => s.StartsWith("enter", StringComparison.Ordinal) && s.EndsWith(" Query", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Row_engage_takes_2000_updates_in_a_batch()
    {
        var batch = new MixpanelBatch();
        for (var i = 0; i < MixpanelBatch.MaxCount; i++)
        {
            Assert.True(batch.TryAppend("{}"u8));
        }

        Assert.False(batch.TryAppend("{}"u8));
        await using var server = WireServer.Start("1");
        Assert.False((await new MixpanelIngestionClient(server.Http, server.Options()).EngageAsync(batch, Token)).FailedWithoutNames);
    }

    [Fact]
    public void Row_export_asks_for_100_days_at_most_unless_told_otherwise()
    {
        var windows = ExportRequest.Windows(Day, Day.AddDays(249)).ToList();
        Assert.Equal([100, 100, 50], windows.Select(w => w.To.DayNumber - w.From.DayNumber + 1));
        Assert.Equal(100, new ExportRequest(Day, Day).WindowDays);
    }

    [Fact]
    public async Task Row_a_role_that_is_missing_is_told()
    {
        await using var server = WireServer.Start("""{"code":403,"error":"the service account needs the role of an owner","status":"Forbidden"}""", 403);
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => ImportAsync(server));
        Assert.Equal((MixpanelFailureKind.Forbidden, "the service account needs the role of an owner"), (failure.Kind, failure.RemoteMessage));
    }

    [Fact]
    public async Task Row_402_means_that_the_plan_has_no_api_calls()
    {
        await using var server = WireServer.Start("""{"error":"Your plan does not allow API calls. Upgrade at mixpanel.com/pricing"}""", 402);
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => server.Query().CohortsAsync(Token));
        Assert.Equal((MixpanelFailureKind.PaymentRequired, false), (failure.Kind, failure.ShouldRetry));
        Assert.Contains("plan does not allow API calls", failure.Message, StringComparison.Ordinal);
    }

    private static Task<MixpanelRecordsResult> ImportAsync(WireServer server) => new MixpanelIngestionClient(server.Http, server.Options()).ImportAsync(Batch("""{"event":"a"}"""), Token);

    private static MixpanelBatch Batch(string record)
    {
        var batch = new MixpanelBatch();
        Assert.True(batch.TryAppend(System.Text.Encoding.UTF8.GetBytes(record)));
        return batch;
    }
}
