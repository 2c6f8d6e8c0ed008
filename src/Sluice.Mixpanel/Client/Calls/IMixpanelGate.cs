using System.Diagnostics.CodeAnalysis;

namespace Sluice.Mixpanel.Client;

/// <summary>
/// Decides when a call may be made: the place for a budget. The clients ask it once before every request that goes out, and never retry on their own,
/// except once with a renewed token, for which they ask again.
/// </summary>
/// <remarks>The call's deadline starts after the gate, so waiting here as long as needed is right. What it throws passes through the client as it is.</remarks>
public interface IMixpanelGate
{
    /// <summary>Waits until the call may be made.</summary>
    /// <param name="call">The endpoint and the limit that it counts against.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    /// <returns>A permit for exactly this call. The client completes it exactly once, whatever becomes of the call.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up before the call was let through. No permit was taken.</exception>
    [SuppressMessage("Naming", "CA1716:Identifiers should not match keywords", Justification = "It is a call; the languages where that is a keyword can escape it.")]
    ValueTask<IMixpanelPermit> EnterAsync(MixpanelCall call, CancellationToken cancellationToken);
}
