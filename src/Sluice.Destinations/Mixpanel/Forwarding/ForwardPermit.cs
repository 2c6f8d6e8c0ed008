using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Limiter;
using Sluice.Destinations.Mixpanel.Budgets;

namespace Sluice.Destinations.Mixpanel.Forwarding;

/// <summary>The right to make one call that passes something on: its part of the ingestion budget, and for a lookup table one of the day's as well.</summary>
internal sealed class ForwardPermit
{
    private readonly IngestionPermit _ingestion;
    private readonly AccountLimiter? _limiter;
    private readonly Permit _table;

    private ForwardPermit(IngestionPermit ingestion, AccountLimiter? limiter, Permit table)
    {
        _ingestion = ingestion;
        _limiter = limiter;
        _table = table;
    }

    /// <summary>For a call with records, however many they turn out to be.</summary>
    /// <exception cref="DeliveryException">There is none within the patience; the decision says when there will be.</exception>
    public static async Task<ForwardPermit> OfRecordsAsync(MixpanelBudgets budgets, TimeSpan length, TimeSpan patience, CancellationToken cancellationToken) =>
        new(await OfIngestionAsync(budgets, IngestionUnits.FullCall, length, patience, cancellationToken), limiter: null, default);

    /// <summary>For a lookup table. Of the day's nobody waits for the next.</summary>
    /// <exception cref="DeliveryException">There is none within the patience; the decision says when there will be.</exception>
    public static async Task<ForwardPermit> OfTableAsync(
        MixpanelBudgets budgets, AccountLimiter limiter, TimeSpan length, TimeSpan patience, CancellationToken cancellationToken)
    {
        var ingestion = await OfIngestionAsync(budgets, IngestionUnits.Of(IngestionUnits.LargestFile, records: 0), length, patience, cancellationToken);
        try
        {
            return new ForwardPermit(ingestion, limiter, (await limiter.EnterAsync(ForwardBudgets.Lookups, length, 0, TimeSpan.Zero, cancellationToken))!.Value);
        }
        catch
        {
            ingestion.Return();
            throw;
        }
    }

    /// <summary>The call has these records, and no more.</summary>
    public void Shrink(long bytes, int records) => _ingestion.Shrink(bytes, records);

    /// <summary>The call is over.</summary>
    /// <param name="blockFor">For how long Mixpanel asks to make no more; null when it does not.</param>
    public async Task CompleteAsync(TimeSpan? blockFor)
    {
        await _ingestion.CompleteAsync(_limiter is null ? blockFor : null);
        try
        {
            await (_limiter?.CompleteAsync(ForwardBudgets.Lookups, _table, null, blockFor, CancellationToken.None) ?? Task.CompletedTask);
        }
        catch (StoreUnavailableException)
        {
            // The answer counts; a permit that is not given back runs out by itself.
        }
    }

    /// <summary>The call was not made and will not be.</summary>
    public async Task ReturnAsync()
    {
        _ingestion.Return();
        try
        {
            await (_limiter?.ReturnAsync(ForwardBudgets.Lookups, _table, CancellationToken.None) ?? Task.CompletedTask);
        }
        catch (StoreUnavailableException)
        {
            // The store lets nothing be written now; the permit is the least of it.
        }
    }

    private static async Task<IngestionPermit> OfIngestionAsync(
        MixpanelBudgets budgets, int units, TimeSpan length, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            return await budgets.EnterIngestionAsync(units, length, patience, cancellationToken);
        }
        catch (Sluice.Mixpanel.Client.MixpanelBudgetException e)
        {
            throw new DeliveryException(new Decision(DecisionKind.Retry, "budget", e.Message, e.RetryAfter));
        }
    }
}
