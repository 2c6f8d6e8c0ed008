namespace Sluice.Storage;

/// <summary>Something that the work had read without a lock was no longer so under the lock: the work runs again from its beginning.</summary>
internal sealed class ChangedMeanwhileException : Exception
{
    public ChangedMeanwhileException()
        : this("What was read has changed meanwhile.")
    {
    }

    public ChangedMeanwhileException(string message)
        : base(message)
    {
    }

    public ChangedMeanwhileException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
