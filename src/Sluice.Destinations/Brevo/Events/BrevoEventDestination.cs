using System.Buffers.Binary;
using System.Security.Cryptography;
using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Delivery.Limiter;
using Sluice.Core.Events;
using Sluice.Core.People;
using Sluice.Destinations.Brevo.Orders;

namespace Sluice.Destinations.Brevo.Events;

/// <summary>
/// Brevo as a destination of events. Single calls have a budget of their own; batches are counted with whatever has none, until an answer
/// proves otherwise. Both go out side by side, so that both budgets are used.
/// </summary>
public sealed class BrevoEventDestination : IEventDestination
{
    // Kept for what has nothing else to be counted in, so that it can begin at once: lists, webhooks, looks at imports, reading events back.
    private const int BatchReserve = 3;

    // As soon as one of these is refused, most of what becomes free is theirs.
    private const int BatchReserveWhenOthersWait = 60;

    // Reading back can take many pages; somebody may be waiting for a webhook or a list.
    private const int ReadReserve = 2;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    // From the permit to the call something is written down first.
    private static readonly TimeSpan WritingLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // A batch is stored "later"; nobody says when.
    private static readonly TimeSpan BatchSettles = TimeSpan.FromSeconds(5);

    private static readonly EventWay Single = new("single", BrevoBucket.Events.Name, 1, int.MaxValue, 1, 16, TimeSpan.Zero);
    private static readonly EventWay ScarceBatch = new(
        "batch", BrevoBucket.Other.Name, BrevoEventBatch.MaxCount, BrevoEventBatch.MaxBytes - (2 * BrevoEventBatch.MaxCount), BrevoEventBatch.MaxCount, 2, BatchSettles);

    private static readonly EventWay PlentyBatch = ScarceBatch with { Budget = BrevoBucket.Events.Name, WorthFrom = 2, Parallel = 4 };

    private static readonly EventWay Order = new("order", BrevoBucket.Orders.Name, 1, int.MaxValue, 1, 8, TimeSpan.Zero) { Kind = OrderMapper.Kind };

    private readonly string _project;
    private readonly BrevoSettings _settings;
    private readonly HttpClient _http;
    private readonly BrevoClientOptions _options;
    private readonly BrevoClient _reader;
    private readonly AccountLimiter _limiter;
    private readonly EventMapper _mapper;
    private readonly OrderMapper _orders;
    private readonly TimeProvider _time;
    private BrevoBucket _batchBucket = BrevoBucket.Other;
    private BrevoEventBatchForm _form = BrevoEventBatchForm.Wrapped;
    private bool _takesBatches = true;

