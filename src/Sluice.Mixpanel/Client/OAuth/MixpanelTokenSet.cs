namespace Sluice.Mixpanel.Client;

/// <summary>The tokens of one authorisation. It never prints them.</summary>
/// <param name="AccessToken">What is sent as bearer.</param>
/// <param name="RefreshToken">What the next access token is asked for with; null when there is none, and a person must authorise again.</param>
/// <param name="ExpiresAt">When the access token ends; null when that was not said.</param>
public sealed record MixpanelTokenSet(string AccessToken, string? RefreshToken, DateTimeOffset? ExpiresAt)
{
    /// <summary>Names no token.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => ExpiresAt is { } end ? $"OAuth tokens until {end:u}" : "OAuth tokens";
}
