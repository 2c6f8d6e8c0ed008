namespace Sluice.Mixpanel.Client;

/// <summary>The right to make one call.</summary>
public interface IMixpanelPermit
{
    /// <summary>
    /// Says that the call is over: its answer was read to the last byte, or given up. Called exactly once for every permit, also when the call failed,
    /// timed out or was cancelled. Until then the call counts among those that run at once.
    /// </summary>
    /// <param name="outcome">What the answer said.</param>
    /// <param name="cancellationToken">Not the caller's token: what was observed must be recorded also when the caller has gone, so it is always <see cref="CancellationToken.None"/>.</param>
    /// <returns>A task that ends when the observation is recorded.</returns>
    /// <remarks>An exception thrown here reaches the caller of the client only when the call itself succeeded; the failure of a call is never hidden behind it.</remarks>
    ValueTask CompleteAsync(MixpanelCallOutcome outcome, CancellationToken cancellationToken);
}
