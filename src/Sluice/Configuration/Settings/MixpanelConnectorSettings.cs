using Sluice.Core.Identity;

namespace Sluice.Configuration;

/// <summary>The block <c>connectors.mixpanel</c>.</summary>
public sealed record MixpanelConnectorSettings
{
    /// <summary>Whether Sluice calls Mixpanel and accepts its webhook. Default: true.</summary>
    public required bool Enabled { get; init; }

    /// <summary>The token that SDKs send with; an identifier, not a credential. Default: null.</summary>
    public string? ProjectToken { get; init; }

    /// <summary>Credentials for Mixpanel's APIs. Default: null.</summary>
    public ServiceAccountSettings? ServiceAccount { get; init; }

    /// <summary>The project's secret, with which older clients call. Default: null.</summary>
    public Secret? ProjectSecret { get; init; }

    /// <summary>Bearer token, instead of the service account. Default: null.</summary>
    public Secret? OauthToken { get; init; }

    /// <summary>Tokens that are renewed, instead of the service account. Default: null.</summary>
    public OAuthSettings? OAuth { get; init; }

    /// <summary>OAuth token with which erasures are passed on. Default: null, they are not.</summary>
    public Secret? GdprToken { get; init; }

    /// <summary>Mixpanel's number of the project, in decimal digits. Never null beside a service account or <c>oauth</c>. Default: null.</summary>
    public string? ProjectId { get; init; }

    /// <summary>Which of Mixpanel's hosts hold the project. Default: <see cref="Configuration.DataResidency.Us"/>.</summary>
    public required DataResidency DataResidency { get; init; }

    /// <summary>How the project merges identities. Default: <see cref="IdentityMode.Simplified"/>.</summary>
    public required IdentityMode Identity { get; init; }

    /// <summary>Name of an exported property to take for the distinct id. Default: null, the distinct id itself.</summary>
    public string? IdentityProperty { get; init; }

    /// <summary>What travels on to destinations.</summary>
    public required SyncSettings Sync { get; init; }

    /// <summary>Which people belong in which Brevo list. Default: empty.</summary>
    public IReadOnlyList<ListSettings> Lists { get; init; } = [];

    /// <summary>Whether what is received is passed on to the real Mixpanel project. Default: false.</summary>
    public required bool Forward { get; init; }

    /// <summary>Hosts to call instead of Mixpanel's own. Default: none.</summary>
    public required MixpanelEndpointSettings Endpoints { get; init; }
}

/// <summary>The block <c>connectors.mixpanel.service_account</c>.</summary>
/// <param name="Username">Shown by Mixpanel when the account is made.</param>
/// <param name="Secret">Shown once by Mixpanel when the account is made.</param>
public sealed record ServiceAccountSettings(string Username, Secret Secret);

/// <summary>The block <c>connectors.mixpanel.oauth</c>.</summary>
/// <param name="ClientId">Under which the client was registered at Mixpanel.</param>
/// <param name="ClientSecret">Null for a public client.</param>
/// <param name="RefreshToken">The one that somebody was given; what it becomes by use is kept in the store.</param>
public sealed record OAuthSettings(string ClientId, Secret? ClientSecret, Secret RefreshToken)
{
    /// <summary>Whether both begin with what somebody gave once. The secret of a client may change meanwhile.</summary>
    public bool IsSameAuthorisation(OAuthSettings? other) => other is not null && other.ClientId == ClientId && other.RefreshToken == RefreshToken;
}

/// <summary>The block <c>connectors.mixpanel.sync</c>. False stops the kind on its way to destinations, never its reception.</summary>
/// <param name="Events">Default: true.</param>
/// <param name="Profiles">Default: true.</param>
/// <param name="Cohorts">Default: true.</param>
/// <param name="Groups">Groups, as companies. Default: false.</param>
public sealed record SyncSettings(bool Events, bool Profiles, bool Cohorts, bool Groups);

/// <summary>The block <c>connectors.mixpanel.endpoints</c>; null means Mixpanel's own host for the residency. No path ends with a slash.</summary>
/// <param name="Ingestion">In place of <c>api.mixpanel.com</c>.</param>
/// <param name="Query">In place of <c>mixpanel.com/api/query</c>.</param>
/// <param name="Export">In place of <c>data.mixpanel.com/api/2.0</c>.</param>
/// <param name="App">In place of <c>mixpanel.com/api/app</c>.</param>
/// <param name="Token">In place of <c>mixpanel.com/oauth/token/</c>, as it is written.</param>
public sealed record MixpanelEndpointSettings(Uri? Ingestion, Uri? Query, Uri? Export, Uri? App, Uri? Token = null);

/// <summary>Where Mixpanel keeps the project's data.</summary>
public enum DataResidency
{
    Us,
    Eu,

    /// <summary>India.</summary>
    In,
}
