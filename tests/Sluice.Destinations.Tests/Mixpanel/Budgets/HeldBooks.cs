using Sluice.Core.Delivery;

namespace Sluice.Destinations.Tests.Mixpanel.Budgets;

/// <summary>Books in memory that can be slow, or away.</summary>
internal sealed class HeldBooks(TimeProvider time) : IPermitBooks
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, byte[]> _books = new(StringComparer.Ordinal);
    private int _inside;

    /// <summary>How many are in the midst of it.</summary>
    public int Inside => Volatile.Read(ref _inside);

    public int Updates { get; private set; }

    public bool IsAway { get; set; }

    /// <summary>Nobody comes to the end before this has.</summary>
    public Task Held { get; set; } = Task.CompletedTask;

    public async Task<T> UpdateAsync<T>(string account, string bucket, Func<byte[]?, DateTimeOffset, (byte[] Book, T Result)> change, CancellationToken cancellationToken)
    {
        if (IsAway)
        {
            throw new StoreUnavailableException("The store is away.");
        }

        Interlocked.Increment(ref _inside);
        try
        {
            await Held.WaitAsync(cancellationToken);
            lock (_lock)
            {
                Updates++;
                var (book, result) = change(_books.GetValueOrDefault(bucket), time.GetUtcNow());
                _books[bucket] = book;
                return result;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }
}
