using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Sluice.Core.Reports;
using Sluice.Server.Query;
using Sluice.Server.Tests.Fakes;
using Sluice.Server.Tests.Ingestion;

namespace Sluice.Server.Tests.Query;

public sealed class QueryTests
{
    private static AuthenticationHeaderValue Keys => Gateway.ShopBasic;

    [Theory]
    [InlineData("/api/2.0/cohorts/list", "/api/2.0/cohorts/list")]
    [InlineData("/api/query/cohorts/list/", "/api/query/cohorts/list")]
    [InlineData("/cohorts/list", "/api/query/cohorts/list")]
    [InlineData("/engage/query", "/api/query/engage")]
    [InlineData("/api/2.0/engage", "/api/2.0/engage")]
    [InlineData("/api/2.0/engage/query", "/api/2.0/engage")]
    [InlineData("/api/query/engage", "/api/query/engage")]
    [InlineData("/jql", "/api/query/jql")]
    [InlineData("/segmentation", "/api/query/segmentation")]
    [InlineData("/segmentation/numeric", "/api/query/segmentation/numeric")]
    [InlineData("/retention", "/api/query/retention")]
    [InlineData("/funnels", "/api/query/funnels")]
    [InlineData("/api/query/funnels/list", "/api/query/funnels/list")]
    [InlineData("/api/query/events/properties/top", "/api/query/events/properties/top")]
    [InlineData("/api/2.0/stream/query", "/api/2.0/stream/query")]
    [InlineData("/api/2.0/insights", "/api/2.0/insights")]
    [InlineData("/export", "/api/2.0/export")]
    [InlineData("/api/2.0/export", "/api/2.0/export")]
    [InlineData("/api/query/export", "/api/2.0/export")]
    public async Task Every_path_means_one_of_Mixpanels(string path, string expected)
    {
        await using var gateway = await Gateway.StartAsync();
        var answer = await gateway.SendAsync(HttpMethod.Get, path + "?from_date=2026-01-01", content: null, Keys);

        Assert.Equal((200, "[]"), (answer.Status, answer.Body));
        var (project, question) = Assert.Single(gateway.Reports.Asked);
        Assert.Equal((Gateway.Shop, expected), (project, question.Path));
        Assert.Equal([KeyValuePair.Create("from_date", "2026-01-01")], question.Parameters);
    }

    [Theory]
    [InlineData("/api/2.0/import")]
    [InlineData("/api/2.0/annotations/create")]
    [InlineData("/api/query/../app/me")]
    [InlineData("/api/2.0/engage%2f..%2f..%2fapp%2fme")]
    [InlineData("/api/2.0/engage//x")]
    [InlineData("/api/query/")]
    public async Task No_other_path_of_Mixpanels_is_reached(string path)
    {
        await using var gateway = await Gateway.StartAsync();
        var answer = await gateway.SendAsync(HttpMethod.Get, path, content: null, Keys);

        Assert.Equal(404, answer.Status);
        Assert.Empty(gateway.Reports.Asked);
    }

    [Fact]
    public async Task Posted_to_engage_is_an_update_and_no_question()
    {
        await using var gateway = await Gateway.StartAsync();
        await gateway.PostAsync("/engage", """[{"$token":"x","$distinct_id":"1","$set":{"a":1}}]""", Keys);
        await gateway.PostAsync("/groups", "[]", Keys);
        Assert.Empty(gateway.Reports.Asked);
    }

    [Fact]
    public async Task Keys_a_service_account_and_a_project_secret_open_it()
    {
        await using var gateway = await Gateway.StartAsync();
        foreach (var (user, password) in new[] { (Gateway.Robot, Gateway.RobotSecret), (Gateway.ShopSecret, ""), (Gateway.ShopKeys.AccessKey, Gateway.ShopKeys.SecretKey) })
        {
            Assert.Equal(200, (await gateway.SendAsync(HttpMethod.Get, "/funnels?project_id=" + Gateway.ShopProjectId, content: null, Gateway.Basic(user, password))).Status);
        }

        Assert.Equal(3, gateway.Reports.Asked.Count);
    }

