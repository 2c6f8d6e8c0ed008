using Sluice.Mixpanel.Client;

namespace Sluice.Mixpanel.Tests.Client;

/// <summary>What each status means, and whether to come back.</summary>
public sealed class StatusTests
{
    private static readonly DateOnly Day = new(2026, 1, 1);

    private static CancellationToken Token => WireServer.Token;

    [Theory]
    [InlineData(301, "", MixpanelFailureKind.Redirected, false, false, false)]
    [InlineData(302, "", MixpanelFailureKind.Redirected, false, false, false)]
    [InlineData(400, """{"request":"/api/2.0/x","error":"bad expression"}""", MixpanelFailureKind.Refused, false, false, false)]
    [InlineData(400, """{"request":"/api/2.0/x","error":"Timeout Error."}""", MixpanelFailureKind.QueryTimedOut, true, true, false)]
    [InlineData(400, """{"error":"to_date cannot be later than today"}""", MixpanelFailureKind.DateNotReached, false, false, false)]
    [InlineData(400, "to_date cannot be later than today", MixpanelFailureKind.DateNotReached, false, false, false)]
    [InlineData(400, "Unable to authenticate request", MixpanelFailureKind.Unauthorized, false, false, false)]
    [InlineData(401, """{"error":"Invalid credentials"}""", MixpanelFailureKind.Unauthorized, false, false, false)]
    [InlineData(402, """{"error":"Your plan does not allow API calls. Upgrade at mixpanel.com/pricing"}""", MixpanelFailureKind.PaymentRequired, false, false, false)]
    [InlineData(403, """{"error":"Date range exceeds 90 days into the past"}""", MixpanelFailureKind.Forbidden, false, false, false)]
    [InlineData(404, "<html>", MixpanelFailureKind.NotFound, false, false, false)]
    [InlineData(412, """{"request":"/api/query/jql","error":"UserVisiblePreconditionFailedError: Uncaught exception TypeError"}""", MixpanelFailureKind.ScriptFailed, false, false, false)]
    [InlineData(413, "", MixpanelFailureKind.TooLarge, true, true, false)]
    [InlineData(422, """{"error":"no"}""", MixpanelFailureKind.Refused, false, false, false)]
    [InlineData(429, """{"error":"Query rate limit exceeded"}""", MixpanelFailureKind.RateLimited, true, false, false)]
    [InlineData(500, "", MixpanelFailureKind.GatewayFailed, true, false, true)]
    [InlineData(502, "<html>", MixpanelFailureKind.GatewayFailed, true, false, true)]
    [InlineData(503, "", MixpanelFailureKind.Unavailable, true, false, false)]
    [InlineData(504, "", MixpanelFailureKind.GatewayFailed, true, false, true)]
    [InlineData(524, "", MixpanelFailureKind.GatewayFailed, true, false, true)]
    [InlineData(408, "", MixpanelFailureKind.GatewayFailed, true, false, true)]
    public async Task A_refused_query_says_what_it_failed_of(int status, string body, MixpanelFailureKind kind, bool retry, bool smaller, bool unknown)
    {
        await using var server = WireServer.Start(body, status);
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => server.Query().SegmentationAsync(new SegmentationQuery("e", Day, Day), Token));
        Assert.Equal((kind, status, retry, smaller, unknown), (failure.Kind, failure.Status, failure.ShouldRetry, failure.NeedsSmallerCall, failure.IsOutcomeUnknown));
        Assert.DoesNotContain("<", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("""{"error":"Timeout Error."}""", MixpanelFailureKind.QueryTimedOut, true)]
    [InlineData("""{"error":"bookmark is gone"}""", MixpanelFailureKind.QueryFailed, false)]
    [InlineData("""{"error":{"code":7}}""", MixpanelFailureKind.QueryFailed, false)]
    [InlineData("no json", MixpanelFailureKind.Unreadable, false)]
    [InlineData("[]", MixpanelFailureKind.Unreadable, false)]
    public async Task A_success_that_is_none_is_a_failure(string body, MixpanelFailureKind kind, bool retry)
    {
        await using var server = WireServer.Start(body);
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => server.Query().InsightsAsync(1, Token));
        Assert.Equal((kind, retry), (failure.Kind, failure.ShouldRetry));
    }

    [Theory]
    [InlineData("""{"error":null,"series":{}}""")]
    [InlineData("""{"error":"","series":{}}""")]
    public async Task An_empty_error_is_none(string body)
    {
        await using var server = WireServer.Start(body);
        Assert.Empty((await server.Query().InsightsAsync(1, Token)).Series.EnumerateObject());
    }

    [Theory]
    [InlineData("""{"code":400,"error":"Timeout Error."}""")]
    [InlineData("""{"code":400,"error":"to_date cannot be later than today"}""")]
    public async Task Sentences_about_questions_mean_nothing_for_records(string body)
    {
        await using var server = WireServer.Start(body, 400);
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => new MixpanelIngestionClient(server.Http, server.Options()).ImportAsync(new MixpanelBatch(), Token));
        Assert.Equal((MixpanelFailureKind.Refused, false), (failure.Kind, failure.ShouldRetry));
    }

    [Fact]
    public async Task Cancelling_a_deletion_that_runs_is_too_late()
    {
        await using var server = WireServer.Start("{}", 405);
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => server.PersonalData().CancelDeletionAsync("t-1", Token));
        Assert.Equal((MixpanelFailureKind.AlreadyStarted, false), (failure.Kind, failure.ShouldRetry));
    }

    [Theory]
    [InlineData("Retry-After: 120", 120)]
    [InlineData("Retry-After: 999999999", 3600)]
    [InlineData("Retry-After: soon", null)]
    public async Task How_long_to_wait_is_read_and_bounded(string header, int? seconds)
    {
        await using var server = WireServer.Start(_ => WireReply.Json("{}", 429) with { Headers = [header] });
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => server.Query().CohortsAsync(Token));
        Assert.Equal(seconds, (int?)failure.RetryAfter?.TotalSeconds);
    }

    [Fact]
    public async Task No_connection_and_a_cut_one_and_no_answer_in_time_are_the_same_failure()
    {
        await using var cut = WireServer.Start(_ => WireReply.Json("[") with { IsCut = true });
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => cut.Query().CohortsAsync(Token));
        Assert.Equal((MixpanelFailureKind.NoAnswer, true, true), (failure.Kind, failure.ShouldRetry, failure.IsOutcomeUnknown));

        await using var still = WireServer.Start(_ => WireReply.Json("[") with { StandsStill = true });
        var hasty = new MixpanelQueryClient(still.Http, still.Options() with { QueryTimeout = TimeSpan.FromMilliseconds(300) });
        failure = await Assert.ThrowsAsync<MixpanelException>(() => hasty.CohortsAsync(Token));
        Assert.Equal((MixpanelFailureKind.NoAnswer, true), (failure.Kind, failure.IsOutcomeUnknown));

        using var gone = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        gone.Start();
        var nowhere = new Uri($"http://127.0.0.1:{((System.Net.IPEndPoint)gone.LocalEndpoint).Port}");
        gone.Stop();
        var lonely = new MixpanelQueryClient(cut.Http, cut.Options() with { Hosts = MixpanelHosts.At(nowhere) });
        failure = await Assert.ThrowsAsync<MixpanelException>(() => lonely.CohortsAsync(Token));
        Assert.Equal((MixpanelFailureKind.NoAnswer, false), (failure.Kind, failure.IsOutcomeUnknown));
    }

    [Fact]
    public async Task The_callers_own_end_stays_an_end()
    {
        await using var still = WireServer.Start(_ => WireReply.Json("[") with { StandsStill = true });
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Token);
        impatient.CancelAfter(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => still.Query().CohortsAsync(impatient.Token));
    }

    [Fact]
    public async Task A_refusal_that_is_cut_or_endless_is_a_refusal_all_the_same()
    {
        await using var cut = WireServer.Start(_ => WireReply.Json("""{"error":"half""", 402) with { IsCut = true });
        Assert.Equal(MixpanelFailureKind.PaymentRequired, (await Assert.ThrowsAsync<MixpanelException>(() => cut.Query().CohortsAsync(Token))).Kind);

        await using var endless = WireServer.Start(_ => WireReply.Json(new string('x', 1_000_000), 403) with { StandsStill = true });
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => endless.Query().CohortsAsync(Token));
        Assert.Equal(MixpanelFailureKind.Forbidden, failure.Kind);
        Assert.InRange(failure.Message.Length, 100, 400);
    }

    [Fact]
    public async Task An_answer_larger_than_allowed_is_not_kept()
    {
        await using var server = WireServer.Start($"[{new string(' ', 5_000)}]");
        var modest = new MixpanelQueryClient(server.Http, server.Options() with { MaxAnswerBytes = 2_000 });
        Assert.Equal(MixpanelFailureKind.Unreadable, (await Assert.ThrowsAsync<MixpanelException>(() => modest.CohortsAsync(Token))).Kind);
    }

    [Fact]
    public void Addresses_that_hold_credentials_are_refused()
    {
        using var http = new HttpClient(MixpanelClientOptions.CreateHandler());
        foreach (var address in (string[])["http://user:secret@host/", "ftp://host/", "https://host/?token=1"])
        {
            var options = new MixpanelClientOptions { Credentials = MixpanelCredentials.ProjectSecret("s"), Hosts = MixpanelHosts.At(new Uri(address)) };
            Assert.Throws<ArgumentException>(() => new MixpanelQueryClient(http, options));
        }
    }
}
