using Sluice.Core.Delivery;

namespace Sluice.Hosting;

/// <summary>Wakes who delivers, after letters were put back.</summary>
internal sealed class WakingLetters(IDeadLetters inner, Action<string> changed, Action<string> came) : IDeadLetters
{
    public Task<IReadOnlyList<DeadLetter>> ListAsync(string project, string? state, int limit, CancellationToken cancellationToken) =>
        inner.ListAsync(project, state, limit, cancellationToken);

    public async Task<int> RetryAsync(string project, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var retried = await inner.RetryAsync(project, ids, cancellationToken);
        changed(project);
        came(project);
        return retried;
    }

    public Task<int> DropAsync(string project, IReadOnlyCollection<string> ids, CancellationToken cancellationToken) => inner.DropAsync(project, ids, cancellationToken);
}

/// <summary>The same after suppressions came or went.</summary>
internal sealed class WakingSuppressions(ISuppressions inner, Action<string> changed) : ISuppressions
{
    public async Task AddAsync(string project, IReadOnlyList<SuppressionEntry> entries, CancellationToken cancellationToken)
    {
        await inner.AddAsync(project, entries, cancellationToken);
        changed(project);
    }

    public async Task<int> RemoveAsync(string project, string subject, CancellationToken cancellationToken)
    {
        var removed = await inner.RemoveAsync(project, subject, cancellationToken);
        changed(project);
        return removed;
    }

    public Task<IReadOnlyList<SuppressionEntry>> ListAsync(string project, int limit, CancellationToken cancellationToken) => inner.ListAsync(project, limit, cancellationToken);
}
