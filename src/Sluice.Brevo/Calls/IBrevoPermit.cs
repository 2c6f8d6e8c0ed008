namespace Sluice.Brevo;

/// <summary>The right to make one call.</summary>
public interface IBrevoPermit
{
    /// <summary>
    /// Says that the call is over. Called exactly once for every permit, also when the call failed, timed out or was cancelled.
    /// </summary>
    /// <param name="observed">What the answer's headers said about the rate limit; null when they said nothing or there was no
    /// answer.</param>
    /// <param name="cancellationToken">
    /// Not the caller's token: what was observed must be recorded also when the caller has gone, so the client passes
    /// <see cref="CancellationToken.None"/>.
    /// </param>
    /// <returns>A task that ends when the observation is recorded.</returns>
    /// <remarks>
    /// An exception thrown here reaches the caller of the client only when the call itself succeeded; the failure of a call is never
    /// hidden behind it.
    /// </remarks>
    ValueTask CompleteAsync(BrevoRateLimit? observed, CancellationToken cancellationToken);
}