    /// <param name="orders">Events that are orders: they go as orders and not as events, whatever the names say.</param>
    public BrevoEventDestination(
        string project, BrevoSettings settings, EventNames names, HttpClient http, IPermitBooks books, TimeProvider time, IReadOnlyList<OrderRule>? orders = null)
    {
        _project = project;
        _settings = settings;
        _http = http;
        _time = time;
        _mapper = new EventMapper(project, names);
        _orders = new OrderMapper(orders ?? []);
        Wanted = names.Wanted is { } wanted ? [.. wanted.Union(_orders.Events, StringComparer.Ordinal)] : null;
        _limiter = new AccountLimiter(
            books, settings.Account, BrevoGate.Windows, time, () => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)));
        _options = new BrevoClientOptions { ApiKey = new BrevoApiKey(settings.ApiKey), BaseAddress = settings.BaseAddress, Timeout = Limit, TimeProvider = time };
        _reader = new BrevoClient(http, _options, new BrevoGate(_limiter, Limit, Limit, background: true, ReadReserve));
    }

    public string Name => BrevoDestination.DestinationName;

    public IReadOnlyCollection<string>? Wanted { get; }

    public bool NeedsContacts => true;

    public bool TellsEvents => true;

    public TimeSpan CallLimit => Limit;

    public IReadOnlyList<EventWay> Ways =>
    [
        .. _takesBatches ? [_batchBucket == BrevoBucket.Other ? ScarceBatch : PlentyBatch, Single] : new[] { Single },
        .. _orders.Events.Count > 0 ? [Order] : Array.Empty<EventWay>(),
    ];

    public string? WhyNoContact(PersonState person)
    {
        var (email, phone) = ContactKeys.Of(_project, person.Properties);
        var hasNumber = phone is not null && person.PhoneHeldBy is null && _settings.Mapping.Any(
            m => m.Attribute.Equals(BrevoAttributeNames.Sms, StringComparison.OrdinalIgnoreCase));
        return email is not null || hasNumber ? null : "no_valid_email_or_phone";
    }

    public EventMapping Map(LoggedEvent logged, PersonState person) => _orders.Map(logged, person) ?? _mapper.Map(logged, person);

    public async Task<EventOutcome> SendAsync(
        EventWay way, Func<CancellationToken, Task<IReadOnlyList<MappedEvent>>> prepare, CancellationToken waiting, CancellationToken calling)
    {
        var isBatch = way.MaxEvents > 1;
        var isOrder = way.Kind == OrderMapper.Kind;
        var bucket = isOrder ? BrevoBucket.Orders : isBatch ? _batchBucket : BrevoBucket.Events;
        var permit = await EnterAsync(bucket, waiting);
        if (permit.Wait is { } wait)
        {
            return new EventOutcome(false, wait);
        }

        var granted = permit.Granted!.Value;
        var gate = new HeldPermit(_limiter, bucket, granted);
        IReadOnlyList<MappedEvent> events;
        var since = _time.GetTimestamp();
        try
        {
            events = await prepare(calling);
        }
        catch
        {
            await ReturnAsync(bucket, granted);
            throw;
        }

        if (events.Count == 0 || _time.GetElapsedTime(since) > WritingLimit)
        {
            await ReturnAsync(bucket, granted);
            return events.Count == 0
                ? new EventOutcome(false, Decision.Done)
                : new EventOutcome(true, new Decision(DecisionKind.Retry, "store_slow", "The store took too long to write down the call.", TimeSpan.FromSeconds(1)));
        }

        var client = new BrevoClient(_http, _options, gate);
        try
        {
            if (isOrder)
            {
                await client.PutOrderAsync((BrevoOrder)events[0].Payload, calling);
                return new EventOutcome(true, Decision.Done);
            }

            var payloads = events.Select(e => ((EventPayload)e.Payload).Event).ToList();
            return isBatch ? await SendBatchAsync(client, payloads, calling) : await SendOneAsync(client, payloads[0], calling);
        }
        catch (BrevoException e)
        {
            return new EventOutcome(
                true, isOrder ? BrevoOrderCalls.Decide(e) : isBatch && Adapts(e) is { } again ? again : BrevoEventCalls.Decide(e));
        }
        finally
        {
            if (isBatch)
            {
                _batchBucket = BrevoEventCalls.BucketOf(gate.Observed) ?? _batchBucket;
            }
        }
    }

    public async Task<IReadOnlyList<bool?>> FindAsync(IReadOnlyList<MappedEvent> events, CancellationToken cancellationToken)
    {
        var asked = events.Select(e => e.Payload).OfType<EventPayload>().ToList();
        var found = new Queue<bool?>(asked.Count == 0 ? [] : await EventSearch.RunAsync(_reader, asked, cancellationToken));

        // An order is stored once under its id: without asking, it is sent again.
        return [.. events.Select(e => e.Payload is EventPayload ? found.Dequeue() : false)];
    }

    /// <summary>Gives back a permit that no call was made with. Where that fails it counts as used until it runs out, which harms nobody.</summary>
    private async Task ReturnAsync(BrevoBucket bucket, Permit permit)
    {
        try
        {
            await _limiter.ReturnAsync(bucket.Name, permit, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // The store lets nothing be written now; the permit is the least of it.
        }
    }

    private async Task<(Permit? Granted, Decision? Wait)> EnterAsync(BrevoBucket bucket, CancellationToken cancellationToken)
    {
        var scarce = bucket == BrevoBucket.Other;
        try
        {
            return (await _limiter.EnterAsync(
                bucket.Name,
                Limit + WritingLimit + TimeSpan.FromSeconds(1),
                scarce ? BatchReserve : 0,
                scarce ? TimeSpan.Zero : Patience,
                cancellationToken,
                scarce ? BatchReserveWhenOthersWait : null), null);
        }
        catch (DeliveryException e)
        {
            return (null, e.Decision);
        }
    }

    private static async Task<EventOutcome> SendOneAsync(BrevoClient client, BrevoEvent item, CancellationToken cancellationToken)
    {
        await client.CreateEventAsync(item, cancellationToken);
        return new EventOutcome(true, Decision.Done);
    }

    private async Task<EventOutcome> SendBatchAsync(BrevoClient client, List<BrevoEvent> events, CancellationToken cancellationToken)
    {
        var batch = new BrevoEventBatch();
        if (!events.TrueForAll(batch.TryAppend))
        {
            throw new InvalidOperationException("The events of a call do not fit into it.");
        }

        return BrevoEventCalls.Decide(await client.CreateEventsAsync(batch, _form, cancellationToken), events.Count);
    }

    /// <summary>Takes note of what the account does not know of batches.</summary>
    /// <returns>That it is sent again in another way; null when it is nothing of the kind.</returns>
    private Decision? Adapts(BrevoException failure)
    {
        if (_form == BrevoEventBatchForm.Wrapped && BrevoEventCalls.WantsArray(failure))
        {
            _form = BrevoEventBatchForm.Bare;
            return new Decision(DecisionKind.Retry, "batch_form", "The account wants a batch as a bare list; it is sent again as one.", TimeSpan.Zero);
        }

        if (failure is BrevoApiException { Status: 404 or 405 })
        {
            _takesBatches = false;
            return new Decision(DecisionKind.Retry, "no_batches", "The account has no batches; the events are sent one by one.", TimeSpan.Zero);
        }

        return null;
    }

    /// <summary>Hands a permit that is there already to the one call that it is for.</summary>
    private sealed class HeldPermit(AccountLimiter limiter, BrevoBucket bucket, Permit permit) : IBrevoGate, IBrevoPermit
    {
        public BrevoRateLimit? Observed { get; private set; }

        public ValueTask<IBrevoPermit> EnterAsync(BrevoCall call, CancellationToken cancellationToken) => ValueTask.FromResult<IBrevoPermit>(this);

        public async ValueTask CompleteAsync(BrevoRateLimit? observed, CancellationToken cancellationToken)
        {
            Observed = observed;
            try
            {
                await limiter.CompleteAsync(bucket.Name, permit, BrevoGate.Reading(observed), null, cancellationToken);
            }
            catch (StoreUnavailableException)
            {
                // The answer counts; a permit that is not given back runs out by itself.
            }
        }
    }
}
