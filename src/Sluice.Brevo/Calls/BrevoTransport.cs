using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Sluice.Brevo;

/// <summary>Makes one call: gate, deadline, request, answer, permit. The only place that does.</summary>
internal sealed class BrevoTransport
{
    // More than any error body that is worth reading.
    private const int MaxErrorBytes = 64 * 1024;

    private const int MaxRedirects = 5;

    private readonly HttpClient _http;
    private readonly BrevoClientOptions _options;
    private readonly IBrevoGate _gate;
    private readonly string _base;

    public BrevoTransport(HttpClient http, BrevoClientOptions options, IBrevoGate gate)
    {
        options.Validate();
        _http = http;
        _options = options;
        _gate = gate;
        _base = options.BaseAddress.AbsoluteUri.TrimEnd('/');
    }

    /// <summary>Calls an endpoint whose success has a JSON body.</summary>
    public Task<T> ReadAsync<T>(BrevoEndpoint endpoint, string pathAndQuery, BrevoContent? content, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class =>
        SendAsync(endpoint, pathAndQuery, content, (status, body) => Parse(endpoint, status, body, type), cancellationToken);

    /// <summary>Calls an endpoint whose success has no body worth reading.</summary>
    public Task WriteAsync(BrevoEndpoint endpoint, string pathAndQuery, BrevoContent? content, CancellationToken cancellationToken) =>
        SendAsync(endpoint, pathAndQuery, content, static (_, _) => true, cancellationToken);

    /// <summary>Calls an endpoint; <paramref name="read"/> makes the result of a success from its status and body.</summary>
    public Task<T> SendAsync<T>(
        BrevoEndpoint endpoint,
        string pathAndQuery,
        BrevoContent? content,
        Func<int, ReadOnlyMemory<byte>, T> read,
        CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(new HttpMethod(endpoint.Method), new Uri(_base + pathAndQuery)) { Content = content };
        request.Headers.TryAddWithoutValidation("accept", "application/json");
        request.Headers.TryAddWithoutValidation("user-agent", _options.UserAgent);
        request.Headers.TryAddWithoutValidation("api-key", _options.ApiKey.Value);
        var deadline = endpoint == BrevoEndpoints.ContactsImport ? _options.ImportTimeout : _options.Timeout;
        return ExchangeAsync(endpoint, request, deadline, (response, exchange) => ReadSuccessAsync(endpoint, response, read, exchange), cancellationToken);
    }

    /// <summary>Fetches a file from wherever it is, without the key, and copies it to <paramref name="destination"/>.</summary>
    public Task<long> DownloadAsync(Uri url, Stream destination, CancellationToken cancellationToken)
    {
        return ExchangeAsync(
            BrevoEndpoints.FilesDownload,
            FileRequest(url),
            _options.DownloadTimeout,
            (response, exchange) => CopyAsync(url, response, destination, exchange),
            cancellationToken);
    }

    public static T Parse<T>(BrevoEndpoint endpoint, int status, ReadOnlyMemory<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        var json = body.Span;
        if (json.StartsWith("\uFEFF"u8))
        {
            json = json[3..];
        }

        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new BrevoProtocolException(endpoint, status, "it is null.");
        }
        catch (JsonException e)
        {
            // The exception itself may quote the body; position and path (names and indexes) cannot.
            throw new BrevoProtocolException(
                endpoint,
                status,
                json.IsEmpty ? "it is empty." : $"it is not the expected JSON at {Redaction.Clean(e.Path, 200)} (line {e.LineNumber}, byte {e.BytePositionInLine}).");
        }
    }

    private async Task<T> ExchangeAsync<T>(
        BrevoEndpoint endpoint,
        HttpRequestMessage request,
        TimeSpan deadline,
        Func<HttpResponseMessage, Exchange, Task<T>> read,
        CancellationToken cancellationToken)
    {
        using (request)
        {
            var permit = await _gate.EnterAsync(new BrevoCall(endpoint.Name, endpoint.Bucket), cancellationToken);
            var exchange = new Exchange(endpoint, deadline, request.Content as BrevoContent, cancellationToken);
            T result;
            try
            {
                result = await ExchangeAsync(request, exchange, read);
            }
            catch
            {
                await CompleteAfterFailureAsync(permit, exchange.Observed);
                throw;
            }

            await permit.CompleteAsync(exchange.Observed, CancellationToken.None);
            return result;
        }
    }

