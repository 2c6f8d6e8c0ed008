using Sluice.Brevo;
using Sluice.Core.Delivery.Limiter;

namespace Sluice.Destinations.Brevo;

/// <summary>Leads the client's calls through the account's limiter.</summary>
/// <param name="callLimit">How long a call can take: so long a permit whose caller has died counts as one that may yet arrive.</param>
/// <param name="importLimit">The same for imports, which upload megabytes.</param>
/// <param name="background">Reads and looks, which leave a part of the budget to people's jobs.</param>
/// <param name="scarceReserve">How much of the scarce budget they leave. Batches of events leave more, so that a look is always possible.</param>
/// <param name="reserve">How much of each other budget they leave.</param>
internal sealed class BrevoGate(
    AccountLimiter limiter, TimeSpan callLimit, TimeSpan importLimit, bool background, int scarceReserve = 1, int reserve = 2) : IBrevoGate
{
    // The general tier's numbers. Other tiers prove themselves by the headers of the answers.
    private static readonly Dictionary<string, IReadOnlyList<BudgetWindow>> Published = new(StringComparer.Ordinal)
    {
        [BrevoBucket.Contacts.Name] = [new BudgetWindow(10, TimeSpan.FromSeconds(1)), new BudgetWindow(36_000, TimeSpan.FromHours(1))],
        [BrevoBucket.Events.Name] = [new BudgetWindow(10, TimeSpan.FromSeconds(1)), new BudgetWindow(36_000, TimeSpan.FromHours(1))],
        [BrevoBucket.Orders.Name] = [new BudgetWindow(5, TimeSpan.FromSeconds(1)), new BudgetWindow(18_000, TimeSpan.FromHours(1))],
        [BrevoBucket.Other.Name] = [new BudgetWindow(100, TimeSpan.FromHours(1))],
    };

    /// <summary>The windows of a bucket; null when it has no published limit.</summary>
    public static IReadOnlyList<BudgetWindow>? Windows(string bucket) => Published.GetValueOrDefault(bucket);

    /// <summary>What an answer said of its budget, in the limiter's words; null when it said too little.</summary>
    public static BudgetReading? Reading(BrevoRateLimit? observed) =>
        observed is { Limit: { } limit, Remaining: { } remaining, Reset: { } reset } && limit <= int.MaxValue
            ? new BudgetReading((int)limit, (int)Math.Min(remaining, int.MaxValue), reset)
            : null;

    public async ValueTask<IBrevoPermit> EnterAsync(BrevoCall call, CancellationToken cancellationToken)
    {
        var left = !background ? 0 : call.Bucket == BrevoBucket.Other ? scarceReserve : reserve;
        var patience = call.Bucket == BrevoBucket.Other ? TimeSpan.Zero : TimeSpan.FromSeconds(30);
        var length = (call.Endpoint == BrevoEndpoints.ContactsImport.Name ? importLimit : callLimit) + TimeSpan.FromSeconds(1);
        var permit = await limiter.EnterAsync(call.Bucket.Name, length, left, patience, cancellationToken);
        return permit is { } granted ? new Entered(limiter, call.Bucket.Name, granted) : Free.Instance;
    }

    private sealed class Entered(AccountLimiter limiter, string bucket, Permit permit) : IBrevoPermit
    {
        public async ValueTask CompleteAsync(BrevoRateLimit? observed, CancellationToken cancellationToken) =>
            await limiter.CompleteAsync(bucket, permit, Reading(observed), null, cancellationToken);
    }

    private sealed class Free : IBrevoPermit
    {
        public static readonly Free Instance = new();

        public ValueTask CompleteAsync(BrevoRateLimit? observed, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
