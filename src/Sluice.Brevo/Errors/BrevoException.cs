namespace Sluice.Brevo;

/// <summary>
/// A call to Brevo did not succeed. The cases: <see cref="BrevoApiException"/> (Brevo refused), <see cref="BrevoConnectionException"/>
/// (no answer),
/// <see cref="BrevoTimeoutException"/> (no answer in time), <see cref="BrevoProtocolException"/> (an answer that cannot be understood).
/// </summary>
/// <remarks>Messages name the endpoint and the kind of failure. They never hold an e-mail address, a key, or a body.</remarks>
public abstract class BrevoException : Exception
{
    private protected BrevoException(BrevoEndpoint endpoint, string message, Exception? innerException)
        : base(message, innerException)
    {
        Endpoint = endpoint;
    }

    /// <summary>The endpoint that was called.</summary>
    public BrevoEndpoint Endpoint { get; }

    /// <summary>What the failure means and who must act.</summary>
    public abstract BrevoFailureKind Kind { get; }

    /// <summary>Whether the same call may succeed later without anybody acting.</summary>
    public abstract bool IsTransient { get; }

    /// <summary>
    /// Whether the call may have taken effect although it failed, and repeating it could take effect twice. Always false for an endpoint
    /// that
    /// <see cref="BrevoEndpoint.IsIdempotent"/>, and when the request certainly did not reach Brevo or was certainly refused.
    /// </summary>
    public abstract bool OutcomeUnknown { get; }

    /// <summary>How long to wait before the next attempt, or null when Brevo did not say and there is no rule for it.</summary>
    public virtual TimeSpan? RetryAfter => null;
}
