using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sluice.Mixpanel.Client;

namespace Sluice.Mixpanel.Tests.Client;

/// <summary>A server on loopback that speaks bare HTTP/1.1, so that a test sees every byte of a request and decides over every byte of an answer.</summary>
internal sealed class WireServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<WireRequest, WireReply> _answer;
    private readonly ConcurrentQueue<WireRequest> _requests = new();
    private readonly HttpClient _http = new(MixpanelClientOptions.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Task _accepting;

    private WireServer(Func<WireRequest, WireReply> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public HttpClient Http => _http;

    public IReadOnlyList<WireRequest> Requests => [.. _requests];

    /// <summary>The only request there was.</summary>
    public WireRequest Request => Assert.Single(_requests);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static WireServer Start(Func<WireRequest, WireReply> answer) => new(answer);

    public static WireServer Start(string json, int status = 200) => new(_ => WireReply.Json(json, status));

    public MixpanelClientOptions Options(MixpanelCredentials? credentials = null) => new()
    {
        Credentials = credentials ?? MixpanelCredentials.ServiceAccount("robot", "s3cret", "4100200"), Hosts = MixpanelHosts.At(Url),
    };

    public MixpanelQueryClient Query(IMixpanelGate? gate = null, MixpanelCredentials? credentials = null) => new(_http, Options(credentials), gate);

    public MixpanelExportClient Export(IMixpanelGate? gate = null, MixpanelCredentials? credentials = null) => new(_http, Options(credentials), gate);

    public MixpanelAppClient App(IMixpanelGate? gate = null) => new(_http, Options(), gate);

    public MixpanelPersonalDataClient PersonalData(IMixpanelGate? gate = null) => new(_http, Options(MixpanelCredentials.OAuth("bearer-1", null)), "project token", gate);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _http.Dispose();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                open.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(open);
        }
    }

    /// <summary>One request a connection.</summary>
    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                await using var stream = new NetworkStream(socket, ownsSocket: false);
                if (await WireRequest.ReadAsync(stream, _stop.Token) is not { } request)
                {
                    return;
                }

                _requests.Enqueue(request);
                await _answer(request).WriteAsync(stream, _stop.Token);
                socket.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
            {
                // The client has gone, or the test is over.
            }
        }
    }
}

/// <summary>A request as it came.</summary>
internal sealed record WireRequest(string Line, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public static async Task<WireRequest?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (await LineAsync(stream, cancellationToken) is not { Length: > 0 } first)
        {
            return null;
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync(stream, cancellationToken) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add(line[..colon], line[(colon + 2)..]);
        }

        return new WireRequest(first, headers, Encoding.UTF8.GetString(await BodyAsync(stream, headers, cancellationToken)));
    }

    private static async Task<byte[]> BodyAsync(Stream stream, Dictionary<string, string> headers, CancellationToken cancellationToken)
    {
        if (!headers.ContainsKey("Transfer-Encoding"))
        {
            return await ExactlyAsync(stream, headers.TryGetValue("Content-Length", out var length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0, cancellationToken);
        }

        var body = new List<byte>();
        int size;
        do
        {
            size = int.Parse((await LineAsync(stream, cancellationToken))!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            body.AddRange(await ExactlyAsync(stream, size, cancellationToken));
            await LineAsync(stream, cancellationToken);
        }
        while (size > 0);
        return [.. body];
    }

    private static async Task<byte[]> ExactlyAsync(Stream stream, int length, CancellationToken cancellationToken)
    {
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    /// <summary>Null when the client went away.</summary>
    private static async Task<string?> LineAsync(Stream stream, CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (line.Length < 65_536)
        {
            if (await stream.ReadAsync(one, cancellationToken) == 0)
            {
                return null;
            }

            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }

        return null;
    }
}

/// <summary>An answer, byte by byte.</summary>
internal sealed record WireReply(int Status, byte[] Body)
{
    public string ContentType { get; init; } = "application/json";

    public IReadOnlyList<string> Headers { get; init; } = [];

    /// <summary>The body says that it is longer than it is, and the connection ends.</summary>
    public bool IsCut { get; init; }

    /// <summary>Nothing follows the body, and the connection stays.</summary>
    public bool StandsStill { get; init; }

    public static WireReply Json(string json, int status = 200) => new(status, Encoding.UTF8.GetBytes(json));

    public static WireReply Lines(string text) => new(200, Encoding.UTF8.GetBytes(text)) { ContentType = "text/plain" };

    public async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        var length = Body.Length + (IsCut || StandsStill ? 100 : 0);
        var head = $"HTTP/1.1 {Status} Said\r\nContent-Type: {ContentType}\r\nContent-Length: {length}\r\nConnection: close\r\n{string.Concat(Headers.Select(h => h + "\r\n"))}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), cancellationToken);
        await stream.WriteAsync(Body, cancellationToken);
        await stream.FlushAsync(cancellationToken);
        if (StandsStill)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
    }
}

/// <summary>Keeps what it was asked and told.</summary>
internal sealed class RecordingGate : IMixpanelGate
{
    private readonly ConcurrentQueue<string> _said = new();

    public IReadOnlyList<string> Said => [.. _said];

    /// <summary>Thrown in place of a permit.</summary>
    public Exception? Refusal { get; init; }

    /// <summary>Thrown when a call is over.</summary>
    public Exception? Trouble { get; init; }

    public ValueTask<IMixpanelPermit> EnterAsync(MixpanelCall call, CancellationToken cancellationToken)
    {
        if (Refusal is not null)
        {
            throw Refusal;
        }

        _said.Enqueue($"enter {call.Endpoint} {call.Budget}");
        return new ValueTask<IMixpanelPermit>(new Permit(this));
    }

    private sealed class Permit(RecordingGate gate) : IMixpanelPermit
    {
        public ValueTask CompleteAsync(MixpanelCallOutcome outcome, CancellationToken cancellationToken)
        {
            gate._said.Enqueue($"complete {outcome.Status?.ToString(CultureInfo.InvariantCulture) ?? "nothing"}{(outcome.RetryAfter is { } wait ? $" {wait.TotalSeconds}s" : "")}");
            return gate.Trouble is null ? ValueTask.CompletedTask : throw gate.Trouble;
        }
    }
}
