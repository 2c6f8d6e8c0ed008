namespace Sluice.Mixpanel.Client;

/// <summary>Who may spend a refresh token now.</summary>
public enum TokenTurn
{
    /// <summary>Whoever asked, and nobody has tried it before.</summary>
    Mine,

    /// <summary>Whoever asked. Somebody has tried it before, and no answer was kept: it may be used up.</summary>
    MineAfterBreak,

    /// <summary>Another process, which is at it.</summary>
    Others,

    /// <summary>Nobody: other tokens have taken its place.</summary>
    Past,
}

/// <summary>Keeps the tokens of one authorisation. They are secrets: whoever keeps them encrypts them.</summary>
public interface ITokenStore
{
    /// <summary>The tokens that were written last, by whichever process.</summary>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>Null when there are none.</returns>
    ValueTask<MixpanelTokenSet?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Asks for the turn to spend a refresh token, which may work only once. When this returns, that somebody is at it is durable. A turn ends with a write, with
    /// <see cref="EndTurnAsync"/>, or by itself some time after <see cref="OAuthTokens.Deadline"/>.
    /// </summary>
    /// <param name="refreshToken">The refresh token.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whose turn it is. A store that one process uses alone may always give <see cref="TokenTurn.Mine"/>.</returns>
    ValueTask<TokenTurn> TakeTurnAsync(string refreshToken, CancellationToken cancellationToken) => new(TokenTurn.Mine);

    /// <summary>Keeps renewed tokens and ends the turn. When this returns they are durable: a refresh token may work only once, and the old one is gone then.</summary>
    /// <param name="spent">The refresh token that they were given for; when it is not the one that is kept any more, others were quicker, and nothing is written.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="cancellationToken">Always <see cref="CancellationToken.None"/>: what was renewed must be kept also when the caller has gone.</param>
    ValueTask WriteAsync(string spent, MixpanelTokenSet tokens, CancellationToken cancellationToken);

    /// <summary>Ends a turn that brought nothing.</summary>
    /// <param name="refreshToken">The refresh token.</param>
    /// <param name="perhapsSpent">Whether it may have been used up all the same.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask EndTurnAsync(string refreshToken, bool perhapsSpent, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
