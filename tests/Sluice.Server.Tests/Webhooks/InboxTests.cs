using System.Net.Http.Headers;
using System.Text;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Server.Tests.Fakes;
using Sluice.Testing;

namespace Sluice.Server.Tests.Webhooks;

public sealed class InboxTests : IAsyncLifetime
{
    private const string Event = """{"event":"unsubscribe","email":"jane@example.test"}""";
    private const string Token = "AbCdEfGhIjKlMnOpQrStUv";

    private Gateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await Gateway.StartAsync(options => options with { MaxInboxBodyBytes = 64 * 1024 });

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task A_webhook_with_the_projects_keys_is_taken_as_sent()
    {
        var answer = await _gateway.PostAsync(Gateway.EventsPath, Event, Gateway.ShopBasic);

        Assert.Equal((204, ""), (answer.Status, answer.Body));
        Assert.Equal([(Gateway.Shop, Event)], _gateway.Inbox.Received);
    }

    [Fact]
    public async Task A_webhook_with_the_bearer_is_taken()
    {
        var answer = await _gateway.PostAsync(Gateway.EventsPath, Event, new AuthenticationHeaderValue("Bearer", FakeInbox.Token));

        Assert.Equal(204, answer.Status);
        Assert.Single(_gateway.Inbox.Received);
    }

    [Fact]
    public async Task A_large_webhook_of_unknown_length_arrives_whole()
    {
        var body = new string('x', 60_000);
        using var request = new HttpRequestMessage(HttpMethod.Post, Gateway.EventsPath) { Content = new StringContent(body) };
        request.Headers.TransferEncodingChunked = true;
        request.Headers.Authorization = Gateway.ShopBasic;

        Assert.Equal(204, (await _gateway.SendAsync(request)).Status);
        Assert.Equal(body, Assert.Single(_gateway.Inbox.Received).Body);
    }

    [Fact]
    public async Task Missing_or_wrong_credentials_are_401_with_both_challenges()
    {
        AuthenticationHeaderValue?[] wrong =
        [
            null, new("Bearer", "wrong"), Gateway.Basic("a", "b"), Gateway.Basic(Gateway.ShopKeys.AccessKey, FakeInbox.Token),
            new("Digest", "x"),
        ];
        foreach (var authorization in wrong)
        {
            var answer = await _gateway.PostAsync(Gateway.EventsPath, Event, authorization);
            Assert.Equal(401, answer.Status);
            Assert.Equal("""{"message":"The credentials are missing or wrong."}""", answer.Body);
            Assert.Contains("Basic ", answer.Headers["WWW-Authenticate"], StringComparison.Ordinal);
            Assert.Contains("Bearer ", answer.Headers["WWW-Authenticate"], StringComparison.Ordinal);
        }

        Assert.Empty(_gateway.Inbox.Received);
    }

    [Fact]
    public async Task Another_projects_keys_are_404_and_its_bearer_is_401()
    {
        var keys = await _gateway.PostAsync("/brevo/projects/blog/events", Event, Gateway.ShopBasic);
        var bearer = await _gateway.PostAsync("/brevo/projects/blog/events", Event, new AuthenticationHeaderValue("Bearer", FakeInbox.Token));

        Assert.Equal((404, 401), (keys.Status, bearer.Status));
        Assert.Empty(_gateway.Inbox.Received);
    }

    [Fact]
    public async Task A_destination_that_is_not_there_has_no_path()
    {
        Assert.Equal(404, (await _gateway.PostAsync("/mailer/projects/shop/events", Event, Gateway.ShopBasic)).Status);
    }

    [Fact]
    public async Task Repeated_wrong_bearers_wait_and_the_right_one_does_not()
    {
        var wrong = new AuthenticationHeaderValue("Bearer", "wrong");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(401, (await _gateway.PostAsync(Gateway.EventsPath, Event, wrong)).Status);
        }

        var sixth = _gateway.PostAsync(Gateway.EventsPath, Event, wrong);
        await Soon.TrueAsync("the sixth answer waits a second", () => _gateway.Time.HasTimer(TimeSpan.FromSeconds(1)));
        Assert.Equal(204, (await _gateway.PostAsync(Gateway.EventsPath, Event, new AuthenticationHeaderValue("Bearer", FakeInbox.Token))).Status);
        Assert.False(sixth.IsCompleted);

