using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>
/// Tokens that are renewed at Mixpanel's token endpoint with their refresh token: shortly before they end, and when a call says that they have ended. One renewal runs at a time, in
/// this process and, through the store, in all. It belongs to no caller: who leaves only stops waiting, and what was renewed is kept.
/// </summary>
/// <seealso href="https://docs.mixpanel.com/docs/mcp"/>
public sealed class OAuthTokens : IMixpanelTokenSource, IAsyncDisposable
{
    /// <summary>How long a renewal may take, to the last byte of the answer.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private const int MaxAnswerBytes = 64 * 1024;

    // The longest of RFC 6749 is unsupported_grant_type.
    private const int LongestCode = 32;

    // A token that ends while its call is on the way would be answered with 401.
    private static readonly TimeSpan Early = TimeSpan.FromMinutes(1);

    // Another process's renewal is over by then, or its turn is.
    private static readonly TimeSpan LongestWait = Deadline * 3;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(250);

    // A refresh token that was refused stays so, unless the endpoint was wrong; asking with every call would look like an attack.
    private static readonly TimeSpan RestAfterRefusal = TimeSpan.FromMinutes(5);

    private readonly HttpClient _http;
    private readonly OAuthOptions _options;
    private readonly ITokenStore _store;
    private readonly Lock _lock = new();
    private Task<MixpanelTokenSet> _running = Task.FromResult(new MixpanelTokenSet("", null, null));
    private string? _question;
    private volatile MixpanelTokenSet? _current;

    // Of the task that runs, and of nobody else.
    private (string Spent, MixpanelTokenSet Tokens)? _unkept;
    private (string RefreshToken, DateTimeOffset At, MixpanelException Failure)? _refusal;

