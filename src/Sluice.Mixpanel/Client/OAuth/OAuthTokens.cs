using System.Net.Http.Headers;
using System.Text;

namespace Sluice.Mixpanel.Client;

/// <summary>
/// Tokens that are renewed at Mixpanel's token endpoint with their refresh token: shortly before they end, and when a call says that they have ended. One renewal runs at a time,
/// and when another process was quicker, its tokens are taken.
/// </summary>
/// <seealso href="https://docs.mixpanel.com/docs/mcp"/>
public sealed class OAuthTokens : IMixpanelTokenSource, IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    // A token that ends while its call is on the way would be answered with 401.
    private static readonly TimeSpan Early = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http;
    private readonly OAuthOptions _options;
    private readonly ITokenStore _store;
    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile MixpanelTokenSet? _current;

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
    public async ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        var current = _current;
        if (current is not null && !Ends(current))
        {
            return current.AccessToken;
        }

        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_current is null || Ends(_current))
            {
                _current = await _store.ReadAsync(cancellationToken).ConfigureAwait(false) ?? throw NoTokens();
            }

            if (Ends(_current) && _current.RefreshToken is not null)
            {
                await RenewIfPossibleAsync(_current, cancellationToken).ConfigureAwait(false);
            }

            return _current.AccessToken;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RenewAsync(string refused, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Another call, or another process, may have been quicker.
            if (_current is { } current && current.AccessToken != refused)
            {
                return true;
            }

            _current = await _store.ReadAsync(cancellationToken).ConfigureAwait(false) ?? throw NoTokens();
            if (_current.AccessToken != refused)
            {
                return true;
            }

            if (_current.RefreshToken is null)
            {
                return false;
            }

            await RenewAsync(_current, cancellationToken).ConfigureAwait(false);
            return _current.AccessToken != refused;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Frees what it holds; the client and the store stay.</summary>
    public void Dispose() => _one.Dispose();

    private static MixpanelException NoTokens() => new(MixpanelFailureKind.Unauthorized, "There are no OAuth tokens: somebody must authorise first.");

    private bool Ends(MixpanelTokenSet tokens) => tokens.ExpiresAt - _options.TimeProvider.GetUtcNow() < Early;

    /// <summary>Early is early: while the old token lives, an endpoint that is away for a moment stops nobody.</summary>
    private async Task RenewIfPossibleAsync(MixpanelTokenSet old, CancellationToken cancellationToken)
    {
        try
        {
            await RenewAsync(old, cancellationToken).ConfigureAwait(false);
        }
        catch (MixpanelException e) when (e.ShouldRetry && old.ExpiresAt > _options.TimeProvider.GetUtcNow())
        {
            // The next call asks again.
        }
    }

    /// <summary>Under the semaphore.</summary>
    private async Task RenewAsync(MixpanelTokenSet old, CancellationToken cancellationToken)
    {
        MixpanelTokenSet renewed;
        try
        {
            renewed = await AskAsync(old, cancellationToken).ConfigureAwait(false);
        }
        catch (MixpanelException e) when (e.Kind == MixpanelFailureKind.Unauthorized)
        {
            // A refresh token that works once was perhaps used by another process, which has kept what it got.
            if (await _store.ReadAsync(cancellationToken).ConfigureAwait(false) is { } other && other.AccessToken != old.AccessToken)
            {
                _current = other;
                return;
            }

            throw;
        }

        // The old refresh token may work no more: what came is kept before anything else.
        _current = renewed;
        await _store.WriteAsync(renewed, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<MixpanelTokenSet> AskAsync(MixpanelTokenSet old, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(Deadline, _options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            using var request = Request(old.RefreshToken!);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token).ConfigureAwait(false);
            var body = await ReadAsync(response, linked.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? Read((int)response.StatusCode, body, old)
                : throw Failure((int)response.StatusCode, body, MixpanelFailures.RetryAfter(response.Headers, _options.TimeProvider));
        }
        catch (OperationCanceledException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new MixpanelException(MixpanelFailureKind.NoAnswer, "The OAuth tokens were not renewed in time.", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new MixpanelException(MixpanelFailureKind.NoAnswer, "The token endpoint cannot be reached, or the connection was cut.", e);
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
        var root = Json.Root(new MixpanelAnswer(status, null, body, null));
        var seconds = root.Double("expires_in");
        return new MixpanelTokenSet(
            root.Text("access_token") is { Length: > 0 } token ? token : throw MixpanelFailures.Unreadable(status, "it has no access_token."),
            root.Text("refresh_token") is { Length: > 0 } next ? next : old.RefreshToken,
            seconds is > 0 and < 1e9 ? _options.TimeProvider.GetUtcNow().AddSeconds(seconds.Value) : null);
    }

    private static MixpanelException Failure(int status, ReadOnlyMemory<byte> body, TimeSpan? retryAfter)
    {
        var failure = MixpanelFailures.Of(MixpanelBudget.App, status, body.Span, retryAfter);

        // 400 and 401 mean the same here: the refresh token is used up, revoked or too old.
        return status is 400 or 401
            ? new MixpanelException(
                MixpanelFailureKind.Unauthorized, $"The OAuth tokens cannot be renewed ({failure.RemoteMessage ?? $"status {status}"}): somebody must authorise again.")
            {
                Status = status, RemoteMessage = failure.RemoteMessage,
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
