namespace Sluice.Hosting;

/// <summary>The program cannot start; the message says why and what to do.</summary>
internal sealed class StartException : Exception
{
    public StartException()
        : this("The program cannot start.")
    {
    }

    public StartException(string message)
        : base(message)
    {
    }

    public StartException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
