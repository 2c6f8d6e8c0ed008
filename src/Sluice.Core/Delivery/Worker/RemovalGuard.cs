namespace Sluice.Core.Delivery.Worker;

/// <summary>
/// The safety stop: removals beyond a list's <c>max_removal</c> within 24 hours wait for a person. Removals of suppressed people
/// are no part of it, and lists of fewer than twenty people are exempt.
/// </summary>
internal sealed class RemovalGuard(WorkerContext context)
{
    private const int ExemptBelow = 20;

    // How many may go before they have to be counted again.
    private readonly Dictionary<long, long> _left = [];

    /// <summary>
    /// True when so many more removals are within bounds, by a count of now. Otherwise the list is held, until its cohorts are back to normal or a person
    /// allows it.
    /// </summary>
    public async Task<bool> AllowsAsync(ListRule rule, int planned, CancellationToken cancellationToken)
    {
        if (planned == 0)
        {
            _left.Remove(rule.List);
            return true;
        }

        var count = await context.Ledger.CountRemovalsAsync(context.Scope, rule, cancellationToken);
        var most = Math.Max(planned, rule.Removes ? count.Unwanted : planned);
        var allowed = IsAllowed(rule, context.List(rule.List), count, most, context.Now);
        _left[rule.List] = allowed ? most : 0;
        var list = context.List(rule.List);
        if (allowed && list.Held > 0)
        {
            await LetGoAsync(list, cancellationToken);
        }
        else if (!allowed)
        {
            await context.SaveAsync(list with { Held = Math.Max(planned, count.Unwanted), HeldSince = list.HeldSince ?? context.Now }, cancellationToken);
        }

        return allowed;
    }

    /// <summary>Takes the right to so many removals, which are sent now. When they are more than were counted, for a cohort has changed since, they are counted anew.</summary>
    public async Task<bool> TakeAsync(ListRule rule, int removals, CancellationToken cancellationToken)
    {
        if (removals > _left.GetValueOrDefault(rule.List) && !await AllowsAsync(rule, removals, cancellationToken))
        {
            return false;
        }

        _left[rule.List] = _left.GetValueOrDefault(rule.List) - removals;
        return true;
    }

    /// <summary>Looks at every list that is held. A person may have allowed its removals meanwhile, here or at another node.</summary>
    public async Task ReleaseAllAsync(CancellationToken cancellationToken)
    {
        if (context.State.Lists.Values.All(l => l.Held == 0))
        {
            return;
        }

        // Of the destination nothing else is taken over: others write there why they pause.
        context.State = context.State with { Lists = (await context.Ledger.RegisterAsync(context.Scope, cancellationToken)).Lists };
        foreach (var rule in context.Scope.Rules.Where(r => !r.OnlySuppressed))
        {
            await ReleaseAsync(rule, cancellationToken);
        }
    }

    /// <summary>Looks whether a held list's cohorts are back to normal, or a person has allowed the removals.</summary>
    private async Task<bool> ReleaseAsync(ListRule rule, CancellationToken cancellationToken)
    {
        var list = context.List(rule.List);
        if (list.Held == 0)
        {
            return false;
        }

        var count = await context.Ledger.CountRemovalsAsync(context.Scope, rule, cancellationToken);
        if (rule.Removes && !IsAllowed(rule, list, count, count.Unwanted, context.Now))
        {
            if (list.Held != Math.Max(1, count.Unwanted))
            {
                await context.SaveAsync(list with { Held = Math.Max(1, count.Unwanted) }, cancellationToken);
            }

            return false;
        }

        await LetGoAsync(list, cancellationToken);
        return true;
    }

    /// <summary>The people whose removal waited carry no mark any more: a walk finds them, and one that is under way may have passed them.</summary>
    private Task LetGoAsync(ListState list, CancellationToken cancellationToken) =>
        context.SaveAsync(list with { Held = 0, HeldSince = null, Sources = null, WalkSources = null }, cancellationToken);

    internal static bool IsAllowed(ListRule rule, ListState list, RemovalCount count, long planned, DateTimeOffset now)
    {
        var size = count.Size + count.Removed24Hours;
        return size < ExemptBelow || list.AllowRemovalsUntil > now || count.Removed24Hours + planned <= rule.MaxRemoval * size;
    }
}
