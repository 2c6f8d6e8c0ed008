using System.Diagnostics.CodeAnalysis;

namespace Sluice.Brevo;

/// <summary>
/// Decides when a call may be made: the place for a rate limiter. <see cref="BrevoClient"/> asks it once before every call, and never
/// retries on its own.
/// </summary>
/// <remarks>The call's deadline starts after the gate, so waiting here as long as needed is right.</remarks>
public interface IBrevoGate
{
    /// <summary>Waits until the call may be made.</summary>
    /// <param name="call">The endpoint and its bucket.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    /// <returns>A permit for exactly this call. The client completes it exactly once, whatever becomes of the call.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up before the call was let through. No permit was taken.</exception>
    [SuppressMessage("Naming", "CA1716:Identifiers should not match keywords", Justification = "It is a call; the languages where that is a keyword can escape it.")]
    ValueTask<IBrevoPermit> EnterAsync(BrevoCall call, CancellationToken cancellationToken);
}
