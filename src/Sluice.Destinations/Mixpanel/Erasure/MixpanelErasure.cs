using Sluice.Core.Delivery;
using Sluice.Core.Erasure;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel.Erasure;

/// <summary>Passes erasures on to the Mixpanel project that the data came from.</summary>
/// <remarks>One call a second at most is Mixpanel's limit; after a 429 it may take hours until it takes the next.</remarks>
public sealed class MixpanelErasure(MixpanelPersonalDataClient client, TimeProvider time) : IErasureForwarder
{
    private static readonly TimeSpan BetweenCalls = TimeSpan.FromSeconds(1.1);
    private static readonly TimeSpan WhenFull = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan WhenRefused = TimeSpan.FromMinutes(30);

    public int MaxIds => MixpanelPersonalDataClient.MaxDeletedIds;

    public Task<string> RequestAsync(IReadOnlyList<string> distinctIds, CancellationToken cancellationToken) =>
        TryAsync(() => client.DeleteAsync(distinctIds, cancellationToken: cancellationToken), cancellationToken);

    public async Task<(string Status, bool IsFinal)> LookAsync(string tracking, CancellationToken cancellationToken)
    {
        try
        {
            var job = await TryAsync(() => client.DeletionAsync(tracking, cancellationToken), cancellationToken);
            return (job.Status, job.IsFinal);
        }
        catch (DeliveryException e) when (e.InnerException is MixpanelException { Kind: MixpanelFailureKind.NotFound })
        {
            return ("NOT_FOUND", true);
        }
    }

    private async Task<T> TryAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        await Task.Delay(BetweenCalls, time, cancellationToken);
        try
        {
            return await call();
        }
        catch (MixpanelException e)
        {
            throw new DeliveryException(Decide(e), e);
        }
        catch (MixpanelBudgetException e)
        {
            // Nothing was sent.
            throw new DeliveryException(new Decision(DecisionKind.Retry, "budget", e.Message, e.RetryAfter), e);
        }
    }

    private static Decision Decide(MixpanelException failure) => failure.Kind switch
    {
        MixpanelFailureKind.Unauthorized or MixpanelFailureKind.Forbidden => new Decision(
            DecisionKind.Pause, "unauthorized", "Mixpanel does not take the token in connectors.mixpanel.gdpr_token, or not in this residency.", WhenRefused),
        MixpanelFailureKind.RateLimited => new Decision(DecisionKind.Retry, "rate_limited", failure.Message, failure.RetryAfter ?? WhenFull),
        MixpanelFailureKind.Unavailable or MixpanelFailureKind.GatewayFailed or MixpanelFailureKind.NoAnswer or MixpanelFailureKind.Unreadable =>
            new Decision(DecisionKind.Unknown, "unavailable", failure.Message, failure.RetryAfter ?? TimeSpan.FromSeconds(5)),
        _ => new Decision(DecisionKind.Pause, "refused", failure.Message, WhenRefused),
    };
}
