namespace Sluice.Mixpanel.Client;

/// <summary>Who renews OAuth tokens, and where. It never prints the secret.</summary>
public sealed record OAuthOptions
{
    /// <summary>The id under which the client was registered.</summary>
    public required string ClientId { get; init; }

    /// <summary>The client's secret; null for a public client.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>Where tokens are renewed, see <see cref="EndpointOf(MixpanelResidency)"/>.</summary>
    public required Uri TokenEndpoint { get; init; }

    /// <summary>The name that the client gives itself.</summary>
    public string UserAgent { get; init; } = "Sluice.Mixpanel/" + (typeof(OAuthOptions).Assembly.GetName().Version?.ToString(3) ?? "0");

    /// <summary>Tells when tokens end, and drives the deadline.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Mixpanel's own token endpoint of a residency.</summary>
    /// <param name="residency">Where the project's data lie.</param>
    /// <returns>The address.</returns>
    public static Uri EndpointOf(MixpanelResidency residency) => EndpointOf(MixpanelHosts.Of(residency));

    /// <summary>The token endpoint beside the app API of these hosts.</summary>
    /// <param name="hosts">Where the project is.</param>
    /// <returns>The address.</returns>
    public static Uri EndpointOf(MixpanelHosts hosts)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        return new Uri(hosts.App, "/oauth/token/");
    }

    /// <summary>Names the client, and no secret.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"OAuth client {ClientId} at {TokenEndpoint}";

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(ClientId);
        ArgumentException.ThrowIfNullOrWhiteSpace(UserAgent);
        if (TokenEndpoint is not { IsAbsoluteUri: true, Scheme: "https" or "http", UserInfo: "" })
        {
            throw new ArgumentException("The token endpoint is an absolute address with http or https.");
        }
    }
}
