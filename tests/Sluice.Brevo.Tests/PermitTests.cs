namespace Sluice.Brevo.Tests;

public sealed class PermitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_success_completes_its_permit_once_with_what_the_headers_said()
    {
        var brevo = new FakeBrevo().Answer(200, "{}", ("x-sib-ratelimit-limit", "100"), ("x-sib-ratelimit-remaining", "99"), ("x-sib-ratelimit-reset", "3540"));

        await brevo.Client().GetAccountAsync(Token);

        Assert.Equal(new BrevoRateLimit(100, 99, TimeSpan.FromSeconds(3540)), Assert.Single(brevo.Gate.Completed));
        Assert.Equal(new BrevoCall("account.get", BrevoBucket.Other), Assert.Single(brevo.Gate.Entered));
    }

    [Fact]
    public async Task An_answer_without_the_headers_says_nothing()
    {
        var brevo = new FakeBrevo().Answer(200, "{}");

        await brevo.Client().GetAccountAsync(Token);

        Assert.Null(Assert.Single(brevo.Gate.Completed));
    }

    [Fact]
    public async Task Some_of_the_headers_are_enough()
    {
        var brevo = new FakeBrevo().Answer(200, "{}", ("X-SIB-RateLimit-Limit", "36000"), ("x-sib-ratelimit-remaining", "many"));

        await brevo.Client().GetAttributesAsync(Token);

        Assert.Equal(new BrevoRateLimit(36000, null, null), Assert.Single(brevo.Gate.Completed));
    }

    [Fact]
    public async Task A_refusal_completes_its_permit_once_and_tells_both()
    {
        var brevo = new FakeBrevo().Answer(429, "", ("x-sib-ratelimit-limit", "10"), ("x-sib-ratelimit-reset", "1"));

        var e = await Assert.ThrowsAsync<BrevoApiException>(() => brevo.Client().GetAttributesAsync(Token));

        Assert.Equal(new BrevoRateLimit(10, null, TimeSpan.FromSeconds(1)), Assert.Single(brevo.Gate.Completed));
        Assert.Equal(brevo.Gate.Completed[0], e.RateLimit);
    }

    [Fact]
    public async Task What_is_turned_into_a_result_completes_its_permit_once()
    {
        var brevo = new FakeBrevo()
            .Answer(404, """{"code":"document_not_found"}""")
            .Answer(400, """{"message":"Contact already in list and/or does not exist"}""");

        await brevo.Client().GetListAsync(1, Token);
        await brevo.Client().AddToListAsync(1, BrevoListMembers.Ids([1]), Token);

        Assert.Equal(2, brevo.Gate.Completed.Count);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_understood_completes_its_permit_once_with_its_headers()
    {
        var brevo = new FakeBrevo().Answer(200, "<html>", ("x-sib-ratelimit-limit", "10"));

        await Assert.ThrowsAsync<BrevoProtocolException>(() => brevo.Client().GetAttributesAsync(Token));

        Assert.Equal(10, Assert.Single(brevo.Gate.Completed)?.Limit);
    }

    [Fact]
    public async Task A_broken_connection_completes_its_permit_once()
    {
        var brevo = new FakeBrevo().Refuse(HttpRequestError.ConnectionError);

        await Assert.ThrowsAsync<BrevoConnectionException>(() => brevo.Client().GetAccountAsync(Token));

        Assert.Null(Assert.Single(brevo.Gate.Completed));
    }

    [Fact]
    public async Task A_handler_that_fails_in_an_unknown_way_completes_its_permit_once()
    {
        var brevo = new FakeBrevo().Fail(new NotSupportedException());

        await Assert.ThrowsAsync<NotSupportedException>(() => brevo.Client().GetAccountAsync(Token));

        Assert.Null(Assert.Single(brevo.Gate.Completed));
    }

    [Fact]
    public async Task A_completion_after_a_success_does_not_hear_of_the_callers_cancellation_either()
    {
        using var caller = new CancellationTokenSource();
        var brevo = new FakeBrevo().Answer(200, "{}");

        await brevo.Client().GetAccountAsync(caller.Token);

        Assert.False(Assert.Single(brevo.Gate.CompletionTokens).CanBeCanceled);
    }

    [Fact]
    public async Task A_completion_is_not_cancelled_with_the_caller()
    {
        using var caller = new CancellationTokenSource();
        var brevo = new FakeBrevo().Hang();
        var call = brevo.Client().GetAccountAsync(caller.Token);

        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        Assert.Single(brevo.Gate.Completed);
        Assert.False(Assert.Single(brevo.Gate.CompletionTokens).CanBeCanceled);
    }

    [Fact]
    public async Task A_gate_that_does_not_let_the_call_pass_stops_it()
    {
        using var caller = new CancellationTokenSource();
        var brevo = new FakeBrevo();
        brevo.Gate.OnEnter = async cancellationToken => await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        var call = brevo.Client().GetAccountAsync(caller.Token);

        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        Assert.Empty(brevo.Requests);
        Assert.Empty(brevo.Gate.Completed);
    }

    [Fact]
    public async Task A_request_that_Brevo_would_refuse_never_reaches_the_gate()
    {
        var brevo = new FakeBrevo();

        await Assert.ThrowsAsync<ArgumentException>(async () => await brevo.Client().UpsertContactAsync(new BrevoContactUpsert(), Token));

        Assert.Empty(brevo.Gate.Entered);
    }

    [Fact]
    public async Task A_gate_that_fails_to_complete_is_heard_after_a_success_and_hides_no_failure()
    {
        var brevo = new FakeBrevo().Answer(200, "{}").Answer(500);
        brevo.Gate.CompletionFailure = new TimeoutException("the gate");

        await Assert.ThrowsAsync<TimeoutException>(() => brevo.Client().GetAccountAsync(Token));
        await Assert.ThrowsAsync<BrevoApiException>(() => brevo.Client().GetAccountAsync(Token));
    }

    [Fact]
    public async Task Without_a_gate_calls_pass_at_once()
    {
        var brevo = new FakeBrevo().Answer(200, "{}");
        using var http = new HttpClient(brevo);

        await new BrevoClient(http, brevo.Options()).GetAccountAsync(Token);

        Assert.Single(brevo.Requests);
    }
}
