namespace Sluice.Mixpanel.Client;

/// <summary>Where a client takes its OAuth token from, and whom it tells that a token no longer opens anything.</summary>
public interface IMixpanelTokenSource
{
    /// <summary>The token to send now. Asked once for every request.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The token.</returns>
    /// <exception cref="MixpanelException">There is none.</exception>
    ValueTask<string> GetAsync(CancellationToken cancellationToken);

    /// <summary>Says that a token was answered with 401. The client tells it once for a call, and makes that call once more when there is another token.</summary>
    /// <param name="refused">The token that was sent.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether <see cref="GetAsync"/> gives another one now.</returns>
    /// <exception cref="MixpanelException">It could not be renewed.</exception>
    ValueTask<bool> RenewAsync(string refused, CancellationToken cancellationToken);
}
