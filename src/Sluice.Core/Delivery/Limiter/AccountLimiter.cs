namespace Sluice.Core.Delivery.Limiter;

/// <summary>
/// Lets calls to one account through, inside its budgets: a permit is written durably before each call and given back with its answer.
/// All nodes and restarts share the books.
/// </summary>
public sealed class AccountLimiter(
    IPermitBooks books, string account, Func<string, IReadOnlyList<BudgetWindow>?> windowsOf, TimeProvider time, Func<ulong> newId)
{
    private readonly Turns _turns = new();

    /// <summary>Waits for a permit.</summary>
    /// <param name="length">How long the call may take at most, the wait for its answer included.</param>
    /// <param name="reserve">Permits that are left to others: 0 for people's jobs, more for background work.</param>
    /// <param name="patience">The longest wait.</param>
    /// <param name="reserveWhenOthersWait">For work that yields: what it leaves while somebody else waits, see <see cref="PermitBook"/>.</param>
    /// <returns>Null for a bucket without a limit.</returns>
    /// <exception cref="DeliveryException">There is no permit within the patience; the decision says when there will be.</exception>
    public async Task<Permit?> EnterAsync(
        string bucket, TimeSpan length, int reserve, TimeSpan patience, CancellationToken cancellationToken, int? reserveWhenOthersWait = null)
    {
        if (windowsOf(bucket) is not { } windows)
        {
            return null;
        }

        var waited = TimeSpan.Zero;
        while (true)
        {
            // One asks at a time: those behind would only be told to wait as well. Background work has a queue of its own, so that
            // people's jobs never stand behind it.
            using var turn = await _turns.EnterAsync(reserve > 0 ? bucket + "/background" : bucket, cancellationToken);
            var (answer, now) = await books.UpdateAsync(
                account, bucket,
                (stored, clock) =>
                {
                    var book = stored is null ? new PermitBook(newId(), windows) : PermitBook.Read(stored);
                    book.Publish(windows, clock);
                    var result = book.Take(clock, clock + length, 1, reserve, reserveWhenOthersWait);
                    return (book.Write(), (result, clock));
                },
                cancellationToken);
            if (answer.Permit is { } permit)
            {
                return permit;
            }

            var wait = answer.NotBefore - now;
            if (waited + wait > patience)
            {
                throw new DeliveryException(new Decision(
                    DecisionKind.Retry, "budget", $"The budget {bucket} is used up for {wait.TotalSeconds:0} s.", wait));
            }

            waited += wait;
            await Task.Delay(wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait, time, cancellationToken);
        }
    }

    /// <summary>Gives a permit back with what the answer said.</summary>
    /// <param name="blockFor">The remote has refused for so long; null when it has not.</param>
    public Task CompleteAsync(string bucket, Permit permit, BudgetReading? reading, TimeSpan? blockFor, CancellationToken cancellationToken) =>
        books.UpdateAsync(
            account, bucket,
            (stored, clock) =>
            {
                var book = PermitBook.Read(stored);
                book.Complete(permit, clock, reading);
                if (blockFor is { } length)
                {
                    book.BlockUntil(clock + length);
                }

                return (book.Write(), true);
            },
            cancellationToken);

    /// <summary>Gives back a permit whose call was not made and will not be.</summary>
    public Task ReturnAsync(string bucket, Permit permit, CancellationToken cancellationToken) =>
        books.UpdateAsync(
            account, bucket,
            (stored, _) =>
            {
                var book = PermitBook.Read(stored);
                var returned = book.Return(permit, 1) > 0;
                return (book.Write(), returned);
            },
            cancellationToken);

    /// <summary>A queue a bucket.</summary>
    private sealed class Turns
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<string, SemaphoreSlim> _buckets = new(StringComparer.Ordinal);

        public async Task<Turn> EnterAsync(string bucket, CancellationToken cancellationToken)
        {
            var semaphore = _buckets.GetOrAdd(bucket, _ => new SemaphoreSlim(1, 1));
            await semaphore.WaitAsync(cancellationToken);
            return new Turn(semaphore);
        }
    }

    private readonly struct Turn(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }
}
