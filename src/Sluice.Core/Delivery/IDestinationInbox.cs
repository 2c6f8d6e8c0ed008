namespace Sluice.Core.Delivery;

/// <summary>Takes what a destination tells us of its own accord: its webhooks and its notices that a job has ended.</summary>
public interface IDestinationInbox
{
    /// <summary>The destination's name, which is the first segment of its paths, for instance <c>brevo</c>.</summary>
    string Destination { get; }

    /// <summary>True when the bearer token opens the project's inbox.</summary>
    bool Accepts(string project, string bearerToken);

    /// <summary>Takes the body of a webhook and returns once what follows from it is durable.</summary>
    /// <exception cref="InboxFormatException">The body cannot be understood.</exception>
    /// <exception cref="Cohorts.IntakeBusyException">The store is busy; the caller may come again.</exception>
    Task ReceiveAsync(string project, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);

    /// <summary>A job that was started with this token has ended. Unknown tokens are ignored.</summary>
    Task JobEndedAsync(string project, string token, CancellationToken cancellationToken);
}

/// <summary>A webhook's body could not be understood; the message says where and why.</summary>
public sealed class InboxFormatException : Exception
{
    public InboxFormatException()
        : this("The body could not be understood.")
    {
    }

    public InboxFormatException(string message)
        : base(message)
    {
    }

    public InboxFormatException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
