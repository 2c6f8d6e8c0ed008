using Sluice.Core.Delivery;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Mixpanel.Client;

namespace Sluice.Destinations.Mixpanel.Pull;

/// <summary>The part of a Mixpanel project's budgets that is kept for one job.</summary>
/// <param name="Job">The name under which the job's own calls ask.</param>
public sealed record JobBudget(MixpanelBudgets Budgets, string Job)
{
    /// <summary>The time in which one of the queries comes back that jobs have of an hour: five sixths of sixty.</summary>
    internal static readonly TimeSpan Pace = TimeSpan.FromHours(1) / 50;

    // Renewed before every page and every day. A job that must wait for the hour to pass has not lost its turn when it has passed.
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(75);

    /// <summary>Keeps calls, in place of those that were kept.</summary>
    /// <returns>How many can be made now.</returns>
    internal Task<int> KeepAsync(MixpanelBudget budget, long calls, CancellationToken cancellationToken) =>
        Budgets.ReserveAsync(budget, Job, (int)Math.Clamp(calls, 0, 100_000), Length, cancellationToken);

    internal async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Budgets.ReleaseAsync(MixpanelBudget.Query, Job, cancellationToken);
            await Budgets.ReleaseAsync(MixpanelBudget.Export, Job, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // What is kept ends by itself.
        }
    }
}
