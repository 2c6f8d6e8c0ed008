using System.IO.Compression;

namespace Sluice.Mixpanel.Client;

/// <summary>One request and its answer, while it is read: it holds the permit, the deadline and the connection. Its failures are <see cref="MixpanelException"/>.</summary>
internal sealed class MixpanelExchange : Stream
{
    private readonly IMixpanelPermit _permit;
    private readonly MixpanelClientOptions _options;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _linked;
    private HttpRequestMessage? _request;
    private HttpResponseMessage? _response;
    private Stream? _body;
    private bool _isStream;
    private bool _mayRun;
    private bool _failed;
    private bool _ended;

    /// <summary>Its deadline begins now.</summary>
    public MixpanelExchange(IMixpanelPermit permit, TimeSpan deadline, MixpanelClientOptions options, CancellationToken caller)
    {
        _permit = permit;
        _options = options;
        _caller = caller;
        _timer = new CancellationTokenSource(deadline, options.TimeProvider);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(caller, _timer.Token);
    }

    public int Status => (int)_response!.StatusCode;

    public bool IsSuccess => _response!.IsSuccessStatusCode;

    public string? ContentType => _response!.Content.Headers.ContentType?.ToString();

    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>The OAuth token that was sent, or null.</summary>
    public string? Token { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Sends, and waits until the answer begins.</summary>
    public async Task BeginAsync(HttpClient http, MixpanelRequest request)
    {
        var content = request.Content?.Invoke();
        _request = new HttpRequestMessage(request.Method, new Uri(request.Address)) { Content = content };
        _request.Headers.TryAddWithoutValidation("user-agent", _options.UserAgent);
        _request.Headers.TryAddWithoutValidation("accept", request.Accept);
        if (request.TakesGzip)
        {
            _request.Headers.TryAddWithoutValidation("accept-encoding", "gzip");
        }

        var started = false;
        try
        {
            if (request.WithCredentials)
            {
                _request.Headers.Authorization = await _options.Credentials.HeaderAsync(_linked.Token).ConfigureAwait(false);
                Token = _options.Credentials.Tokens is null ? null : _request.Headers.Authorization.Parameter;
            }

            started = _mayRun = true;
            _response = await http.SendAsync(_request, HttpCompletionOption.ResponseHeadersRead, _linked.Token).ConfigureAwait(false);
            RetryAfter = MixpanelFailures.RetryAfter(_response.Headers, _options.TimeProvider);
            var body = await _response.Content.ReadAsStreamAsync(_linked.Token).ConfigureAwait(false);
            _body = _response.Content.Headers.ContentEncoding.LastOrDefault() is "gzip" or "x-gzip" ? new GZipStream(body, CompressionMode.Decompress) : body;
        }
        catch (Exception e) when (content is IngestionContent { WriterFailure: { } own } && !_caller.IsCancellationRequested)
        {
            if (ReferenceEquals(e, own))
            {
                throw;
            }

            throw own;
        }
        catch (OperationCanceledException e)
        {
            _caller.ThrowIfCancellationRequested();
            throw NoAnswer("There was no answer in time.", started && MayBeDone(content, e), e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            _mayRun = MayBeDone(content, e);
            throw NoAnswer("Mixpanel cannot be reached, or the connection was cut.", _mayRun, e);
        }
    }

    /// <summary>From here on the deadline is one of standing still.</summary>
    public void BecomeStream() => _isStream = true;

    /// <summary>Reads the rest: whole and no larger than allowed, or as much as is allowed and came.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadAllAsync(int maxBytes, bool whole)
    {
        using var body = new MemoryStream();
        var piece = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await ReadAsync(piece, CancellationToken.None).ConfigureAwait(false)) > 0)
            {
                var room = maxBytes - (int)body.Length;
                body.Write(piece, 0, Math.Min(read, room));
                if (read > room)
                {
                    return whole ? throw MixpanelFailures.Unreadable(Status, $"it is larger than {maxBytes} bytes.") : body.ToArray();
                }
            }
        }
        catch (MixpanelException e) when (!whole && e.Kind == MixpanelFailureKind.NoAnswer)
        {
            // The status is known: what arrived before the cut is used.
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isStream)
        {
            _timer.CancelAfter(_options.IdleTimeout);
        }

        var other = cancellationToken.CanBeCanceled && cancellationToken != _caller;
        using var both = other ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _linked.Token) : null;
        try
        {
            var read = await _body!.ReadAsync(buffer, both?.Token ?? _linked.Token).ConfigureAwait(false);
            if (_isStream)
            {
                // Whoever reads may take their time before they ask for more: it is not Mixpanel's.
                _timer.CancelAfter(Timeout.InfiniteTimeSpan);
            }

            return read;
        }
        catch (OperationCanceledException e)
        {
            _failed = true;
            _caller.ThrowIfCancellationRequested();
            cancellationToken.ThrowIfCancellationRequested();
            throw NoAnswer(_isStream ? "Mixpanel's answer stood still." : "There was no answer in time.", true, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException)
        {
            _failed = true;
            throw NoAnswer("The connection to Mixpanel was cut.", true, e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is read asynchronously.");

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Ends it after a failure, which nothing may hide.</summary>
    public ValueTask AbandonAsync()
    {
        _failed = true;
        return DisposeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        var outcome = new MixpanelCallOutcome(_response is null ? null : Status, RetryAfter) { MayStillRun = _response is null && _mayRun };
        _response?.Dispose();
        _request?.Dispose();
        _linked.Dispose();
        _timer.Dispose();
        try
        {
            await _permit.CompleteAsync(outcome, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception) when (_failed || _response is not { IsSuccessStatusCode: true })
        {
            // The failure of the call is what the caller must see; the gate knows about its own.
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    private static MixpanelException NoAnswer(string message, bool isOutcomeUnknown, Exception inner) =>
        new(MixpanelFailureKind.NoAnswer, message, inner) { IsOutcomeUnknown = isOutcomeUnknown };

    /// <summary>Certainly not done: the connection was never made, or nobody has asked for the body that the request needs.</summary>
    internal static bool MayBeDone(HttpContent? content, Exception e) => content is IngestionContent written
        ? written.WasStarted
        : e is not HttpRequestException
        {
            HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        };
}
