using System.Collections.Concurrent;
using Sluice.Mixpanel.Client;

namespace Sluice.Mixpanel.Tests.Client;

/// <summary>Tokens that end, and those that follow them.</summary>
public sealed class OAuthTests
{
    private const string Renewed = """{"access_token":"new-access","token_type":"Bearer","expires_in":3600,"refresh_token":"new-refresh"}""";

    private static CancellationToken Token => WireServer.Token;

    [Fact]
    public async Task A_refused_token_is_renewed_and_the_call_made_once_more()
    {
        await using var server = Server();
        var store = new Store(new MixpanelTokenSet("old-access", "old-refresh", null));
        await using var tokens = Tokens(server, store);
        var gate = new RecordingGate();
        Assert.Empty(await server.Query(gate, MixpanelCredentials.OAuth(tokens, "7")).CohortsAsync(Token));
        Assert.Equal(
            ["POST /api/query/cohorts/list?project_id=7 HTTP/1.1 Bearer old-access", "POST /oauth/token/ HTTP/1.1 ", "POST /api/query/cohorts/list?project_id=7 HTTP/1.1 Bearer new-access"],
            server.Requests.Select(r => $"{r.Line} {r.Header("Authorization")}"));
        Assert.Equal("grant_type=refresh_token&refresh_token=old-refresh&client_id=cli", server.Requests[1].Body);

        // Two calls went out, and each had a permit.
        Assert.Equal(["enter /cohorts/list Query", "complete 401", "enter /cohorts/list Query", "complete 200"], gate.Said);
        Assert.Equal(("new-access", "new-refresh"), (store.Current!.AccessToken, store.Current.RefreshToken));
        Assert.InRange(store.Current.ExpiresAt!.Value - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(60));
    }

    [Fact]
    public async Task A_confidential_client_shows_its_secret_in_the_header_only()
    {
        await using var server = Server();
        await using var tokens = new OAuthTokens(
            server.Http, new OAuthOptions { ClientId = "cl:i", ClientSecret = "s3cret", TokenEndpoint = new Uri(server.Url, "/oauth/token/") }, new Store(new MixpanelTokenSet("a", "r", null)));
        Assert.True(await tokens.RenewAsync("a", Token));
        Assert.Equal(("grant_type=refresh_token&refresh_token=r", $"Basic {Convert.ToBase64String("cl%3Ai:s3cret"u8)}"), (server.Request.Body, server.Request.Header("Authorization")));
    }

