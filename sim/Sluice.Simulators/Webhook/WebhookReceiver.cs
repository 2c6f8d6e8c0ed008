using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Sluice.Simulators.Webhook;

/// <summary>A call as it came in.</summary>
/// <param name="At">When it came, by the receiver's clock.</param>
/// <param name="Number">Which one it was, from 1 on.</param>
public sealed record WebhookCall(int Number, DateTimeOffset At, string Id, string Signatures, string Body, IReadOnlyList<WebhookCallEvent> Events);

/// <summary>An event of a call.</summary>
public sealed record WebhookCallEvent(string Id, JsonElement Json);

/// <summary>What a call is answered with.</summary>
/// <param name="Takes">Whether the receiver keeps the events, whatever it answers.</param>
public sealed record WebhookAnswer(int Status, bool Takes)
{
    /// <summary>The call is taken.</summary>
    public static readonly WebhookAnswer Ok = new(204, Takes: true);

    /// <summary>Value of the header <c>Retry-After</c>.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>Value of the header <c>Location</c>.</summary>
    public string? Location { get; init; }

    /// <summary>The connection is cut instead of an answer.</summary>
    public bool Cuts { get; init; }

    /// <summary>Nothing is answered until the caller gives up.</summary>
    public bool Hangs { get; init; }
}

/// <summary>
/// A customer's service on loopback: checks signatures as the Standard Webhooks specification says, keeps what it has taken, and drops the
/// events that it has already, by their ids.
/// </summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly List<WebhookCall> _calls = [];
    private readonly List<WebhookCallEvent> _events = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly byte[] _key;
    private readonly TimeProvider _clock;
    private readonly HeldAnswers _held = new();
    private LoopbackServer? _server;
    private int _refused;
    private int _repeats;

    private WebhookReceiver(string secret, TimeProvider clock)
    {
        _key = Convert.FromBase64String(secret["whsec_".Length..]);
        _clock = clock;
    }

    /// <summary>Where it takes messages.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Decides about each call whose signature is right.</summary>
    public Func<WebhookCall, WebhookAnswer> Answer { get; set; } = _ => WebhookAnswer.Ok;

    /// <summary>Calls whose signature was right.</summary>
    public IReadOnlyList<WebhookCall> Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _calls];
            }
        }
    }

    /// <summary>The events that were taken, each once, in the order in which they came first.</summary>
    public IReadOnlyList<WebhookCallEvent> Events
    {
        get
        {
            lock (_gate)
            {
                return [.. _events];
            }
        }
    }

    /// <summary>How many calls get no answer until the caller gives up.</summary>
    public int HeldAnswers => _held.Count;

    /// <summary>Events that came again.</summary>
    public int Repeats => Volatile.Read(ref _repeats);

    /// <summary>Calls whose signature or time was wrong.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>The most calls that came in any one second.</summary>
    public int MostCallsInASecond
    {
        get
        {
            var times = Calls.Select(c => c.At).Order().ToList();
            return times.Select((t, i) => times.Skip(i).TakeWhile(o => o - t < TimeSpan.FromSeconds(1)).Count()).DefaultIfEmpty(0).Max();
        }
    }

    /// <summary>Starts a receiver on a free port.</summary>
    /// <param name="secret"><c>whsec_</c> and the key in base64.</param>
    public static async Task<WebhookReceiver> StartAsync(string secret, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var receiver = new WebhookReceiver(secret, clock);
        receiver._server = await LoopbackServer.StartAsync([0], null, receiver.HandleAsync, cancellationToken);
        receiver.Address = new Uri(receiver._server.Addresses[0], "/hooks/sluice/");
        return receiver;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task HandleAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        var body = Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
        var headers = context.Request.Headers;
        var id = headers["webhook-id"].ToString();
        var signatures = headers["webhook-signature"].ToString();
        if (context.Request.Method != "POST" || context.Request.Path != Address.AbsolutePath || !IsSigned(id, headers["webhook-timestamp"].ToString(), body, signatures))
        {
            Interlocked.Increment(ref _refused);
            context.Response.StatusCode = 401;
            return;
        }

        using var document = JsonDocument.Parse(body);
        var events = document.RootElement.GetProperty("data").GetProperty("events").EnumerateArray()
            .Select(e => new WebhookCallEvent(e.GetProperty("id").GetString()!, e.Clone())).ToList();
        WebhookCall call;
        WebhookAnswer answer;
        lock (_gate)
        {
            call = new WebhookCall(_calls.Count + 1, _clock.GetUtcNow(), id, signatures, body, events);
            _calls.Add(call);
            answer = Answer(call);
            if (answer.Takes)
            {
                var fresh = events.Where(e => _known.Add(e.Id)).ToList();
                _events.AddRange(fresh);
                _repeats += events.Count - fresh.Count;
            }
        }

        if (answer.Hangs)
        {
            var givenUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = context.RequestAborted.Register(givenUp.SetResult);
            await _held.WhileAsync(givenUp.Task);
        }

        if (answer.Cuts || answer.Hangs)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = answer.Status;
        if (answer.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (answer.Location is { } location)
        {
            context.Response.Headers.Location = location;
        }
    }

    private bool IsSigned(string id, string timestamp, string body, string signatures)
    {
        if (id.Length == 0 || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || (_clock.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() > Tolerance)
        {
            return false;
        }

        var expected = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}"));
        return signatures.Split(' ').Where(s => s.StartsWith("v1,", StringComparison.Ordinal))
            .Any(s => CryptographicOperations.FixedTimeEquals(Convert.FromBase64String(s[3..]), expected));
    }
}
