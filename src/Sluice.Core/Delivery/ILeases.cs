namespace Sluice.Core.Delivery;

/// <summary>The right to do a piece of work alone, for a time.</summary>
/// <param name="Fence">Rises with every owner; what is written under an older one is refused.</param>
public sealed record Lease(string Name, string Owner, long Fence);

/// <summary>A committed row per piece of work, with the store's clock.</summary>
public interface ILeases
{
    /// <summary>Takes the lease when it is free, expired or already the owner's.</summary>
    Task<Lease?> TryTakeAsync(string name, string owner, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>False when the lease has gone to another owner.</summary>
    Task<bool> RenewAsync(Lease lease, TimeSpan length, CancellationToken cancellationToken);

    Task ReleaseAsync(Lease lease, CancellationToken cancellationToken);
}

/// <summary>The lease has gone to another node: whatever was to be written was not.</summary>
public sealed class LeaseLostException : Exception
{
    public LeaseLostException()
        : this("The lease has gone to another node.")
    {
    }

    public LeaseLostException(string message)
        : base(message)
    {
    }

    public LeaseLostException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>Keeps the limiter's books, one row each, read and written under a lock.</summary>
public interface IPermitBooks
{
    /// <summary>Hands the book (null: none yet) and the store's clock to a pure function and writes what it returns before returning its result.</summary>
    Task<T> UpdateAsync<T>(string account, string bucket, Func<byte[]?, DateTimeOffset, (byte[] Book, T Result)> change, CancellationToken cancellationToken);
}
