namespace Sluice.Core.Management;

/// <summary>How a connector stands.</summary>
public enum ConnectorState
{
    /// <summary>There are no credentials for it.</summary>
    NotConnected,

    /// <summary>It works, as far as is known here.</summary>
    Connected,

    /// <summary>A person has paused it by the management API.</summary>
    Paused,

    /// <summary>The config file says <c>enabled: false</c>.</summary>
    Disabled,
}

/// <summary>Who says what a connector uses.</summary>
public enum ConnectorSource
{
    /// <summary>Nobody has said anything.</summary>
    None,

    /// <summary>The config file, alone.</summary>
    Config,

    /// <summary>The management API, alone.</summary>
    Api,

    /// <summary>Both, each some of it.</summary>
    Both,
}

/// <summary>A connector as a person sees it: no secret is in it.</summary>
/// <param name="Account">What tells the account apart: Mixpanel's project id, or null.</param>
/// <param name="User">The service account's user name; null where there is none.</param>
/// <param name="OAuthClient">Id of the OAuth client; null where there is none.</param>
/// <param name="Residency">Where Mixpanel keeps the data, <c>us</c>, <c>eu</c> or <c>in</c>; null for others.</param>
/// <param name="Waiting">Why deliveries wait at the moment, in words; null when they do not.</param>
/// <param name="Pending">Why this node does not work with it yet as it is stored, in words; null when it does.</param>
/// <param name="ChangedAt">When it was last connected, paused or resumed by the management API; null when never.</param>
public sealed record ConnectorStatus(
    string Name, ConnectorState State, ConnectorSource Source, string? Account, string? User, string? OAuthClient, string? Residency, string? Waiting, string? Pending,
    DateTimeOffset? ChangedAt);

/// <summary>Credentials of a Mixpanel project, as somebody gives them.</summary>
/// <param name="Residency"><c>us</c>, <c>eu</c> or <c>in</c>.</param>
/// <param name="OAuth">Instead of a service account; null otherwise.</param>
public sealed record MixpanelLogin(
    string? ProjectToken, string? ServiceAccountUser, string? ServiceAccountSecret, string? ProjectId, string Residency, OAuthLogin? OAuth = null)
{
    /// <summary>Never the secret.</summary>
    public override string ToString() => $"MixpanelLogin {{ ProjectId = {ProjectId}, Secret = *** }}";
}

/// <summary>An OAuth client with the refresh token that somebody was given for it.</summary>
/// <param name="ClientSecret">Null for a public client.</param>
public sealed record OAuthLogin(string ClientId, string? ClientSecret, string RefreshToken)
{
    /// <summary>Never the secrets.</summary>
    public override string ToString() => $"OAuthLogin {{ ClientId = {ClientId}, RefreshToken = *** }}";
}

/// <summary>What became of a change of a connector.</summary>
public enum ConnectorOutcome
{
    /// <summary>It is kept, and so from now on: at once, unless <see cref="ConnectorStatus.Pending"/> says otherwise.</summary>
    Done,

    /// <summary>The config file says otherwise, and wins.</summary>
    Declared,

    /// <summary>There is nothing to change: it is not connected here.</summary>
    NotConnected,

    /// <summary>The other side did not take the credentials.</summary>
    Refused,

    /// <summary>The other side could not be asked.</summary>
    Unreachable,

    /// <summary>It would take what another project has.</summary>
    Taken,

    /// <summary>It is another account than the one that was connected before.</summary>
    OtherAccount,
}

/// <param name="Field">What of the request it is about, by its path; null when about all of it.</param>
/// <param name="Detail">A sentence for a person; null when it was done.</param>
public sealed record ConnectorAnswer(ConnectorOutcome Outcome, string? Field = null, string? Detail = null);

/// <summary>Connects, pauses and disconnects. What the config file declares stays declared.</summary>
public interface IConnectorDesk
{
    Task<IReadOnlyList<ConnectorStatus>> ListAsync(string project, CancellationToken cancellationToken);

    /// <param name="check">Ask Mixpanel first whether it takes the credentials.</param>
    Task<ConnectorAnswer> ConnectAsync(string project, MixpanelLogin login, bool check, CancellationToken cancellationToken);

    /// <summary>Asks first whose account the key opens: what is known of lists and contacts holds for one account alone.</summary>
    Task<ConnectorAnswer> ConnectDestinationAsync(string project, string apiKey, CancellationToken cancellationToken);

    Task<ConnectorAnswer> PauseAsync(string project, string name, bool paused, CancellationToken cancellationToken);

    Task<ConnectorAnswer> DisconnectAsync(string project, string name, CancellationToken cancellationToken);
}
