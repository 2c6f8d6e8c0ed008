namespace Sluice.Client;

/// <summary>A connector as it stands. No secret is in it.</summary>
/// <param name="Name"><c>mixpanel</c> or <c>brevo</c>.</param>
/// <param name="State">How it stands.</param>
/// <param name="Source">Who says what it uses.</param>
/// <param name="ProjectId">Mixpanel's number of the project; null for Brevo.</param>
/// <param name="ServiceAccountUser">User name of Mixpanel's service account; null where there is none.</param>
/// <param name="OauthClientId">Id of Mixpanel's OAuth client; null where there is none.</param>
/// <param name="DataResidency"><c>us</c>, <c>eu</c> or <c>in</c>; null for Brevo.</param>
/// <param name="Waiting">Why deliveries to Brevo wait at the moment; null when they do not.</param>
/// <param name="Pending">Why the node that answered does not work with it yet as it is stored; null when it does. It is tried again every few seconds.</param>
/// <param name="ChangedAt">When it was last connected, paused or resumed by the management API; null when never.</param>
public sealed record Connector(
    string Name, ConnectorState State, ConnectorSource Source, string? ProjectId, string? ServiceAccountUser, string? OauthClientId, string? DataResidency, string? Waiting,
    string? Pending, DateTimeOffset? ChangedAt);

/// <summary>Credentials of a Mixpanel project.</summary>
public sealed record MixpanelConnection
{
    /// <summary>The token that SDKs send with; an identifier, no secret.</summary>
    public string? ProjectToken { get; init; }

    /// <summary>User name of a service account of the project.</summary>
    public string? ServiceAccountUser { get; init; }

    /// <summary>The service account's secret. The server stores it encrypted.</summary>
    public string? ServiceAccountSecret { get; init; }

    /// <summary>Id of an OAuth client, instead of a service account.</summary>
    public string? OauthClientId { get; init; }

    /// <summary>The OAuth client's secret; null for a public client. The server stores it encrypted.</summary>
    public string? OauthClientSecret { get; init; }

    /// <summary>The refresh token that somebody was given for the client. The server stores it encrypted, and keeps what it becomes with use; the same one sent again goes on where it was.</summary>
    public string? OauthRefreshToken { get; init; }

    /// <summary>Mixpanel's number of the project, in decimal digits. Goes with a service account and with OAuth.</summary>
    public string? ProjectId { get; init; }

    /// <summary>Where Mixpanel keeps the project's data.</summary>
    /// <value>Default <see cref="MixpanelDataResidency.Us"/>.</value>
    public MixpanelDataResidency DataResidency { get; init; }

    /// <summary>Whether the server asks Mixpanel first whether it takes the credentials.</summary>
    /// <value>Default false.</value>
    public bool Check { get; init; }

    /// <summary>Never the secret.</summary>
    public override string ToString() => $"MixpanelConnection {{ ProjectId = {ProjectId} }}";
}

/// <summary>A wish to bring a list in step with a cohort.</summary>
public sealed record CohortSyncRequest
{
    /// <summary>Mixpanel's id of the cohort.</summary>
    public required long CohortId { get; init; }

    /// <summary>Brevo's id of the list.</summary>
    public required long TargetList { get; init; }

    /// <summary>What may be done to the list.</summary>
    /// <value>Default <see cref="SyncMode.Mirror"/>.</value>
    public SyncMode SyncMode { get; init; }

    /// <summary>How long to wait for the end.</summary>
    /// <value>1 second to 10 minutes. Default 2 minutes.</value>
    public TimeSpan Wait { get; init; } = TimeSpan.FromMinutes(2);
}

/// <summary>How a list looked when a sync had ended.</summary>
/// <param name="CohortName">The cohort's name.</param>
/// <param name="MembersCount">People in the cohort.</param>
/// <param name="SyncedToBrevo">People of the cohort who are in the list in Brevo.</param>
/// <param name="ListId">Brevo's id of the list.</param>
/// <param name="State"><c>done</c>; <c>held</c> when removals wait for a person; <c>running</c> when it took longer than the call waited: it goes on.</param>
/// <param name="RemovalsHeld">Removals that the safety stop holds.</param>
public sealed record CohortSyncResult(string CohortName, long MembersCount, long SyncedToBrevo, long ListId, string State, long RemovalsHeld);

