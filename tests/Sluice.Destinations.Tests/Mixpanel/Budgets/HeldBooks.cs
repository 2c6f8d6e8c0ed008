using Sluice.Core.Delivery;

namespace Sluice.Destinations.Tests.Mixpanel.Budgets;

/// <summary>Books in memory that can be slow, or away.</summary>
internal sealed class HeldBooks(TimeProvider time) : IPermitBooks
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Account, string Bucket), byte[]> _books = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inside;

    /// <summary>How many are in the midst of it.</summary>
    public int Inside => Volatile.Read(ref _inside);

    public int Updates { get; private set; }

    public bool IsAway { get; set; }

    /// <summary>An account whose books alone are away.</summary>
    public string? AwayFor { get; set; }

    /// <summary>Nobody comes to the end before this has.</summary>
    public Task Held { get; set; } = Task.CompletedTask;

    /// <summary>Ends when so many updates were made.</summary>
    public async Task UpdatedAsync(int times)
    {
        while (true)
        {
            Task next;
            lock (_lock)
            {
                if (Updates >= times)
                {
                    return;
                }

                next = _next.Task;
            }

            await next;
        }
    }

    public async Task<T> UpdateAsync<T>(string account, string bucket, Func<byte[]?, DateTimeOffset, (byte[] Book, T Result)> change, CancellationToken cancellationToken)
    {
        if (IsAway || account == AwayFor)
        {
            throw new StoreUnavailableException("The store is away.");
        }

        Interlocked.Increment(ref _inside);
        try
        {
            await Held.WaitAsync(cancellationToken);
            lock (_lock)
            {
                var (book, result) = change(_books.GetValueOrDefault((account, bucket)), time.GetUtcNow());
                _books[(account, bucket)] = book;
                Updates++;
                _next.SetResult();
                _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return result;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }
}