    /// <summary>Makes the source of one authorisation.</summary>
    /// <param name="http">Makes the requests; it must follow no redirects, and its own time-out must be switched off. Not disposed by this source.</param>
    /// <param name="options">Who asks, and where.</param>
    /// <param name="store">Holds the tokens.</param>
    public OAuthTokens(HttpClient http, OAuthOptions options, ITokenStore store)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(store);
        options.Validate();
        (_http, _options, _store) = (http, options, store);
    }

    /// <inheritdoc/>
    public async ValueTask<string> GetAsync(CancellationToken cancellationToken) =>
        (_current is { } current && IsFresh(current) ? current : await AskedAsync(refused: null).WaitAsync(cancellationToken).ConfigureAwait(false)).AccessToken;

    /// <inheritdoc/>
    public async ValueTask<bool> RenewAsync(string refused, CancellationToken cancellationToken)
    {
        // Another call may have been quicker.
        var current = _current;
        return (current is not null && current.AccessToken != refused)
            || (await AskedAsync(refused).WaitAsync(cancellationToken).ConfigureAwait(false)).AccessToken != refused;
    }

    /// <summary>Waits for a renewal that is under way: its answer is kept before the client and the store may go.</summary>
    public async ValueTask DisposeAsync()
    {
        Task running;
        lock (_lock)
        {
            running = _running;
        }

        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_unkept is { } late)
        {
            await KeepAsync(late.Spent, late.Tokens).ConfigureAwait(false);
        }
    }

    private static MixpanelException NoTokens() => new(MixpanelFailureKind.Unauthorized, "There are no OAuth tokens: somebody must authorise first.") { ConcernsTokens = true };

    private bool Lives(MixpanelTokenSet tokens, TimeSpan still) =>
        tokens.AccessToken.Length > 0 && !(tokens.ExpiresAt - _options.TimeProvider.GetUtcNow() < still);

    private bool IsFresh(MixpanelTokenSet tokens) => Lives(tokens, Early);

    /// <summary>Callers with one question share one answer; another question comes after it.</summary>
    private Task<MixpanelTokenSet> AskedAsync(string? refused)
    {
        lock (_lock)
        {
            if (_running.IsCompleted || _question != refused)
            {
                Task before = _running;
                _question = refused;
                _running = Task.Run(async () =>
                {
                    await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    return await UsableAsync(refused).ConfigureAwait(false);
                });
            }

            return _running;
        }
    }

    private async Task<MixpanelTokenSet> UsableAsync(string? refused)
    {
        if (_unkept is { } late)
        {
            await KeepAsync(late.Spent, late.Tokens).ConfigureAwait(false);
        }

        var started = _options.TimeProvider.GetTimestamp();
        while (true)
        {
            var stored = await _store.ReadAsync(CancellationToken.None).ConfigureAwait(false) ?? throw NoTokens();
            if (stored.RefreshToken is not { } refreshToken || (IsFresh(stored) && stored.AccessToken != refused))
            {
                return _current = stored;
            }

            if (_refusal is { } refusal && refusal.RefreshToken == refreshToken && _options.TimeProvider.GetUtcNow() - refusal.At < RestAfterRefusal)
            {
                throw new MixpanelException(refusal.Failure.Kind, refusal.Failure.Message, refusal.Failure)
                {
                    Status = refusal.Failure.Status, RemoteMessage = refusal.Failure.RemoteMessage, ConcernsTokens = true,
                };
            }

            // Early is early: while the old token lives, an endpoint that is away for a moment stops nobody.
            var living = stored.AccessToken != refused && Lives(stored, TimeSpan.Zero) ? stored : null;
            var turn = await _store.TakeTurnAsync(refreshToken, CancellationToken.None).ConfigureAwait(false);
            if (turn is TokenTurn.Mine or TokenTurn.MineAfterBreak)
            {
                return await RenewAsync(stored, living, turn == TokenTurn.MineAfterBreak).ConfigureAwait(false);
            }

            if (turn == TokenTurn.Others && living is not null)
            {
                return living;
            }

            if (_options.TimeProvider.GetElapsedTime(started) > LongestWait)
            {
                throw new MixpanelException(MixpanelFailureKind.NoAnswer, "Another process renews the OAuth tokens and comes to no end.");
            }

            await Task.Delay(LookAgain, _options.TimeProvider).ConfigureAwait(false);
        }
    }

    /// <summary>In one's turn.</summary>
    /// <param name="living">What may be sent for a while if the renewal fails; null when nothing may.</param>
    private async Task<MixpanelTokenSet> RenewAsync(MixpanelTokenSet old, MixpanelTokenSet? living, bool afterBreak)
    {
        var refreshToken = old.RefreshToken!;
        MixpanelTokenSet renewed;
        try
        {
            renewed = await AskAsync(old, afterBreak).ConfigureAwait(false);
        }
        catch (MixpanelException e)
        {
            e.ConcernsTokens = true;
            await _store.EndTurnAsync(refreshToken, afterBreak || e.IsOutcomeUnknown, CancellationToken.None).ConfigureAwait(false);
            if (e.ShouldRetry && living is not null)
            {
                return living;
            }

            if (e.Kind != MixpanelFailureKind.Unauthorized)
            {
                throw;
            }

            // Perhaps another process has spent it, whose turn was over before it had kept what it got.
            if (await _store.ReadAsync(CancellationToken.None).ConfigureAwait(false) is { } other && other.AccessToken != old.AccessToken)
            {
                return _current = other;
            }

            _refusal = (refreshToken, _options.TimeProvider.GetUtcNow(), e);
            throw;
        }

        return await KeepAsync(refreshToken, renewed).ConfigureAwait(false);
    }

    /// <summary>The old refresh token may work no more: what came is kept before it is used. Until that has succeeded it is what is tried first.</summary>
    private async Task<MixpanelTokenSet> KeepAsync(string spent, MixpanelTokenSet renewed)
    {
        _unkept = (spent, renewed);
        await _store.WriteAsync(spent, renewed, CancellationToken.None).ConfigureAwait(false);
        _unkept = null;
        return _current = renewed;
    }

    private async Task<MixpanelTokenSet> AskAsync(MixpanelTokenSet old, bool afterBreak)
    {
        using var timer = new CancellationTokenSource(Deadline, _options.TimeProvider);
        try
        {
            using var request = Request(old.RefreshToken!);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timer.Token).ConfigureAwait(false);
            var body = await ReadAsync(response, timer.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? Read((int)response.StatusCode, body, old)
                : throw Failure(response, body.Span, afterBreak);
        }
        catch (OperationCanceledException e)
        {
            throw new MixpanelException(MixpanelFailureKind.NoAnswer, "The OAuth tokens were not renewed in time.", e) { IsOutcomeUnknown = true };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new MixpanelException(MixpanelFailureKind.NoAnswer, "The token endpoint cannot be reached, or the connection was cut.", e)
            {
                IsOutcomeUnknown = MixpanelExchange.MayBeDone(content: null, e),
            };
        }
    }

    private HttpRequestMessage Request(string refreshToken)
    {
        var form = new Parameters().Add("grant_type", "refresh_token").Add("refresh_token", refreshToken);
        var request = new HttpRequestMessage(HttpMethod.Post, _options.TokenEndpoint);
        if (_options.ClientSecret is { } secret)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(_options.ClientId)}:{Uri.EscapeDataString(secret)}")));
        }
        else
        {
            form.Add("client_id", _options.ClientId);
        }

        request.Content = form.ToForm();
        request.Headers.TryAddWithoutValidation("accept", "application/json");
        request.Headers.TryAddWithoutValidation("user-agent", _options.UserAgent);
        return request;
    }

    private MixpanelTokenSet Read(int status, ReadOnlyMemory<byte> body, MixpanelTokenSet old)
    {
        var root = Root(status, body);
        var seconds = root.Double("expires_in");
        return new MixpanelTokenSet(
            root.Text("access_token") is { Length: > 0 } token ? token : throw MixpanelFailures.Unreadable(status, "it has no access_token."),
            root.Text("refresh_token") is { Length: > 0 } next ? next : old.RefreshToken,
            seconds is > 0 and < 1e9 ? _options.TimeProvider.GetUtcNow().AddSeconds(seconds.Value) : null);
    }

    /// <summary>A success without a token, whatever else it says, may have spent the refresh token; and what it says is not quoted.</summary>
    private static JsonElement Root(int status, ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonElement.Parse(body.Span);
        }
        catch (JsonException)
        {
            throw MixpanelFailures.Unreadable(status, "it is no JSON.");
        }
    }

    private MixpanelException Failure(HttpResponseMessage response, ReadOnlySpan<byte> body, bool afterBreak)
    {
        // What an endpoint says of a request may repeat it: its code says enough, and has no room for a token.
        var status = (int)response.StatusCode;
        var code = MixpanelFailures.Of(MixpanelBudget.App, status, body, null).RemoteMessage;
        code = code is { Length: <= LongestCode } && code.All(c => char.IsAsciiLetterLower(c) || c == '_') ? code : null;
        var failure = MixpanelFailures.Of(MixpanelBudget.App, status, Encoding.ASCII.GetBytes(code ?? ""), MixpanelFailures.RetryAfter(response.Headers, _options.TimeProvider));

        // 400 and 401 mean the same here: the refresh token is used up, revoked or too old.
        return status is 400 or 401
            ? new MixpanelException(
                MixpanelFailureKind.Unauthorized,
                $"The OAuth tokens cannot be renewed ({code ?? $"status {status}"}): somebody must authorise again."
                + (afterBreak ? " An earlier renewal was cut off before its answer was kept, and has probably used up the refresh token." : ""))
            {
                Status = status, RemoteMessage = code,
            }
            : failure;
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var body = new byte[MaxAnswerBytes];
        var length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return body.AsMemory(0, length);
    }
}