        _gateway.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(401, (await sixth).Status);
    }

    [Fact]
    public async Task A_shape_that_is_not_known_is_400_and_says_where()
    {
        _gateway.Inbox.OnReceive = () => throw new InboxFormatException("event: expected a text.");

        var answer = await _gateway.PostAsync(Gateway.EventsPath, "{}", Gateway.ShopBasic);

        Assert.Equal(400, answer.Status);
        Assert.Equal("""{"message":"event: expected a text."}""", answer.Body);
        Assert.Equal("application/json", answer.Headers["Content-Type"]);
    }

    [Fact]
    public async Task Overload_and_a_broken_store_are_429_because_anything_else_loses_the_event()
    {
        _gateway.Inbox.OnReceive = () => throw new IntakeBusyException();
        var busy = await _gateway.PostAsync(Gateway.EventsPath, Event, Gateway.ShopBasic);
        _gateway.Inbox.OnReceive = () => throw new IOException("disk");
        var broken = await _gateway.PostAsync(Gateway.EventsPath, Event, Gateway.ShopBasic);

        Assert.Equal((429, 429), (busy.Status, broken.Status));
        Assert.Equal(("10", "10"), (busy.Headers["Retry-After"], broken.Headers["Retry-After"]));
        Assert.DoesNotContain("disk", broken.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413_however_it_is_sent()
    {
        var body = new string('x', 64 * 1024 + 1);
        var announced = await _gateway.PostAsync(Gateway.EventsPath, body, Gateway.ShopBasic);
        using var request = new HttpRequestMessage(HttpMethod.Post, Gateway.EventsPath) { Content = new StringContent(body) };
        request.Headers.TransferEncodingChunked = true;
        request.Headers.Authorization = Gateway.ShopBasic;
        var chunked = await _gateway.SendAsync(request);
        var fits = await _gateway.PostAsync(Gateway.EventsPath, body[1..], Gateway.ShopBasic);

        Assert.Equal((413, 413, 204), (announced.Status, chunked.Status, fits.Status));
    }

    [Fact]
    public async Task The_answer_comes_only_after_the_webhook_is_durable()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gateway.Inbox.OnReceive = () =>
        {
            entered.SetResult();
            return gate.Task;
        };
        var sending = _gateway.PostAsync(Gateway.EventsPath, Event, Gateway.ShopBasic);
        await entered.Task.WaitAsync(Eventually.DefaultLimit, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(200, (await _gateway.SendAsync(HttpMethod.Get, "/health/live", content: null, authorization: null)).Status);
        Assert.False(sending.IsCompleted);

        gate.SetResult();

        Assert.Equal(204, (await sending).Status);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task A_job_notice_needs_only_its_token_and_is_answered_before_it_is_looked_at(string method)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gateway.Inbox.OnJobEnded = () => gate.Task;

        var answer = await _gateway.SendAsync(
            new HttpMethod(method), $"/brevo/projects/shop/imports/{Token}", method == "POST" ? new StringContent("any") : null, authorization: null);

        Assert.Equal((204, ""), (answer.Status, answer.Body));
        Assert.Empty(_gateway.Inbox.Ended);
        gate.SetResult();
        await Soon.TrueAsync("the notice arrives", () => _gateway.Inbox.Ended.Contains((Gateway.Shop, Token)));
    }

    [Fact]
    public async Task A_notice_that_cannot_be_right_or_fails_is_answered_like_any_other()
    {
        var shortToken = await _gateway.SendAsync(HttpMethod.Get, "/brevo/projects/shop/imports/short", content: null, authorization: null);
        var unknown = await _gateway.SendAsync(HttpMethod.Get, $"/brevo/projects/nobody/imports/{Token}", content: null, authorization: null);
        _gateway.Inbox.OnJobEnded = () => throw new IOException("disk");
        var failing = await _gateway.SendAsync(HttpMethod.Get, $"/brevo/projects/shop/imports/{Token}", content: null, authorization: null);

        Assert.Equal((204, 204, 204), (shortToken.Status, unknown.Status, failing.Status));
        await Soon.TrueAsync("the failure is counted", () => _gateway.Meters.Sum("sluice.inbox.notices", ("outcome", "failed")) == 1);
        Assert.Equal(2, _gateway.Meters.Sum("sluice.inbox.notices", ("outcome", "unknown")));
        Assert.Empty(_gateway.Inbox.Ended);
    }

    [Fact]
    public async Task Notices_beyond_what_is_worked_on_at_once_are_dropped_and_not_queued()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gateway.Inbox.OnJobEnded = () => gate.Task;
        for (var i = 0; i < 20; i++)
        {
            await _gateway.SendAsync(HttpMethod.Get, $"/brevo/projects/shop/imports/{Token}", content: null, authorization: null);
        }

        await Soon.TrueAsync("some are dropped", () => _gateway.Meters.Sum("sluice.inbox.notices", ("outcome", "dropped")) == 4);
        gate.SetResult();
        await Soon.TrueAsync("the others arrive", () => _gateway.Inbox.Ended.Count == 16);
    }

    [Fact]
    public async Task Gzip_is_undone()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionMode.Compress, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(Event), TestContext.Current.CancellationToken);
        }

        var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");

        Assert.Equal(204, (await _gateway.SendAsync(HttpMethod.Post, Gateway.EventsPath, content, Gateway.ShopBasic)).Status);
        Assert.Equal(Event, Assert.Single(_gateway.Inbox.Received).Body);
    }
}
