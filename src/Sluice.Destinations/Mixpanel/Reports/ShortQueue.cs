using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel.Reports;

/// <summary>A gate before which only so many wait: whoever comes when it is full is told at once.</summary>
/// <param name="patience">By when those who wait now have gone in or away.</param>
internal sealed class ShortQueue(IMixpanelGate inner, int most, TimeSpan patience, TimeProvider time) : IMixpanelGate
{
    private int _waiting;

    public async ValueTask<IMixpanelPermit> EnterAsync(MixpanelCall call, CancellationToken cancellationToken)
    {
        try
        {
            return Interlocked.Increment(ref _waiting) > most
                ? throw new MixpanelBudgetException(call.Budget, left: 0, time.GetUtcNow() + patience, patience, "as many questions as may wait do so already")
                : await inner.EnterAsync(call, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
