namespace Sluice.Storage;

/// <summary>The store cannot be read or written at the moment; nothing was changed.</summary>
public sealed class StoreBusyException : Exception
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
