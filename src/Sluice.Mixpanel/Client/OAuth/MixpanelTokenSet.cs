namespace Sluice.Mixpanel.Client;

/// <summary>The tokens of one authorisation. It never prints them.</summary>
/// <param name="AccessToken">What is sent as bearer; empty when there is none yet.</param>
/// <param name="RefreshToken">What the next access token is asked for with; null when there is none, and a person must authorise again.</param>
/// <param name="ExpiresAt">When the access token ends; null when that was not said.</param>
public sealed record MixpanelTokenSet(string AccessToken, string? RefreshToken, DateTimeOffset? ExpiresAt)
{
    /// <summary>An authorisation that has brought no access token yet.</summary>
    /// <param name="refreshToken">The refresh token that somebody was given.</param>
    /// <returns>Tokens that are renewed before the first call.</returns>
    public static MixpanelTokenSet OfRefreshToken(string refreshToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(refreshToken);
        return new MixpanelTokenSet("", refreshToken, DateTimeOffset.MinValue);
    }

    /// <summary>Names no token.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => ExpiresAt is { } end ? $"OAuth tokens until {end:u}" : "OAuth tokens";
}
