namespace Sluice.Core.Management;

/// <summary>In what a budget is counted.</summary>
public enum BudgetUnit
{
    /// <summary>Calls.</summary>
    Calls,

    /// <summary>Megabytes of 1,000,000 bytes.</summary>
    Megabytes,
}

/// <summary>
/// What is left of one budget that Mixpanel gives a project. Whoever else spends of the same budget is in the numbers and is not named.
/// </summary>
/// <param name="Name"><c>query</c>, <c>export</c>, <c>ingestion</c>, <c>gdpr</c> or <c>schemas</c>.</param>
/// <param name="Window">The time that <paramref name="Limit"/> is for.</param>
/// <param name="Limit">What Mixpanel allows in any such time, in units.</param>
/// <param name="Left">What a person can still spend, in units.</param>
/// <param name="Reserved">What is kept for jobs beside that, in units.</param>
/// <param name="Running">Calls without an answer; null where calls are not counted one by one.</param>
/// <param name="MoreAt">When more comes; null while nothing is spent.</param>
/// <param name="HeldUntil">Until when Mixpanel refuses calls; null when it does not.</param>
public sealed record BudgetStatus(
    string Name, BudgetUnit Unit, TimeSpan Window, long Limit, long Left, int Reserved, int? Running, DateTimeOffset? MoreAt, DateTimeOffset? HeldUntil);

/// <summary>Tells what is left of a project's budgets. Asks nobody but the store.</summary>
public interface IBudgetDesk
{
    /// <summary>All budgets of the project, in the order in which people look for them; none while nothing says which Mixpanel project it is.</summary>
    /// <exception cref="Delivery.StoreUnavailableException">The store is busy.</exception>
    Task<IReadOnlyList<BudgetStatus>> ListAsync(string project, CancellationToken cancellationToken);
}
