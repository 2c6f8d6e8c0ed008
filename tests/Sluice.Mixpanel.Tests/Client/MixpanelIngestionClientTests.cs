using System.IO.Compression;
using System.Net;
using System.Text;
using Sluice.Mixpanel.Client;

namespace Sluice.Mixpanel.Tests.Client;

public sealed class MixpanelIngestionClientTests
{
    private static readonly Uri Host = new("https://api.example.test/proxy");

    [Fact]
    public async Task Events_go_out_strictly_compressed_and_with_the_project_that_the_account_needs()
    {
        var wire = new Wire(200, """{"code":200,"num_records_imported":2,"status":"OK"}""");
        var result = await Client(wire, MixpanelCredentials.ServiceAccount("robot", "s3cret", "12345")).ImportAsync(Batch("""{"event":"a"}""", """{"event":"b"}"""), Token);
        Assert.Equal(new MixpanelRecordsResult([]).Failed, result.Failed);
        Assert.Equal("POST https://api.example.test/proxy/import?strict=1&project_id=12345", wire.Request);
        Assert.Equal($"Basic {Convert.ToBase64String("robot:s3cret"u8)}", wire.Authorization);
        Assert.Equal(("application/json", "gzip"), (wire.ContentType, wire.Encoding));
        Assert.Equal("""[{"event":"a"},{"event":"b"}]""", wire.Body);
    }

    [Fact]
    public async Task Keys_that_tell_the_project_themselves_do_not_name_it()
    {
        var wire = new Wire(200, """{"code":200,"status":"OK"}""");
        await Client(wire, MixpanelCredentials.ProjectToken("tok")).ImportAsync(Batch("{}"), Token);
        Assert.Equal("POST https://api.example.test/proxy/import?strict=1", wire.Request);
        Assert.Equal($"Basic {Convert.ToBase64String("tok:"u8)}", wire.Authorization);
        await Client(wire, MixpanelCredentials.OAuth("bear", "7")).ImportAsync(Batch("{}"), Token);
        Assert.Equal(("POST https://api.example.test/proxy/import?strict=1&project_id=7", "Bearer bear"), (wire.Request, wire.Authorization));
    }

    [Theory]
    [InlineData("/engage")]
    [InlineData("/groups")]
    public async Task Updates_go_out_plain_without_credentials_and_never_take_the_place_of_the_caller(string path)
    {
        var wire = new Wire(200, """{"status":1,"error":""}""");
        var client = Client(wire, MixpanelCredentials.ServiceAccount("robot", "s3cret", "12345"));
        await (path == "/engage" ? client.EngageAsync(Batch("""{"$set":{}}"""), Token) : client.GroupsAsync(Batch("""{"$set":{}}"""), Token));
        Assert.Equal($"POST https://api.example.test/proxy{path}?ip=0&strict=1&verbose=1", wire.Request);
        Assert.Equal((null, null, """[{"$set":{}}]"""), (wire.Authorization, wire.Encoding, wire.Body));
    }

    [Fact]
    public async Task A_table_is_written_while_it_is_sent()
    {
        var wire = new Wire(200, """{"code":200,"status":"OK"}""");
        var table = new Guid("0f8fad5b-d9cb-469f-a165-70867728950e");
        await Client(wire, MixpanelCredentials.ProjectSecret("sec")).ReplaceLookupTableAsync(
            table, async (stream, token) => await stream.WriteAsync("k,v\r\na,1\r\n"u8.ToArray(), token), Token);
        Assert.Equal("PUT https://api.example.test/proxy/lookup-tables/0f8fad5b-d9cb-469f-a165-70867728950e", wire.Request);
        Assert.Equal(("text/csv", "gzip", "k,v\r\na,1\r\n"), (wire.ContentType, wire.Encoding, wire.Body));
    }