/// <summary>A number of people with the reason that they share.</summary>
/// <param name="Reason">A stable code.</param>
/// <param name="Count">How many.</param>
public sealed record ReasonCount(string Reason, long Count);

/// <summary>A way in which a sync could be done.</summary>
/// <param name="Shape"><c>single</c>, <c>list</c> or <c>import</c>.</param>
/// <param name="Calls">Calls it would take; null when that cannot be known without Brevo.</param>
/// <param name="Taken">Whether this way would be taken.</param>
public sealed record CallShape(string Shape, long? Calls, bool Taken);

/// <summary>What a sync would do.</summary>
/// <param name="CohortName">The cohort's name.</param>
/// <param name="MembersCount">People in the cohort.</param>
/// <param name="ListId">Brevo's id of the list.</param>
/// <param name="ListName">The list's name; null when Brevo was not asked.</param>
/// <param name="Mapping"><c>brevo</c>, or <c>offline</c> when Brevo could not be asked.</param>
/// <param name="Additions">People who would be put into the list.</param>
/// <param name="Updates">People in the list whose attributes would be sent.</param>
/// <param name="Removals">People who would be taken off the list.</param>
/// <param name="SuppressedRemovals">Of the removals, those that follow a suppression.</param>
/// <param name="RemovalsHeld">Whether the safety stop would hold the removals.</param>
/// <param name="Unchanged">People for whom there is nothing to do.</param>
/// <param name="Waiting">People who wait for an import that is under way.</param>
/// <param name="Skipped">People whom the list wants and does not get, by reason.</param>
/// <param name="AttributesToCreate">Brevo attributes that would be created first.</param>
/// <param name="MembersUnread">Whether the list's own members have still to be read.</param>
/// <param name="Shapes">The ways it could be done, with their cost in calls.</param>
public sealed record CohortSyncPreview(
    string CohortName, long MembersCount, long ListId, string? ListName, string Mapping, long Additions, long Updates, long Removals, long SuppressedRemovals,
    bool RemovalsHeld, long Unchanged, long Waiting, IReadOnlyList<ReasonCount> Skipped, IReadOnlyList<string> AttributesToCreate, bool MembersUnread,
    IReadOnlyList<CallShape> Shapes);

/// <summary>Mixpanel and Brevo, and syncs between them.</summary>
public sealed class ConnectorsApi
{
    private const string Mixpanel = "mixpanel";
    private const string Brevo = "brevo";

    private readonly Transport _transport;
    private readonly string? _brevoKey;

    internal ConnectorsApi(Transport transport, string? brevoKey)
    {
        _transport = transport;
        _brevoKey = brevoKey;
    }

    /// <summary>All connectors there are, connected or not.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyList<Connector>> ListAsync(CancellationToken cancellationToken = default) =>
        (await _transport.GetAsync("/connectors", ClientJson.Default.Connectors, cancellationToken)).Items;

    /// <summary>How one connector stands.</summary>
    /// <param name="name"><c>mixpanel</c> or <c>brevo</c>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<Connector> GetAsync(string name, CancellationToken cancellationToken = default) =>
        _transport.GetAsync(PathOf(name), ClientJson.Default.Connector, cancellationToken);

    /// <summary>Stores credentials of Mixpanel; and the key of Brevo, when the client was made with one.</summary>
    /// <param name="name"><c>mixpanel</c>.</param>
    /// <param name="connection">The credentials.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>How Mixpanel's connector stands now.</returns>
    public async Task<Connector> ConnectAsync(string name, MixpanelConnection connection, CancellationToken cancellationToken = default)
    {
        OnlyMixpanel(name);
        ArgumentNullException.ThrowIfNull(connection);
        var body = new MixpanelConnectionBody(
            connection.ProjectToken, connection.ServiceAccountUser, connection.ServiceAccountSecret, connection.ProjectId, connection.DataResidency, connection.Check,
            connection.OauthClientId, connection.OauthClientSecret, connection.OauthRefreshToken);
        var connected = await _transport.SendAsync(
            HttpMethod.Put, PathOf(name), body, ClientJson.Default.MixpanelConnectionBody, ClientJson.Default.Connector, Repeating.Harmless, TimeSpan.Zero, cancellationToken);
        if (_brevoKey is not null)
        {
            await ConnectBrevoAsync(_brevoKey, cancellationToken);
        }

        return connected;
    }