    [Fact]
    public async Task The_token_opens_nothing_and_neither_does_another_projects_key()
    {
        await using var gateway = await Gateway.StartAsync();
        AuthenticationHeaderValue?[] wrong = [null, Gateway.Basic(Gateway.ShopToken, ""), Gateway.Basic("nobody", "nothing"), new("Bearer", "token")];
        foreach (var one in wrong)
        {
            var answer = await gateway.SendAsync(HttpMethod.Get, "/api/2.0/engage", content: null, one);
            Assert.Equal(401, answer.Status);
            Assert.StartsWith("Basic", answer.Headers["WWW-Authenticate"], StringComparison.Ordinal);
            Assert.Equal("error", Field(answer, "status"));
        }

        Assert.Equal(403, (await gateway.SendAsync(HttpMethod.Get, "/funnels?project_id=" + Gateway.Shop, content: null, Gateway.Basic(Gateway.BlogKeys))).Status);
        Assert.Empty(gateway.Reports.Asked);
    }

    [Fact]
    public async Task What_opens_it_never_goes_on()
    {
        await using var gateway = await Gateway.StartAsync();
        using var form = new StringContent("script=function%20main()%7B%7D&api_secret=mine&project_id=4100200&params=%7B%7D", Encoding.UTF8, "application/x-www-form-urlencoded");
        await gateway.SendAsync(HttpMethod.Post, "/jql?project_id=4100200&api_key=k&sig=s&expire=1&token=t&workspace_id=3", form, Keys);

        var (_, question) = Assert.Single(gateway.Reports.Asked);
        Assert.True(question.IsPost);
        Assert.Equal([KeyValuePair.Create("workspace_id", "3")], question.Parameters);
        Assert.Equal([KeyValuePair.Create("script", "function main(){}"), KeyValuePair.Create("params", "{}")], question.Fields!);
    }

    [Fact]
    public async Task A_body_of_JSON_goes_on_as_it_is()
    {
        await using var gateway = await Gateway.StartAsync();
        await gateway.PostAsync("/engage/query", """{"filter_by_cohort":{"id":1}}""", Keys);
        Assert.Equal("""{"filter_by_cohort":{"id":1}}"""u8, Assert.Single(gateway.Reports.Asked).Question.Json!.Value.Span);
    }

    [Fact]
    public async Task Status_type_and_body_of_the_answer_are_passed_on()
    {
        await using var gateway = await Gateway.StartAsync();
        gateway.Reports.Answer = (_, _) => Task.FromResult<ReportAnswer>(
            new ReportAnswer.Whole(412, "application/json; charset=utf-8", """{"error":"Uncaught exception"}"""u8.ToArray(), TimeSpan.FromSeconds(2.1)));
        var answer = await gateway.SendAsync(HttpMethod.Post, "/jql", content: null, Keys);

        Assert.Equal((412, """{"error":"Uncaught exception"}"""), (answer.Status, answer.Body));
        Assert.Equal("application/json; charset=utf-8", answer.Headers["Content-Type"]);
        Assert.Equal("3", answer.Headers["Retry-After"]);
    }

    [Fact]
    public async Task A_spent_budget_is_429_with_the_time_of_its_return()
    {
        await using var gateway = await Gateway.StartAsync();
        gateway.Reports.Answer = (_, _) => Task.FromResult<ReportAnswer>(new ReportAnswer.Spent("More comes at 12:00.", TimeSpan.FromSeconds(1234.5)));
        var answer = await gateway.SendAsync(HttpMethod.Get, "/api/2.0/segmentation?event=a", content: null, Keys);

        Assert.Equal((429, "1235"), (answer.Status, answer.Headers["Retry-After"]));
        Assert.Equal(("More comes at 12:00.", "/api/2.0/segmentation"), (Field(answer, "error"), Field(answer, "request")));
    }