    [Fact]
    public async Task What_the_writer_of_a_table_throws_passes_through()
    {
        var client = Client(new Wire(200, "{}"), MixpanelCredentials.ProjectSecret("sec"));
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.ReplaceLookupTableAsync(Guid.Empty, (_, _) => throw new InvalidOperationException("mine"), Token));
        Assert.Equal("mine", thrown.Message);
    }

    [Theory]
    [InlineData("insert_id")]
    [InlineData("$insert_id")]
    public async Task Records_that_failed_are_named_and_the_others_are_stored(string key)
    {
        var wire = new Wire(400, $$"""
            {"code":400,"error":"some data points in the request failed validation","status":"Bad Request","num_records_imported":1,"failed_records":[
             {"index":2,"{{key}}":"x","field":"properties.time","message":"late"},{"index":0,"field":"event","message":"blank"},{"index":2,"message":"again"}] }
            """);
        var result = await Client(wire).ImportAsync(Batch("{}", "{}", "{}"), Token);
        Assert.Equal([new MixpanelFailedRecord(0, "event", "blank"), new MixpanelFailedRecord(2, "properties.time", "late")], result.Failed);
        Assert.False(result.RefusedForIdentityEvents);
    }

    [Fact]
    public async Task A_project_that_takes_no_identity_events_refuses_the_whole_call()
    {
        var wire = new Wire(400, """{"code":400,"error":"some data points in the request failed validation","num_records_imported":0,"failed_records":["identity events are not allowed"]}""");
        Assert.True((await Client(wire).ImportAsync(Batch("{}"), Token)).RefusedForIdentityEvents);
    }

    [Theory]
    [InlineData("1", false, 0)]
    [InlineData("0", true, 0)]
    [InlineData("""{"status":1,"error":null}""", false, 0)]
    [InlineData("""{"code":200,"num_good_events":1,"status":"OK"}""", false, 0)]
    [InlineData("""{"status":0,"error":"data, missing or empty"}""", true, 0)]
    [InlineData("""{"status":0,"error":"some","failed_records":[{"index":1,"message":"no"}]}""", false, 1)]
    public async Task Bad_updates_are_told_with_200(string body, bool withoutNames, int failed)
    {
        var result = await Client(new Wire(200, body)).EngageAsync(Batch("{}", "{}"), Token);
        Assert.Equal((withoutNames, failed), (result.FailedWithoutNames, result.Failed.Count));
    }

    [Theory]
    [InlineData(400, MixpanelFailureKind.Refused, false)]
    [InlineData(401, MixpanelFailureKind.Unauthorized, false)]
    [InlineData(402, MixpanelFailureKind.PaymentRequired, false)]
    [InlineData(403, MixpanelFailureKind.Forbidden, false)]
    [InlineData(404, MixpanelFailureKind.NotFound, false)]
    [InlineData(408, MixpanelFailureKind.GatewayFailed, true)]
    [InlineData(413, MixpanelFailureKind.TooLarge, false)]
    [InlineData(429, MixpanelFailureKind.RateLimited, false)]
    [InlineData(302, MixpanelFailureKind.Redirected, false)]
    [InlineData(500, MixpanelFailureKind.GatewayFailed, true)]
    [InlineData(503, MixpanelFailureKind.Unavailable, false)]
    [InlineData(502, MixpanelFailureKind.GatewayFailed, true)]
    [InlineData(504, MixpanelFailureKind.GatewayFailed, true)]
    [InlineData(524, MixpanelFailureKind.GatewayFailed, true)]
    [InlineData(200, MixpanelFailureKind.Unreadable, true)]
    public async Task Every_status_has_its_kind(int status, MixpanelFailureKind kind, bool unknown)
    {
        var client = Client(new Wire(status, "<html>no JSON</html>") { RetryAfter = "7" });
        foreach (var call in (Func<Task>[])[() => client.ImportAsync(Batch("{}"), Token), () => client.EngageAsync(Batch("{}"), Token)])
        {
            var failure = await Assert.ThrowsAsync<MixpanelException>(call);
            Assert.Equal((kind, status, unknown, TimeSpan.FromSeconds(7)), (failure.Kind, failure.Status, failure.IsOutcomeUnknown, failure.RetryAfter));
        }
    }

    [Fact]
    public async Task What_was_never_sent_is_known_not_to_have_arrived()
    {
        var unreachable = await Assert.ThrowsAsync<MixpanelException>(
            () => Client(new Wire(0, "") { Throws = (new HttpRequestException(HttpRequestError.ConnectionError), false) }).EngageAsync(Batch("{}"), Token));
        var cut = await Assert.ThrowsAsync<MixpanelException>(
            () => Client(new Wire(0, "") { Throws = (new HttpRequestException(HttpRequestError.ResponseEnded), true) }).EngageAsync(Batch("{}"), Token));
        Assert.Equal((MixpanelFailureKind.NoAnswer, false), (unreachable.Kind, unreachable.IsOutcomeUnknown));
        Assert.Equal((MixpanelFailureKind.NoAnswer, true), (cut.Kind, cut.IsOutcomeUnknown));
    }

    [Fact]
    public async Task The_callers_cancel_stays_a_cancel()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client(new Wire(200, "1")).EngageAsync(Batch("{}"), cancelled.Token));
    }

    [Fact]
    public void A_batch_takes_as_many_records_and_bytes_as_a_call_may_have()
    {
        var many = new MixpanelBatch();
        Assert.Equal(MixpanelBatch.MaxCount, Enumerable.Range(0, 3_000).Count(_ => many.TryAppend("{}"u8)));
        var large = new MixpanelBatch();
        var record = Encoding.UTF8.GetBytes($"\"{new string('x', 1_000_000)}\"");
        Assert.Equal(2, Enumerable.Range(0, 3).Count(_ => large.TryAppend(record)));

        // To the byte: brackets, commas and records are all that there is.
        var rest = MixpanelBatch.MaxBytes - (2 * record.Length) - "[,,]".Length;
        Assert.False(large.TryAppend(new byte[rest + 1]));
        Assert.True(large.TryAppend(new byte[rest]));
        Assert.False(large.TryAppend([]));
    }

    [Theory]
    [InlineData("abc-DEF-123", true)]
    [InlineData("", false)]
    [InlineData("order_1", false)]
    [InlineData("é", false)]
    [InlineData("null", false)]
    [InlineData("00000000-0000-0000-0000-000000000000", false)]
    [InlineData("0123456789-0123456789-0123456789-012", true)]
    [InlineData("0123456789-0123456789-0123456789-0123", false)]
    public void Insert_ids_are_such_as_import_takes(string id, bool taken) => Assert.Equal(taken, MixpanelInsertId.IsImportable(Encoding.UTF8.GetBytes(id)));

    [Fact]
    public void Every_residency_has_its_host_and_no_credentials_print_what_is_secret()
    {
        Assert.Equal(
            ["api.mixpanel.com", "api-eu.mixpanel.com", "api-in.mixpanel.com"],
            Enum.GetValues<MixpanelResidency>().Select(r => MixpanelHosts.Of(r).Ingestion.Host));
        MixpanelCredentials[] all =
        [
            MixpanelCredentials.ServiceAccount("name", "secret", "1"), MixpanelCredentials.OAuth("secret", "1"), MixpanelCredentials.ProjectSecret("secret"),
            MixpanelCredentials.ProjectToken("secret"),
        ];
        Assert.Equal([true, false, true, false], all.Select(c => c.OpensLookupTables));
        Assert.All(all, c => Assert.DoesNotMatch("^secret$", c.ToString()));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static MixpanelIngestionClient Client(Wire wire, MixpanelCredentials? credentials = null) => new(
        new HttpClient(wire), new MixpanelClientOptions { Credentials = credentials ?? MixpanelCredentials.ProjectToken("tok"), Hosts = MixpanelHosts.At(Host) });

    private static MixpanelBatch Batch(params string[] records)
    {
        var batch = new MixpanelBatch();
        Assert.All(records, r => Assert.True(batch.TryAppend(Encoding.UTF8.GetBytes(r))));
        return batch;
    }

    /// <summary>Answers every call alike, and keeps the last one.</summary>
    private sealed class Wire(int status, string answer) : HttpMessageHandler
    {
        public string? Request { get; private set; }

        public string? Authorization { get; private set; }

        public string? ContentType { get; private set; }

        public string? Encoding { get; private set; }

        public string? Body { get; private set; }

        public string? RetryAfter { get; init; }

        /// <summary>Thrown in place of an answer, and whether the body was taken before.</summary>
        public (Exception Failure, bool AfterBody)? Throws { get; init; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Throws is { AfterBody: false } before)
            {
                throw before.Failure;
            }

            Request = $"{request.Method} {request.RequestUri}";
            Authorization = request.Headers.Authorization?.ToString();
            ContentType = request.Content!.Headers.ContentType?.MediaType;
            Encoding = request.Content.Headers.ContentEncoding.FirstOrDefault();
            using var body = new MemoryStream();
            await request.Content.CopyToAsync(body, cancellationToken);
            body.Position = 0;
            using var reader = new StreamReader(Encoding is null ? body : new GZipStream(body, CompressionMode.Decompress));
            Body = await reader.ReadToEndAsync(cancellationToken);
            if (Throws is { } after)
            {
                throw after.Failure;
            }

            var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(answer) };
            response.Headers.TryAddWithoutValidation("Retry-After", RetryAfter);
            return response;
        }
    }
}
