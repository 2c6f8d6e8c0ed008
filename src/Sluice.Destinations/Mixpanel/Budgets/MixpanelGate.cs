using Sluice.Core.Delivery.Limiter;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel.Budgets;

/// <summary>Leads one caller's calls through the project's budgets.</summary>
internal sealed class MixpanelGate(MixpanelBudgets budgets, MixpanelCaller caller) : IMixpanelGate
{
    public async ValueTask<IMixpanelPermit> EnterAsync(MixpanelCall call, CancellationToken cancellationToken)
    {
        if (call.Budget == MixpanelBudget.Ingestion)
        {
            var units = IngestionUnits.Of(call.Bytes ?? IngestionUnits.LargestFile, call.Records);
            return new Sent(await budgets.EnterIngestionAsync(units, call.Length, caller, cancellationToken));
        }

        return await budgets.EnterAsync(call.Budget, caller, cancellationToken) is { } permits ? new Entered(budgets, call.Budget, permits) : Free.Instance;
    }

    private sealed class Sent(IngestionPermit permit) : IMixpanelPermit
    {
        public async ValueTask CompleteAsync(MixpanelCallOutcome outcome, CancellationToken cancellationToken) =>
            await permit.CompleteAsync(outcome.Status == 429 ? outcome.RetryAfter : null);
    }

    private sealed class Entered(MixpanelBudgets budgets, MixpanelBudget budget, IReadOnlyList<IReadOnlyList<Permit>> permits) : IMixpanelPermit
    {
        public async ValueTask CompleteAsync(MixpanelCallOutcome outcome, CancellationToken cancellationToken) =>
            await budgets.CompleteAsync(budget, permits, outcome, cancellationToken);
    }

    private sealed class Free : IMixpanelPermit
    {
        public static readonly Free Instance = new();

        public ValueTask CompleteAsync(MixpanelCallOutcome outcome, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
