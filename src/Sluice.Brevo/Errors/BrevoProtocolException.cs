namespace Sluice.Brevo;

/// <summary>Brevo, or something between it and us, answered success with a body that cannot be understood.</summary>
/// <remarks>Not transient: a repetition usually meets the same proxy or the same changed answer, and a person should look.</remarks>
public sealed class BrevoProtocolException : BrevoException
{
    /// <summary>Describes an answer that cannot be understood.</summary>
    /// <param name="endpoint">The endpoint that was called.</param>
    /// <param name="status">The HTTP status, 200 to 299.</param>
    /// <param name="reason">What was wrong with it, without its content.</param>
    public BrevoProtocolException(BrevoEndpoint endpoint, int status, string reason)
        : base(endpoint, $"Brevo's answer to {endpoint.Name} (status {status}) cannot be understood: {reason}", innerException: null)
    {
        Status = status;
    }

    /// <summary>The HTTP status of the answer, for example 200.</summary>
    public int Status { get; }

    /// <inheritdoc/>
    public override BrevoFailureKind Kind => BrevoFailureKind.Unreadable;

    /// <inheritdoc/>
    public override bool IsTransient => false;

    /// <inheritdoc/>
    public override bool OutcomeUnknown => !Endpoint.IsIdempotent;
}