    [Fact]
    public async Task Nobody_there_is_503_and_nothing_configured_is_400()
    {
        await using var gateway = await Gateway.StartAsync();
        gateway.Reports.Answer = (_, _) => Task.FromResult<ReportAnswer>(new ReportAnswer.Unreachable("cut"));
        var unreachable = await gateway.SendAsync(HttpMethod.Get, "/funnels", content: null, Keys);
        Assert.Equal((503, "cut"), (unreachable.Status, Field(unreachable, "error")));
        Assert.True(unreachable.Headers.ContainsKey("Retry-After"));

        gateway.Reports.Answer = (_, _) => Task.FromResult<ReportAnswer>(new ReportAnswer.NotConfigured("set it"));
        var none = await gateway.SendAsync(HttpMethod.Get, "/funnels", content: null, Keys);
        Assert.Equal((400, "set it"), (none.Status, Field(none, "error")));
    }

    [Fact]
    public async Task An_answer_that_cannot_be_passed_on_is_502_and_not_to_be_asked_for_again()
    {
        await using var gateway = await Gateway.StartAsync();
        gateway.Reports.Answer = (_, _) => Task.FromResult<ReportAnswer>(new ReportAnswer.Unusable("too large"));
        var answer = await gateway.SendAsync(HttpMethod.Get, "/funnels", content: null, Keys);
        Assert.Equal((502, "too large", "error"), (answer.Status, Field(answer, "error"), Field(answer, "status")));
        Assert.False(answer.Headers.ContainsKey("Retry-After"));
    }

    [Fact]
    public async Task A_body_too_large_is_413_and_another_method_405()
    {
        await using var gateway = await Gateway.StartAsync();
        using var large = new ByteArrayContent(new byte[(2 * 1024 * 1024) + 1]);
        Assert.Equal(413, (await gateway.SendAsync(HttpMethod.Post, "/jql", large, Keys)).Status);
        var put = await gateway.SendAsync(HttpMethod.Put, "/jql", content: null, Keys);
        Assert.Equal((405, "GET, POST"), (put.Status, put.Headers["Allow"]));
        Assert.Empty(gateway.Reports.Asked);
    }

    [Fact]
    public async Task An_export_goes_on_while_it_comes()
    {
        await using var gateway = await Gateway.StartAsync();
        var pipe = new System.IO.Pipelines.Pipe();
        var owner = new Owner();
        gateway.Reports.Answer = (_, _) => Task.FromResult<ReportAnswer>(new ReportAnswer.Streamed(200, "text/plain", pipe.Reader.AsStream(), null, owner));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/export?from_date=2026-01-01&to_date=2026-01-02");
        request.Headers.Authorization = Keys;
        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);

