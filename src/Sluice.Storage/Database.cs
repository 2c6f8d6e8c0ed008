using System.Data.Common;
using Sluice.Storage.Erasure;

namespace Sluice.Storage;

/// <summary>The store: reads on connections of their own, writes through commits that are durable when they return.</summary>
internal abstract class Database(Dialect dialect) : IAsyncDisposable
{
    public Dialect Dialect { get; } = dialect;

    public Tombstones Tombstones { get; } = new();

    /// <summary>
    /// Runs work in a transaction and returns once it is on disk. The work may run again from its beginning after a conflict with
    /// another node, so it keeps nothing outside of the transaction. An exception rolls back this work alone.
    /// </summary>
    /// <exception cref="StoreBusyException">The queue of commits is full or the store cannot be written now.</exception>
    public abstract Task<T> WriteAsync<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>Runs work that only reads, in one snapshot.</summary>
    public abstract Task<T> ReadAsync<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>Overwrites what deleted rows of these tables have left, as far as the engine can.</summary>
    /// <returns>By the store's clock: rows that were deleted before are overwritten.</returns>
    /// <exception cref="StoreBusyException">Not now.</exception>
    public abstract Task<DateTimeOffset> ScrubAsync(IReadOnlyList<string> tables, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    public Task WriteAsync(Func<Session, CancellationToken, Task> work, CancellationToken cancellationToken) =>
        WriteAsync(
            async (session, token) =>
            {
                await work(session, token);
                return true;
            },
            cancellationToken);

    /// <summary>Begins a transaction that sees one state of the store, and keeps nobody from writing.</summary>
    protected abstract ValueTask<DbTransaction> BeginReadAsync(DbConnection connection, CancellationToken cancellationToken);

    protected async Task<T> ReadOnAsync<T>(Session session, Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var transaction = await BeginReadAsync(session.Connection, cancellationToken);
        session.Transaction = transaction;
        try
        {
            return await work(session, cancellationToken);
        }
        finally
        {
            session.Transaction = null;
        }
    }
}
