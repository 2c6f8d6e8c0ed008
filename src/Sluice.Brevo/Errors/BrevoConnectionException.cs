namespace Sluice.Brevo;

/// <summary>Brevo could not be reached, or the connection was cut before the answer was complete.</summary>
public sealed class BrevoConnectionException : BrevoException
{
    /// <summary>Describes a broken connection.</summary>
    /// <param name="endpoint">The endpoint that was called.</param>
    /// <param name="wasSent">Whether the request may have reached Brevo.</param>
    /// <param name="innerException">What the transport reported.</param>
    public BrevoConnectionException(BrevoEndpoint endpoint, bool wasSent, Exception? innerException = null)
        : base(
            endpoint,
            wasSent ? $"The connection was cut during {endpoint.Name}." : $"Brevo could not be reached for {endpoint.Name}.",
            innerException)
    {
        WasSent = wasSent;
    }

    /// <summary>Whether the request may have reached Brevo. False means that it certainly did not.</summary>
    public bool WasSent { get; }

    /// <inheritdoc/>
    public override BrevoFailureKind Kind => BrevoFailureKind.Transient;

    /// <inheritdoc/>
    public override bool IsTransient => true;

    /// <inheritdoc/>
    public override bool OutcomeUnknown => WasSent && !Endpoint.IsIdempotent;
}
