namespace Sluice.Storage;

/// <summary>What was to be opened is no store, or a damaged one. Nothing was changed.</summary>
public sealed class StoreFormatException : Exception
{
    public StoreFormatException()
        : this("This is no store.")
    {
    }

    public StoreFormatException(string message)
        : base(message)
    {
    }

    public StoreFormatException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
