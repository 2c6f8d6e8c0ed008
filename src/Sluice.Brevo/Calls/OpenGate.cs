namespace Sluice.Brevo;

/// <summary>The gate of a client that was given none: every call passes at once.</summary>
internal sealed class OpenGate : IBrevoGate, IBrevoPermit
{
    public static OpenGate Instance { get; } = new();

    public ValueTask<IBrevoPermit> EnterAsync(BrevoCall call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<IBrevoPermit>(this);
    }

    public ValueTask CompleteAsync(BrevoRateLimit? observed, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
