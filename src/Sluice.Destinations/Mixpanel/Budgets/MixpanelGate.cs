using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Limiter;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel.Budgets;

/// <summary>Leads one caller's calls through the project's budgets.</summary>
internal sealed class MixpanelGate(MixpanelBudgets budgets, MixpanelCaller caller) : IMixpanelGate
{
    public async ValueTask<IMixpanelPermit> EnterAsync(MixpanelCall call, CancellationToken cancellationToken) =>
        await budgets.EnterAsync(call.Budget, caller, cancellationToken) is { } permits ? new Entered(budgets, call.Budget, permits) : Free.Instance;

    private sealed class Entered(MixpanelBudgets budgets, MixpanelBudget budget, IReadOnlyList<Permit> permits) : IMixpanelPermit
    {
        public async ValueTask CompleteAsync(MixpanelCallOutcome outcome, CancellationToken cancellationToken)
        {
            try
            {
                await budgets.CompleteAsync(budget, permits, outcome, cancellationToken);
            }
            catch (StoreUnavailableException)
            {
                // The answer counts; permits that are not given back run out by themselves.
            }
        }
    }

    private sealed class Free : IMixpanelPermit
    {
        public static readonly Free Instance = new();

        public ValueTask CompleteAsync(MixpanelCallOutcome outcome, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
