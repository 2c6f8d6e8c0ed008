using Sluice.Core.Delivery;

namespace Sluice.Storage;

/// <summary>The store cannot be read or written at the moment; nothing was changed.</summary>
public sealed class StoreBusyException : StoreUnavailableException
{
    public StoreBusyException()
        : this("The store is busy.")
    {
    }

    public StoreBusyException(string message)
        : base(message)
    {
    }

    public StoreBusyException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