    [Fact]
    public async Task Many_calls_that_are_refused_at_once_renew_once()
    {
        await using var server = Server();
        var store = new Store(new MixpanelTokenSet("old-access", "old-refresh", null));
        await using var tokens = Tokens(server, store);
        var client = server.Query(credentials: MixpanelCredentials.OAuth(tokens, "7"));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.CohortsAsync(Token)));
        Assert.Single(server.Requests, r => r.Line.Contains("/oauth/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_that_is_about_to_end_is_renewed_before_the_call()
    {
        await using var server = Server();
        await using var tokens = Tokens(server, new Store(new MixpanelTokenSet("old-access", "old-refresh", TimeProvider.System.GetUtcNow().AddSeconds(20))));
        Assert.Equal("new-access", await tokens.GetAsync(Token));
        Assert.Equal("new-access", await tokens.GetAsync(Token));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task While_the_old_token_lives_an_endpoint_that_is_away_stops_nobody()
    {
        await using var server = WireServer.Start("", 503);
        await using var living = Tokens(server, new Store(new MixpanelTokenSet("old-access", "r", TimeProvider.System.GetUtcNow().AddSeconds(45))));
        Assert.Equal("old-access", await living.GetAsync(Token));
        await using var dead = Tokens(server, new Store(new MixpanelTokenSet("old-access", "r", TimeProvider.System.GetUtcNow().AddSeconds(-1))));
        Assert.True((await Assert.ThrowsAsync<MixpanelException>(async () => await dead.GetAsync(Token))).ShouldRetry);
    }

    [Fact]
    public async Task What_another_process_renewed_is_taken()
    {
        await using var server = WireServer.Start("""{"error":"invalid_grant"}""", 400);
        var store = new Store(new MixpanelTokenSet("old-access", "old-refresh", null));
        await using var tokens = Tokens(server, store);
        Assert.Equal("old-access", await tokens.GetAsync(Token));

        // Before this process asks.
        store.Current = new MixpanelTokenSet("other-access", "other-refresh", null);
        Assert.True(await tokens.RenewAsync("old-access", Token));
        Assert.Equal(("other-access", 0), (await tokens.GetAsync(Token), server.Requests.Count));

        // While this process asks: its refresh token has worked for the other.
        store.OnRead = reads => reads == 1 ? store.Current! : new MixpanelTokenSet("third-access", "third-refresh", null);
        Assert.True(await tokens.RenewAsync("other-access", Token));
        Assert.Equal(("third-access", 1), (await tokens.GetAsync(Token), server.Requests.Count));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    public async Task A_refresh_token_that_is_used_up_needs_a_person(int status)
    {
        await using var server = WireServer.Start(
            request => request.Line.Contains("/oauth/", StringComparison.Ordinal) ? WireReply.Json("""{"error":"invalid_grant"}""", status) : WireReply.Json("{}", 401));
        await using var tokens = Tokens(server, new Store(new MixpanelTokenSet("secret-access", "secret-refresh", null)));
        var gate = new RecordingGate();
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => server.Query(gate, MixpanelCredentials.OAuth(tokens, "7")).CohortsAsync(Token));
        Assert.Equal((MixpanelFailureKind.Unauthorized, false), (failure.Kind, failure.ShouldRetry));
        Assert.Contains("authorise again", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(["enter /cohorts/list Query", "complete 401"], gate.Said);
    }

    [Fact]
    public async Task A_token_that_nobody_can_renew_is_refused_once()
    {
        await using var server = WireServer.Start("{}", 401);
        var failure = await Assert.ThrowsAsync<MixpanelException>(() => server.Query(credentials: MixpanelCredentials.OAuth("fixed", "7")).CohortsAsync(Token));
        Assert.Equal((MixpanelFailureKind.Unauthorized, "Bearer fixed"), (failure.Kind, server.Request.Header("Authorization")));
    }

    [Fact]
    public async Task A_renewed_token_that_is_refused_as_well_is_not_renewed_for_ever()
    {
        await using var server = WireServer.Start(request => request.Line.Contains("/oauth/", StringComparison.Ordinal) ? WireReply.Json(Renewed) : WireReply.Json("{}", 401));
        await using var tokens = Tokens(server, new Store(new MixpanelTokenSet("old-access", "old-refresh", null)));
        await Assert.ThrowsAsync<MixpanelException>(() => server.Query(credentials: MixpanelCredentials.OAuth(tokens, "7")).CohortsAsync(Token));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task An_answer_without_a_refresh_token_keeps_the_old_one()
    {
        await using var server = WireServer.Start("""{"access_token":"new-access"}""");
        var store = new Store(new MixpanelTokenSet("old-access", "old-refresh", null));
        await using var tokens = Tokens(server, store);
        Assert.True(await tokens.RenewAsync("old-access", Token));
        Assert.Equal(("new-access", "old-refresh", null), (store.Current!.AccessToken, store.Current.RefreshToken, store.Current.ExpiresAt));
    }

    [Fact]
    public async Task What_was_renewed_is_kept_when_the_caller_has_gone()
    {
        var asked = new TaskCompletionSource();
        using var answer = new ManualResetEventSlim();
        await using var server = WireServer.Start(_ =>
        {
            asked.TrySetResult();
            answer.Wait(Token);
            return WireReply.Json(Renewed);
        });
        var store = new Store(new MixpanelTokenSet("old-access", "old-refresh", null));
        await using (var tokens = Tokens(server, store))
        {
            using var caller = new CancellationTokenSource();
            var renewal = tokens.RenewAsync("old-access", caller.Token).AsTask();
            await asked.Task.WaitAsync(Token);
            await caller.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => renewal);
            Assert.Equal("old-refresh", store.Current!.RefreshToken);

            // The end of the source waits for the answer, which is still to come.
            answer.Set();
        }

        Assert.Equal(("new-access", "new-refresh"), (store.Current.AccessToken, store.Current.RefreshToken));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Tokens_that_could_not_be_kept_are_kept_before_anything_else_and_not_asked_for_again()
    {
        await using var server = Server();
        var store = new Store(new MixpanelTokenSet("old-access", "old-refresh", null));
        await using var tokens = Tokens(server, store);
        store.OnWrite = () => throw new InvalidOperationException("The store is away.");
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await tokens.RenewAsync("old-access", Token));

        // They are not used either: nobody could renew them after a kill.
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await tokens.RenewAsync("old-access", Token));
        store.OnWrite = () => Task.CompletedTask;
        Assert.True(await tokens.RenewAsync("old-access", Token));
        Assert.Equal(("new-access", "new-refresh"), (await tokens.GetAsync(Token), store.Current!.RefreshToken));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task While_another_process_is_at_it_its_tokens_are_waited_for()
    {
        await using var server = Server();
        var store = new Store(new MixpanelTokenSet("old-access", "old-refresh", null));
        await using var tokens = Tokens(server, store);
        var looks = 0;
        store.OnTurn = () =>
        {
            store.Current = ++looks < 3 ? store.Current : new MixpanelTokenSet("other-access", "other-refresh", null);
            return TokenTurn.Others;
        };
        Assert.True(await tokens.RenewAsync("old-access", Token));
        Assert.Equal(("other-access", 3, 0), (await tokens.GetAsync(Token), looks, server.Requests.Count));

        // Who only comes early goes on with the token that lives.
        store.Current = new MixpanelTokenSet("living-access", "other-refresh", TimeProvider.System.GetUtcNow().AddSeconds(45));
        store.OnTurn = () => TokenTurn.Others;
        await using var early = Tokens(server, store);
        Assert.Equal(("living-access", 0), (await early.GetAsync(Token), server.Requests.Count));
    }

    [Fact]
    public async Task After_a_renewal_that_was_cut_off_it_is_said_that_it_may_have_used_up_the_token()
    {
        await using var server = WireServer.Start("""{"error":"invalid_grant"}""", 400);
        var store = new Store(MixpanelTokenSet.OfRefreshToken("refresh")) { OnTurn = () => TokenTurn.MineAfterBreak };
        await using var tokens = Tokens(server, store);
        for (var call = 0; call < 3; call++)
        {
            var failure = await Assert.ThrowsAsync<MixpanelException>(async () => await tokens.GetAsync(Token));
            Assert.Equal((MixpanelFailureKind.Unauthorized, true), (failure.Kind, failure.ConcernsTokens));
            Assert.Contains("(invalid_grant): somebody must authorise again. An earlier renewal was cut off", failure.Message, StringComparison.Ordinal);
        }

        // What was refused is not asked for with every call; what somebody brings since is taken at once.
        Assert.Single(server.Requests);
        Assert.Equal([true], store.Ended);
        store.Current = new MixpanelTokenSet("fresh-access", "fresh-refresh", null);
        Assert.Equal("fresh-access", await tokens.GetAsync(Token));
    }

    [Theory]
    [InlineData(429, "slow_down", false)]
    [InlineData(400, "invalid_grant", false)]
    [InlineData(503, "temporarily_unavailable", false)]
    [InlineData(500, "server_error", true)]
    [InlineData(200, "an answer without a token", true)]
    public async Task A_turn_that_brought_nothing_says_whether_the_token_may_be_spent(int status, string error, bool perhapsSpent)
    {
        await using var server = WireServer.Start($$"""{"error":"{{error}}"}""", status);
        var store = new Store(MixpanelTokenSet.OfRefreshToken("refresh"));
        await using var tokens = Tokens(server, store);
        await Assert.ThrowsAsync<MixpanelException>(async () => await tokens.GetAsync(Token));
        Assert.Equal([perhapsSpent], store.Ended);
    }

    [Fact]
    public async Task A_cut_connection_leaves_it_open_and_none_at_all_does_not()
    {
        await using var server = WireServer.Start(_ => WireReply.Json(Renewed) with { IsCut = true });
        var store = new Store(MixpanelTokenSet.OfRefreshToken("refresh"));
        await using var cut = Tokens(server, store);
        Assert.True((await Assert.ThrowsAsync<MixpanelException>(async () => await cut.GetAsync(Token))).ShouldRetry);
        await using var none = new OAuthTokens(server.Http, new OAuthOptions { ClientId = "cli", TokenEndpoint = new Uri("http://127.0.0.1:1/oauth/token/") }, store);
        Assert.True((await Assert.ThrowsAsync<MixpanelException>(async () => await none.GetAsync(Token))).ShouldRetry);
        Assert.Equal([true, false], store.Ended);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(422)]
    public async Task An_endpoint_that_repeats_the_token_is_not_quoted(int status)
    {
        await using var server = WireServer.Start("""{"error":"secret-refresh is no token of cli"}""", status);
        await using var tokens = Tokens(server, new Store(MixpanelTokenSet.OfRefreshToken("secret-refresh")));
        var failure = await Assert.ThrowsAsync<MixpanelException>(async () => await tokens.GetAsync(Token));
        Assert.DoesNotContain("secret", $"{failure}{failure.RemoteMessage}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_tokens_somebody_must_authorise()
    {
        await using var server = WireServer.Start("{}");
        await using var tokens = Tokens(server, new Store(null));
        Assert.Equal(MixpanelFailureKind.Unauthorized, (await Assert.ThrowsAsync<MixpanelException>(async () => await tokens.GetAsync(Token))).Kind);
    }

    [Fact]
    public void Secrets_are_not_printed()
    {
        Assert.DoesNotContain("secret", new MixpanelTokenSet("secret", "secret", null).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", new OAuthOptions { ClientId = "c", ClientSecret = "secret", TokenEndpoint = OAuthOptions.EndpointOf(MixpanelResidency.India) }.ToString(), StringComparison.Ordinal);
        Assert.Equal("https://in.mixpanel.com/oauth/token/", OAuthOptions.EndpointOf(MixpanelResidency.India).AbsoluteUri);
    }

    /// <summary>Knows the new token only.</summary>
    private static WireServer Server() => WireServer.Start(request =>
        request.Line.Contains("/oauth/", StringComparison.Ordinal) ? WireReply.Json(Renewed)
        : request.Header("Authorization") == "Bearer new-access" ? WireReply.Json("[]")
        : WireReply.Json("{}", 401));

    private static OAuthTokens Tokens(WireServer server, ITokenStore store) =>
        new(server.Http, new OAuthOptions { ClientId = "cli", TokenEndpoint = new Uri(server.Url, "/oauth/token/") }, store);

    private sealed class Store(MixpanelTokenSet? tokens) : ITokenStore
    {
        private readonly ConcurrentQueue<MixpanelTokenSet> _written = new();
        private int _reads;

        public MixpanelTokenSet? Current { get; set; } = tokens;

        public Func<Task> OnWrite { get; set; } = () => Task.CompletedTask;

        public Func<TokenTurn> OnTurn { get; set; } = () => TokenTurn.Mine;

        /// <summary>Turns that brought nothing, and whether the token may be spent.</summary>
        public List<bool> Ended { get; } = [];

        /// <summary>What a read gives, by how many there were since this was set.</summary>
        public Func<int, MixpanelTokenSet>? OnRead
        {
            get;
            set
            {
                field = value;
                _reads = 0;
            }
        }

        public ValueTask<MixpanelTokenSet?> ReadAsync(CancellationToken cancellationToken) =>
            new(OnRead is { } read ? read(Interlocked.Increment(ref _reads)) : Current);

        public ValueTask<TokenTurn> TakeTurnAsync(string refreshToken, CancellationToken cancellationToken) => new(OnTurn());

        public ValueTask EndTurnAsync(string refreshToken, bool perhapsSpent, CancellationToken cancellationToken)
        {
            Ended.Add(perhapsSpent);
            return ValueTask.CompletedTask;
        }

        public async ValueTask WriteAsync(string spent, MixpanelTokenSet tokens, CancellationToken cancellationToken)
        {
            Assert.False(cancellationToken.CanBeCanceled);
            Assert.Equal(Current!.RefreshToken, spent);
            await OnWrite();
            _written.Enqueue(tokens);
            Current = tokens;
        }
    }
}