    /// <summary>Stores the API key of the Brevo account. The server asks Brevo first whether it takes the key and whose account it opens.</summary>
    /// <param name="apiKey">The key. The server stores it encrypted.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<Connector> ConnectBrevoAsync(string apiKey, CancellationToken cancellationToken = default) =>
        _transport.SendAsync(
            HttpMethod.Put, PathOf(Brevo), new BrevoConnectionBody(apiKey), ClientJson.Default.BrevoConnectionBody, ClientJson.Default.Connector,
            Repeating.Harmless, TimeSpan.Zero, cancellationToken);

    /// <summary>Stops what goes there or comes from there, until it is resumed.</summary>
    /// <param name="name"><c>mixpanel</c> or <c>brevo</c>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<Connector> PauseAsync(string name, CancellationToken cancellationToken = default) => PostAsync($"{PathOf(name)}/pause", cancellationToken);

    /// <summary>Ends a pause.</summary>
    /// <param name="name"><c>mixpanel</c> or <c>brevo</c>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<Connector> ResumeAsync(string name, CancellationToken cancellationToken = default) => PostAsync($"{PathOf(name)}/resume", cancellationToken);

    /// <summary>Forgets credentials that were stored by the management API.</summary>
    /// <param name="name"><c>mixpanel</c> or <c>brevo</c>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task DisconnectAsync(string name, CancellationToken cancellationToken = default) => _transport.DeleteAsync(PathOf(name), cancellationToken);

    /// <summary>Fetches a cohort, brings a Brevo list in step with it, and waits for the end.</summary>
    /// <param name="name"><c>mixpanel</c>.</param>
    /// <param name="request">Which cohort, which list, and how.</param>
    /// <param name="cancellationToken">Ends the waiting; what was begun on the server goes on.</param>
    public Task<CohortSyncResult> SyncCohortAsync(string name, CohortSyncRequest request, CancellationToken cancellationToken = default)
    {
        OnlyMixpanel(name);
        ArgumentNullException.ThrowIfNull(request);
        return _transport.SendAsync(
            HttpMethod.Post, FormattableString.Invariant($"{PathOf(name)}/cohorts/{request.CohortId}/sync"),
            new CohortSyncBody(request.TargetList, request.SyncMode, (int)Math.Ceiling(request.Wait.TotalSeconds)), ClientJson.Default.CohortSyncBody,
            ClientJson.Default.CohortSyncResult, Repeating.UnderKey, request.Wait, cancellationToken);
    }

    /// <summary>Says what a sync would do, and does nothing.</summary>
    /// <param name="name"><c>mixpanel</c>.</param>
    /// <param name="request">Which cohort, which list, and how.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<CohortSyncPreview> PreviewCohortSyncAsync(string name, CohortSyncRequest request, CancellationToken cancellationToken = default)
    {
        OnlyMixpanel(name);
        ArgumentNullException.ThrowIfNull(request);
        return _transport.SendAsync(
            HttpMethod.Post, FormattableString.Invariant($"{PathOf(name)}/cohorts/{request.CohortId}/preview"),
            new CohortPreviewBody(request.TargetList, request.SyncMode), ClientJson.Default.CohortPreviewBody, ClientJson.Default.CohortSyncPreview,
            Repeating.Harmless, request.Wait, cancellationToken);
    }

    private static string PathOf(string name) => $"/connectors/{Uri.EscapeDataString(name)}";

    private static void OnlyMixpanel(string name)
    {
        if (name != Mixpanel)
        {
            throw new ArgumentException($"Only \"{Mixpanel}\" has this.", nameof(name));
        }
    }

    private Task<Connector> PostAsync(string path, CancellationToken cancellationToken) =>
        _transport.SendAsync<object, Connector>(HttpMethod.Post, path, null, null, ClientJson.Default.Connector, Repeating.Harmless, TimeSpan.Zero, cancellationToken);
}
