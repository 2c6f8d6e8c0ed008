namespace Sluice.Core.Delivery;

/// <summary>The store cannot be read or written at the moment; nothing was changed, and the same may be tried again.</summary>
public class StoreUnavailableException : Exception
{
    public StoreUnavailableException()
        : this("The store does not answer.")
    {
    }

    public StoreUnavailableException(string message)
        : base(message)
    {
    }

    public StoreUnavailableException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
