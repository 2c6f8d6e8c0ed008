namespace Sluice.Brevo;

/// <summary>
/// A call was not over before its deadline (see <see cref="BrevoClientOptions.Timeout"/>). A cancellation by the caller is not this but
/// an <see cref="OperationCanceledException"/>.
/// </summary>
public sealed class BrevoTimeoutException : BrevoException
{
    /// <summary>Describes a missed deadline.</summary>
    /// <param name="endpoint">The endpoint that was called.</param>
    /// <param name="deadline">How long the call was allowed to take.</param>
    /// <param name="wasSent">Whether the request may have reached Brevo.</param>
    /// <param name="innerException">What the transport reported.</param>
    public BrevoTimeoutException(BrevoEndpoint endpoint, TimeSpan deadline, bool wasSent, Exception? innerException = null)
        : base(endpoint, FormattableString.Invariant($"{endpoint.Name} was not over within {deadline.TotalSeconds:0.###} s."), innerException)
    {
        Deadline = deadline;
        WasSent = wasSent;
    }

    /// <summary>How long the call was allowed to take.</summary>
    public TimeSpan Deadline { get; }

    /// <summary>Whether the request may have reached Brevo. False means that it certainly did not.</summary>
    public bool WasSent { get; }

    /// <inheritdoc/>
    public override BrevoFailureKind Kind => BrevoFailureKind.Transient;

    /// <inheritdoc/>
    public override bool IsTransient => true;

    /// <inheritdoc/>
    public override bool OutcomeUnknown => WasSent && !Endpoint.IsIdempotent;
}
