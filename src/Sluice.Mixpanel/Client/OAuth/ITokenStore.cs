namespace Sluice.Mixpanel.Client;

/// <summary>Keeps the tokens of one authorisation. They are secrets: whoever keeps them encrypts them.</summary>
public interface ITokenStore
{
    /// <summary>The tokens that were written last, by whichever process.</summary>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>Null when there are none.</returns>
    ValueTask<MixpanelTokenSet?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Keeps renewed tokens. When this returns they are durable: a refresh token may work only once, and the old one is gone then.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="cancellationToken">Always <see cref="CancellationToken.None"/>: what was renewed must be kept also when the caller has gone.</param>
    ValueTask WriteAsync(MixpanelTokenSet tokens, CancellationToken cancellationToken);
}