        // The second line is sent only when the first has been read.
        foreach (var line in new[] { "one\n", "two\n" })
        {
            await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(line), TestContext.Current.CancellationToken);
            var read = new byte[4];
            await body.ReadExactlyAsync(read, TestContext.Current.CancellationToken);
            Assert.Equal(line, Encoding.UTF8.GetString(read));
        }

        Assert.False(owner.Ended.Task.IsCompleted);
        await pipe.Writer.CompleteAsync();
        Assert.Equal(0, await body.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        await owner.Ended.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task An_export_that_breaks_off_does_not_look_whole()
    {
        await using var gateway = await Gateway.StartAsync();
        var pipe = new System.IO.Pipelines.Pipe();
        gateway.Reports.Answer = (_, _) => Task.FromResult<ReportAnswer>(new ReportAnswer.Streamed(200, "text/plain", pipe.Reader.AsStream(), null, new Owner()));
        await pipe.Writer.WriteAsync("one\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync(new IOException("cut"));

        await Assert.ThrowsAnyAsync<Exception>(() => gateway.SendAsync(HttpMethod.Get, "/export", content: null, Keys));
    }

    [Fact]
    public async Task An_export_ends_when_its_caller_goes_away()
    {
        await using var gateway = await Gateway.StartAsync();
        var owner = new Owner();
        var pipe = new System.IO.Pipelines.Pipe();
        gateway.Reports.Answer = (_, _) => Task.FromResult<ReportAnswer>(new ReportAnswer.Streamed(200, "text/plain", pipe.Reader.AsStream(), null, owner));
        using (var client = gateway.NewClient())
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/export");
            request.Headers.Authorization = Keys;
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        }

        await owner.Ended.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_takes_nothing_of_an_answer_is_cut_off_and_gives_its_place_back(bool streamed)
    {
        await using var gateway = await Gateway.StartAsync();
        var owner = new Owner();
        gateway.Reports.Answer = (_, _) => Task.FromResult<ReportAnswer>(
            streamed ? new ReportAnswer.Streamed(200, "text/plain", new Pieces(), null, owner) : new ReportAnswer.Whole(200, "text/plain", new byte[64 * 1024 * 1024], null));
        using var request = new HttpRequestMessage(HttpMethod.Get, streamed ? "/export" : "/funnels");
        request.Headers.Authorization = Keys;
        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await body.ReadExactlyAsync(new byte[1024 * 1024], TestContext.Current.CancellationToken);

        // What fits into the buffers of both ends goes; then nothing does, and time passes.
        await Soon.TrueAsync("the caller to be cut off", () =>
        {
            gateway.Time.Advance(AnswerWriter.LongestStandstill);
            return gateway.Meters.All.Any(m => m.Tags.GetValueOrDefault("route") == QueryEndpoint.Route);
        });
        Assert.Equal(streamed, owner.Ended.Task.IsCompleted);
        await Assert.ThrowsAnyAsync<Exception>(() => body.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Who_reads_slowly_gets_all_of_it()
    {
        await using var gateway = await Gateway.StartAsync();
        var pieces = new Pieces();
        gateway.Reports.Answer = (_, _) => Task.FromResult<ReportAnswer>(new ReportAnswer.Streamed(200, "text/plain", pieces, null, new Owner()));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/export");
        request.Headers.Authorization = Keys;
        using var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var piece = new byte[64 * 1024];
        var taken = 0L;
        for (var minute = 0; minute < 8; minute++)
        {
            // The second piece asked for since then: the write of the first began after the clock was moved.
            for (var asked = pieces.Asked; pieces.Asked < asked + 2; taken += piece.Length)
            {
                await body.ReadExactlyAsync(piece, TestContext.Current.CancellationToken);
            }

            gateway.Time.Advance(AnswerWriter.LongestStandstill / 2);
        }

        pieces.IsOver = true;
        for (int read; (read = await body.ReadAsync(piece, TestContext.Current.CancellationToken)) > 0; taken += read)
        {
            // Until nothing is left.
        }

        Assert.Equal(pieces.Given, taken);
    }

    [Fact]
    public async Task A_body_that_grows_too_large_on_the_way_is_413_as_well()
    {
        await using var gateway = await Gateway.StartAsync();
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/jql") { Content = new ByteArrayContent(new byte[(2 * 1024 * 1024) + 1]) };
        chunked.Headers.Authorization = Keys;
        chunked.Headers.TransferEncodingChunked = true;
        Assert.Equal(413, (await gateway.SendAsync(chunked)).Status);
        using var packed = new ByteArrayContent(Sent.Gzip(new byte[(2 * 1024 * 1024) + 1]));
        packed.Headers.ContentEncoding.Add("gzip");
        var answer = await gateway.SendAsync(HttpMethod.Post, "/api/query/jql", packed, Keys);
        Assert.Equal((413, "request exceeds max limit of 2097152 bytes", "/api/query/jql"), (answer.Status, Field(answer, "error"), Field(answer, "request")));
        Assert.Empty(gateway.Reports.Asked);
    }

    private static string? Field(Answer answer, string name) => JsonDocument.Parse(answer.Body).RootElement.GetProperty(name).GetString();

    /// <summary>Has more until the test says that it is over.</summary>
    private sealed class Pieces : MemoryStream
    {
        private long _asked;
        private long _given;

        /// <summary>How often more was asked for.</summary>
        public long Asked => Interlocked.Read(ref _asked);

        public long Given => Interlocked.Read(ref _given);

        public bool IsOver { get; set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var length = IsOver ? 0 : buffer.Length;
            Interlocked.Add(ref _given, length);
            Interlocked.Increment(ref _asked);
            return ValueTask.FromResult(length);
        }
    }

    private sealed class Owner : IAsyncDisposable
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask DisposeAsync()
        {
            Ended.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }
}
