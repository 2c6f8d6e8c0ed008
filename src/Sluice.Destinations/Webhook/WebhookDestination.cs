using System.Buffers.Binary;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Delivery.Limiter;
using Sluice.Core.Events;

namespace Sluice.Destinations.Webhook;

/// <summary>
/// A customer's own service as a destination of events: signed messages, several events in each. What may have arrived is sent again, for
/// every event has an id that stays the same.
/// </summary>
public sealed class WebhookDestination : IEventDestination
{
    private const string Calls = "calls";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    // From the permit to the call something is written down first.
    private static readonly TimeSpan WritingLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly EventWay Single = new("single", Calls, 1, int.MaxValue, 1, 4, TimeSpan.Zero);

    private readonly WebhookSettings _settings;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly WebhookMapper _mapper;
    private readonly AccountLimiter _limiter;

    /// <param name="http">Best on <see cref="CreateHandler"/>, without a time-out of its own.</param>
    public WebhookDestination(WebhookSettings settings, HttpClient http, IPermitBooks books, TimeProvider time)
    {
        _settings = settings;
        _http = http;
        _time = time;
        _mapper = new WebhookMapper(settings.Project, [.. settings.Properties]);
        _limiter = new AccountLimiter(
            books, settings.Account, _ => [new BudgetWindow(settings.Rate, TimeSpan.FromSeconds(1))], time,
            () => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)));
        Ways = settings.Batch == 1
            ? [Single]
            : [Single with { Name = "batch", MaxEvents = settings.Batch, MaxBytes = WebhookMessage.MaxBytes - WebhookMessage.FrameBytes }, Single];
    }

    public string Name => _settings.Name;

    public IReadOnlyCollection<string>? Wanted => _settings.Events;

    public bool NeedsContacts => false;

    public bool TellsEvents => false;

    public TimeSpan CallLimit => Limit;

    public IReadOnlyList<EventWay> Ways { get; }

    /// <summary>
    /// Makes the handler: it does not follow redirects, which would carry people's data to wherever they point, keeps no cookies, and renews
    /// connections every 5 minutes so that changes of DNS are seen.
    /// </summary>
    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(10),
    };

    public string? WhyNoContact(PersonState person) => null;

    public EventMapping Map(LoggedEvent logged, PersonState person) => _mapper.Map(logged, person);

    public async Task<EventOutcome> SendAsync(
        EventWay way, Func<CancellationToken, Task<IReadOnlyList<MappedEvent>>> prepare, CancellationToken waiting, CancellationToken calling)
    {
        Permit permit;
        try
        {
            permit = (await _limiter.EnterAsync(Calls, Limit + WritingLimit + TimeSpan.FromSeconds(1), reserve: 0, Patience, waiting))!.Value;
        }
        catch (DeliveryException e)
        {
            return new EventOutcome(false, e.Decision);
        }

        IReadOnlyList<MappedEvent> events;
        var since = _time.GetTimestamp();
        try
        {
            events = await prepare(calling);
        }
        catch
        {
            await GiveBackAsync(token => _limiter.ReturnAsync(Calls, permit, token));
            throw;
        }

        if (events.Count == 0 || _time.GetElapsedTime(since) > WritingLimit)
        {
            await GiveBackAsync(token => _limiter.ReturnAsync(Calls, permit, token));
            return events.Count == 0
                ? new EventOutcome(false, Decision.Done)
                : new EventOutcome(true, new Decision(DecisionKind.Retry, "store_slow", "The store took too long to write down the call.", TimeSpan.FromSeconds(1)));
        }

        try
        {
            var message = WebhookMessage.Of(_settings.Project, [.. events.Select(e => (WebhookEvent)e.Payload)]);
            return new EventOutcome(true, await PostAsync(message, calling));
        }
        finally
        {
            await GiveBackAsync(token => _limiter.CompleteAsync(Calls, permit, null, null, token));
        }
    }

    /// <summary>A receiver cannot be asked what it has: what may have arrived is sent again.</summary>
    public Task<IReadOnlyList<bool?>> FindAsync(IReadOnlyList<MappedEvent> events, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<bool?>>([.. events.Select(_ => (bool?)null)]);

    private async Task<Decision> PostAsync(WebhookMessage message, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _settings.Address) { Content = new ByteArrayContent(message.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds();
        request.Headers.TryAddWithoutValidation("user-agent", "Sluice");
        request.Headers.TryAddWithoutValidation("webhook-id", message.Id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("webhook-signature", string.Join(' ', _settings.Secrets.Select(s => s.Sign(message.Id, timestamp, message.Body))));

        using var deadline = new CancellationTokenSource(Limit, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ending.Token);
            return WebhookResponses.Decide(response.StatusCode, RetryAfter(response.Headers.RetryAfter));
        }
        catch (HttpRequestException e)
        {
            return WebhookResponses.Decide(e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The handler gives up connecting with the same exception, before the deadline strikes.
            return deadline.IsCancellationRequested ? WebhookResponses.TimedOut : WebhookResponses.Unreachable;
        }
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header) => header switch
    {
        { Delta: { } length } => length,
        { Date: { } date } => date - _time.GetUtcNow(),
        _ => null,
    };

    /// <summary>The answer counts; a permit that is not given back runs out by itself.</summary>
    private static async Task GiveBackAsync(Func<CancellationToken, Task> giveBack)
    {
        try
        {
            await giveBack(CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // The store lets nothing be written now; the permit is the least of it.
        }
    }
}
