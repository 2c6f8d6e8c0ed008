namespace Sluice.Core.Delivery.Limiter;

/// <summary>
/// What the remote said of its own budget in one answer. An answer that carries only part of it counts as an answer that carries none.
/// </summary>
/// <param name="Limit">The size of the window that the remote speaks of. It does not say which of its windows that is.</param>
/// <param name="Remaining">How many calls that window still had when the remote counted this call.</param>
/// <param name="Reset">How long until that window is whole again, as counted by the remote, usually in whole seconds.</param>
public readonly record struct BudgetReading(int Limit, int Remaining, TimeSpan Reset)
{
    /// <summary>Whether the three values can be true at once. A reading that cannot is ignored.</summary>
    public bool IsPlausible => Limit >= 1 && Remaining >= 0 && Remaining <= Limit && Reset >= TimeSpan.Zero && Reset <= BudgetWindow.MaxLength;
}