    private async Task<T> ExchangeAsync<T>(HttpRequestMessage request, Exchange exchange, Func<HttpResponseMessage, Exchange, Task<T>> read)
    {
        using var timer = new CancellationTokenSource(exchange.Deadline, _options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(exchange.Caller, timer.Token);
        exchange.Token = linked.Token;
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token);
            exchange.HasAnswer = true;
            exchange.Observed = BrevoRateLimit.Read(response.Headers);
            return await read(response, exchange);
        }
        catch (OperationCanceledException e)
        {
            exchange.Caller.ThrowIfCancellationRequested();

            // Also when the HttpClient's own timeout struck before ours.
            throw new BrevoTimeoutException(exchange.Endpoint, exchange.Deadline, exchange.MayHaveBeenSent(e), e);
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException or TransportReadException)
        {
            throw new BrevoConnectionException(exchange.Endpoint, exchange.MayHaveBeenSent(e), (e as TransportReadException)?.InnerException ?? e);
        }
    }

    private async Task<T> ReadSuccessAsync<T>(BrevoEndpoint endpoint, HttpResponseMessage response, Func<int, ReadOnlyMemory<byte>, T> read, Exchange exchange)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw await ReadFailureAsync(response, exchange);
        }

        var status = (int)response.StatusCode;
        using var body = new PooledBuffer(InitialCapacity(response));
        return await TryReadBodyAsync(response, body, _options.MaxResponseBytes, exchange)
            ? read(status, body.Written)
            : throw new BrevoProtocolException(endpoint, status, $"it is larger than {_options.MaxResponseBytes} bytes.");
    }

    private HttpRequestMessage FileRequest(Uri url)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation("user-agent", _options.UserAgent);
        return request;
    }

    // The recommended handler follows no redirects, to keep the API key at home. A file is asked for without the key, and may lie
    // elsewhere.
    private async Task<long> CopyAsync(Uri url, HttpResponseMessage response, Stream destination, Exchange exchange, int redirects = 0)
    {
        if (redirects < MaxRedirects && (int)response.StatusCode is 301 or 302 or 303 or 307 or 308 && Target(url, response) is { } target)
        {
            using var request = FileRequest(target);
            using var next = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, exchange.Token);
            return await CopyAsync(target, next, destination, exchange, redirects + 1);
        }

        if (!response.IsSuccessStatusCode)
        {
            throw await ReadFailureAsync(response, exchange);
        }

        var chunk = new byte[64 * 1024];
        await using var stream = await response.Content.ReadAsStreamAsync(exchange.Token);
        long total = 0;
        int read;
        while ((read = await ReadChunkAsync(stream, chunk, exchange)) > 0)
        {
            // A failure of the destination is the caller's own and passes as it is.
            await destination.WriteAsync(chunk.AsMemory(0, read), exchange.Token);
            total += read;
        }

        return total;
    }

    private static Uri? Target(Uri url, HttpResponseMessage response) =>
        response.Headers.Location is { } location
        && Uri.TryCreate(url, location, out var target)
        && (target.Scheme == Uri.UriSchemeHttps || (target.Scheme == Uri.UriSchemeHttp && url.Scheme == Uri.UriSchemeHttp))
            ? target
            : null;

    /// <summary>
    /// Reads what can be read of a refusal. Its status is known, so that no body, half a body or HTML changes nothing about it.
    /// </summary>
    private static async Task<BrevoApiException> ReadFailureAsync(HttpResponseMessage response, Exchange exchange)
    {
        using var body = new PooledBuffer(1024);
        try
        {
            await TryReadBodyAsync(response, body, MaxErrorBytes, exchange);
        }
        catch (OperationCanceledException)
        {
            exchange.Caller.ThrowIfCancellationRequested();
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException or TransportReadException)
        {
            // What arrived before the cut is used.
        }

        var error = BrevoErrorBody.Read(body.Written);
        return new BrevoApiException(exchange.Endpoint, (int)response.StatusCode, error.Code, error.Message, error.DuplicateIdentifiers, exchange.Observed);
    }

    private static async Task<bool> TryReadBodyAsync(HttpResponseMessage response, PooledBuffer body, int maxBytes, Exchange exchange)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(exchange.Token);
        while (body.Length <= maxBytes)
        {
            var read = await ReadChunkAsync(stream, body.GetMemory(4096), exchange);
            if (read == 0)
            {
                return true;
            }

            body.Advance(read);
        }

        return false;
    }

    private static async ValueTask<int> ReadChunkAsync(Stream stream, Memory<byte> chunk, Exchange exchange)
    {
        try
        {
            return await stream.ReadAsync(chunk, exchange.Token);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new TransportReadException(e);
        }
    }

    private static int InitialCapacity(HttpResponseMessage response) =>
        response.Content.Headers.ContentLength is { } length and > 0 and < 1024 * 1024 ? (int)length + 4096 : 16 * 1024;

    private static async ValueTask CompleteAfterFailureAsync(IBrevoPermit permit, BrevoRateLimit? observed)
    {
        try
        {
            await permit.CompleteAsync(observed, CancellationToken.None);
        }
        catch (Exception)
        {
            // The failure of the call is what the caller must see; the gate knows about its own.
        }
    }

    /// <summary>What is known of one call while it runs.</summary>
    private sealed class Exchange(BrevoEndpoint endpoint, TimeSpan deadline, BrevoContent? content, CancellationToken caller)
    {
        public BrevoEndpoint Endpoint => endpoint;

        public TimeSpan Deadline => deadline;

        public CancellationToken Caller => caller;

        /// <summary>Fires at the deadline or when the caller gives up.</summary>
        public CancellationToken Token { get; set; }

        public bool HasAnswer { get; set; }

        public BrevoRateLimit? Observed { get; set; }

        /// <summary>Certainly not sent: the connection was never made, or nobody has asked for the body that the request needs.</summary>
        public bool MayHaveBeenSent(Exception e) =>
            HasAnswer
            || content is { WasStarted: true }
            || (content is null && e is not HttpRequestException
            {
                HttpRequestError: HttpRequestError.NameResolutionError
                    or HttpRequestError.ConnectionError
                    or HttpRequestError.SecureConnectionError
                    or HttpRequestError.ProxyTunnelError,
            });
    }

    /// <summary>Marks an error of the wire, to tell it from one of the caller's stream.</summary>
    private sealed class TransportReadException(Exception innerException) : Exception(innerException.Message, innerException);
}
