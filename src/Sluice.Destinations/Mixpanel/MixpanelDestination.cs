using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Delivery.Limiter;
using Sluice.Core.Events;
using Sluice.Core.Lookups;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Destinations.Mixpanel.Forwarding;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel;

/// <summary>The Mixpanel project that the clients mean, as a destination of all that they send.</summary>
public sealed class MixpanelDestination : IForwardDestination
{
    public const string DestinationName = "mixpanel";

    private const int RowsAtOnce = 5_000;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TableLimit = TimeSpan.FromMinutes(10);

    // From the permit to the call something is written down first.
    private static readonly TimeSpan WritingLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _project;
    private readonly MixpanelSettings _settings;
    private readonly MixpanelIngestionClient _client;
    private readonly AccountLimiter _limiter;
    private readonly MixpanelBudgets _budgets;
    private readonly ILookupTables _lookups;
    private readonly TimeProvider _time;
    private readonly byte[] _token;

    public MixpanelDestination(string project, MixpanelSettings settings, HttpClient http, IPermitBooks books, ILookupTables lookups, TimeProvider time)
    {
        _project = project;
        _settings = settings;
        _lookups = lookups;
        _time = time;
        _client = new MixpanelIngestionClient(http, new MixpanelClientOptions
        {
            Credentials = settings.Credentials, Hosts = MixpanelHosts.At(settings.Ingestion), Timeout = Limit, LookupTimeout = TableLimit, TimeProvider = time,
        });
        _limiter = new AccountLimiter(
            books, settings.Account, ForwardBudgets.Windows, time, () => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)));
        _budgets = new MixpanelBudgets(books, settings.Accounts, time);
        _token = Encoding.UTF8.GetBytes($"{{\"$token\":\"{JsonEncodedText.Encode(settings.Token)}\",");
    }

    public string Name => DestinationName;

    public int MaxRecords => MixpanelBatch.MaxCount;

    // The brackets of the list.
    public int MaxBytes => MixpanelBatch.MaxBytes - 2;

    public ForwardItem Map(LoggedEvent logged, string? address) => new(logged.Name, ForwardedEvent.Write(_project, logged, address, _settings.Token));

    public ForwardItem Map(ForwardRow row)
    {
        // The token is that of today, whichever the client used.
        byte[] json = [.. _token, .. row.Record.AsSpan(1)];
        return new ForwardItem(row.Way == ForwardWay.Lookups ? "" : OperationOf(row.Record), json);
    }

    public Task<ForwardOutcome> SendEventsAsync(
        Func<CancellationToken, Task<IReadOnlyList<ForwardItem>>> begin, CancellationToken waiting, CancellationToken calling) =>
        SendAsync(begin, _client.ImportAsync, waiting, calling);

    public Task<ForwardOutcome> SendOperationsAsync(
        ForwardWay way, Func<CancellationToken, Task<IReadOnlyList<ForwardItem>>> begin, CancellationToken waiting, CancellationToken calling) =>
        SendAsync(begin, way == ForwardWay.Groups ? _client.GroupsAsync : _client.EngageAsync, waiting, calling);

    public async Task<ForwardOutcome> SendTableAsync(string lookup, CancellationToken cancellationToken)
    {
        if (!_settings.Credentials.OpensLookupTables)
        {
            return ForwardOutcome.Of(new Decision(
                DecisionKind.DeadLetter, "needs_service_account", "Mixpanel takes lookup tables only with a service account: set connectors.mixpanel.service_account.", TimeSpan.Zero));
        }

        try
        {
            return await CallAsync(
                token => ForwardPermit.OfTableAsync(_budgets, _limiter, LengthOf(TableLimit), Patience, token), (_, _) => Task.FromResult(true),
                async token =>
                {
                    await _client.ReplaceLookupTableAsync(Guid.ParseExact(lookup, "D"), (stream, writing) => WriteAsync(lookup, stream, writing), token);
                    return ForwardOutcome.Of(Decision.Done);
                },
                MixpanelResponses.DecideTable, cancellationToken, cancellationToken);
        }
        catch (Exception e) when (e is TableChangedException or IntakeBusyException)
        {
            return ForwardOutcome.Of(new Decision(DecisionKind.Retry, "table_changed", "The table was replaced while it was read; it is sent again.", TimeSpan.Zero));
        }
    }

    private Task<ForwardOutcome> SendAsync(
        Func<CancellationToken, Task<IReadOnlyList<ForwardItem>>> begin, Func<MixpanelBatch, CancellationToken, Task<MixpanelRecordsResult>> send,
        CancellationToken waiting, CancellationToken calling)
    {
        IReadOnlyList<ForwardItem> items = [];
        return CallAsync(
            token => ForwardPermit.OfRecordsAsync(_budgets, LengthOf(Limit), Patience, token),
            async (permit, token) =>
            {
                items = await begin(token);
                permit.Shrink(items.Sum(i => i.Json.Length + 1L) + 1, items.Count);
                return items.Count > 0;
            },
            async token => MixpanelResponses.Decide(await send(BatchOf(items), token), items), MixpanelResponses.Decide, waiting, calling);
    }

    /// <summary>Permit, intent, call, result.</summary>
    /// <param name="begin">False when there is nothing to call for any more.</param>
    private async Task<ForwardOutcome> CallAsync(
        Func<CancellationToken, Task<ForwardPermit>> enter, Func<ForwardPermit, CancellationToken, Task<bool>> begin, Func<CancellationToken, Task<ForwardOutcome>> call,
        Func<MixpanelException, Decision> decide, CancellationToken waiting, CancellationToken calling)
    {
        ForwardPermit permit;
        try
        {
            permit = await enter(waiting);
        }
        catch (DeliveryException e)
        {
            return ForwardOutcome.Of(e.Decision);
        }
        catch (StoreUnavailableException e)
        {
            // There is no permit without the store, and no call without a permit.
            return ForwardOutcome.Of(new Decision(DecisionKind.Retry, "store_busy", e.Message, TimeSpan.FromSeconds(1)));
        }

        var since = _time.GetTimestamp();
        bool isWanted;
        try
        {
            isWanted = await begin(permit, calling);
        }
        catch
        {
            await permit.ReturnAsync();
            throw;
        }

        if (!isWanted)
        {
            await permit.ReturnAsync();
            return ForwardOutcome.Of(Decision.Done);
        }

        if (_time.GetElapsedTime(since) > WritingLimit)
        {
            await permit.ReturnAsync();
            return ForwardOutcome.Of(new Decision(DecisionKind.Retry, "store_slow", "The store took too long to write down the call.", TimeSpan.FromSeconds(1)));
        }

        TimeSpan? blockFor = null;
        try
        {
            return await call(calling);
        }
        catch (MixpanelException e)
        {
            blockFor = e.Kind == MixpanelFailureKind.RateLimited ? e.RetryAfter : null;
            return ForwardOutcome.Of(decide(e));
        }
        finally
        {
            await permit.CompleteAsync(blockFor);
        }
    }

    /// <summary>From the permit on, what is written down before the call included.</summary>
    private static TimeSpan LengthOf(TimeSpan limit) => limit + WritingLimit + TimeSpan.FromSeconds(1);

    private static MixpanelBatch BatchOf(IReadOnlyList<ForwardItem> items)
    {
        var batch = new MixpanelBatch();
        foreach (var item in items)
        {
            if (!batch.TryAppend(item.Json.Span))
            {
                throw new InvalidOperationException("The records of a call do not fit into it.");
            }
        }

        return batch;
    }

    private async Task WriteAsync(string lookup, Stream stream, CancellationToken cancellationToken)
    {
        LookupRowPage? page = null;
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        do
        {
            var next = await _lookups.ReadAsync(_project, lookup, page?.Generation, page?.Rows[^1].Key, RowsAtOnce, cancellationToken) ?? throw new TableChangedException();
            buffer.ResetWrittenCount();
            if (page is null)
            {
                LookupCsv.WriteHeader(buffer, next.Columns);
            }

            foreach (var row in next.Rows)
            {
                LookupCsv.WriteRow(buffer, next.Columns, row);
            }

            await stream.WriteAsync(buffer.WrittenMemory, cancellationToken);
            page = next;
        }
        while (page.Rows.Count == RowsAtOnce);
    }

    /// <summary>The name of the operation, which stands last in what was kept.</summary>
    private static string OperationOf(byte[] record)
    {
        var reader = new Utf8JsonReader(record);
        reader.Read();
        var name = "";
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            name = reader.GetString()!;
            reader.Skip();
        }

        return name;
    }

    private sealed class TableChangedException : Exception;
}
