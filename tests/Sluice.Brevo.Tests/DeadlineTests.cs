namespace Sluice.Brevo.Tests;

public sealed class DeadlineTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_has_60_seconds()
    {
        var brevo = new FakeBrevo().Hang();
        var call = brevo.Client().GetAccountAsync(Token);

        brevo.Time.Advance(TimeSpan.FromSeconds(60) - TimeSpan.FromTicks(1));
        Assert.False(call.IsCompleted);
        brevo.Time.Advance(TimeSpan.FromTicks(1));
        var e = await Assert.ThrowsAsync<BrevoTimeoutException>(() => call.WaitAsync(TimeSpan.FromMinutes(2), Token));

        Assert.Equal(TimeSpan.FromSeconds(60), e.Deadline);
        Assert.True(e.WasSent);
        Assert.False(e.OutcomeUnknown);
        Assert.True(e.IsTransient);
        Assert.Null(Assert.Single(brevo.Gate.Completed));
        Assert.Empty(brevo.Time.Due);
    }

    [Fact]
    public async Task An_import_has_120_seconds_and_then_an_unknown_outcome()
    {
        var brevo = new FakeBrevo().Hang();
        var call = brevo.Client().ImportContactsAsync(new BrevoImport { Source = new BrevoImportUrl(new Uri("https://files.example.test/a.csv")), ListIds = [1] }, Token);

        brevo.Time.Advance(TimeSpan.FromSeconds(119));
        Assert.False(call.IsCompleted);
        brevo.Time.Advance(TimeSpan.FromSeconds(1));
        var e = await Assert.ThrowsAsync<BrevoTimeoutException>(() => call.WaitAsync(TimeSpan.FromMinutes(2), Token));

        Assert.Equal("contacts.import was not over within 120 s.", e.Message);
        Assert.True(e.OutcomeUnknown);
    }

    [Fact]
    public async Task A_download_has_ten_minutes()
    {
        var brevo = new FakeBrevo().Answer((_, _) => Task.FromResult(new HttpResponseMessage { Content = new StreamContent(new SilentStream()) }));
        var call = brevo.Client().DownloadAsync(new Uri("https://files.example.test/a.csv"), Stream.Null, Token);

        brevo.Time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Assert.False(call.IsCompleted);
        brevo.Time.Advance(TimeSpan.FromTicks(1));

        await Assert.ThrowsAsync<BrevoTimeoutException>(() => call.WaitAsync(TimeSpan.FromMinutes(2), Token));
    }

    [Fact]
    public async Task The_deadline_holds_for_the_body_of_the_answer_too()
    {
        var brevo = new FakeBrevo().Answer((_, _) => Task.FromResult(new HttpResponseMessage { Content = new StreamContent(new SilentStream()) }));
        var call = brevo.Client().GetAccountAsync(Token);

        brevo.Time.Advance(TimeSpan.FromSeconds(60));

        await Assert.ThrowsAsync<BrevoTimeoutException>(() => call.WaitAsync(TimeSpan.FromMinutes(2), Token));
        Assert.Single(brevo.Gate.Completed);
    }

    [Fact]
    public async Task A_refusal_whose_body_never_comes_is_still_the_refusal()
    {
        var brevo = new FakeBrevo().Answer((_, _) => Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.BadGateway) { Content = new StreamContent(new SilentStream()) }));
        var call = brevo.Client().GetAccountAsync(Token);

        brevo.Time.Advance(TimeSpan.FromSeconds(60));
        var e = await Assert.ThrowsAsync<BrevoApiException>(() => call.WaitAsync(TimeSpan.FromMinutes(2), Token));

        Assert.Equal(502, e.Status);
    }

    [Fact]
    public async Task Waiting_at_the_gate_does_not_count()
    {
        var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var brevo = new FakeBrevo().Answer(200, "{}");
        brevo.Gate.OnEnter = async cancellationToken => await passed.Task.WaitAsync(cancellationToken);
        var call = brevo.Client().GetAccountAsync(Token);

        brevo.Time.Advance(TimeSpan.FromHours(1));
        passed.SetResult();

        await call.WaitAsync(TimeSpan.FromMinutes(2), Token);
    }

    [Fact]
    public async Task The_callers_cancellation_stays_a_cancellation_with_the_callers_token()
    {
        using var caller = new CancellationTokenSource();
        var brevo = new FakeBrevo().Hang();
        var call = brevo.Client().GetAccountAsync(caller.Token);

        await caller.CancelAsync();
        var e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        Assert.Equal(caller.Token, e.CancellationToken);
    }

    [Fact]
    public async Task The_callers_cancellation_wins_over_a_deadline_that_passed_too()
    {
        using var caller = new CancellationTokenSource();
        var brevo = new FakeBrevo();
        brevo.Answer(async (_, cancellationToken) =>
        {
            brevo.Time.Advance(TimeSpan.FromSeconds(60));
            await caller.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            return new HttpResponseMessage();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => brevo.Client().GetAccountAsync(caller.Token));
    }

    [Fact]
    public async Task The_callers_cancellation_during_the_body_of_a_refusal_stays_a_cancellation()
    {
        using var caller = new CancellationTokenSource();
        var brevo = new FakeBrevo().Answer((_, _) => Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.BadGateway) { Content = new StreamContent(new SilentStream()) }));
        var call = brevo.Client().GetAccountAsync(caller.Token);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(TimeSpan.FromMinutes(2), Token));
        Assert.Single(brevo.Gate.Completed);
    }

    [Fact]
    public async Task The_HttpClients_own_timeout_is_a_timeout()
    {
        var brevo = new FakeBrevo().Fail(new TaskCanceledException("The request was canceled due to the configured HttpClient.Timeout.", new TimeoutException()));

        await Assert.ThrowsAsync<BrevoTimeoutException>(() => brevo.Client().GetAccountAsync(Token));
    }
}
