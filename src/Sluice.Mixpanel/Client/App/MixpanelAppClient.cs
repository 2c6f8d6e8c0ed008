using System.Globalization;
using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>A client of Mixpanel's app API: who am I, service accounts, schemas, annotations. Needs a service account or an OAuth token.</summary>
/// <remarks>
/// It never retries, except once after a 401 with a renewed OAuth token. Whatever goes wrong is a <see cref="MixpanelException"/>. Schemas have 5 calls a minute; for the rest
/// no limit is published. Instances hold no state of their own and may be used by several threads at once.
/// </remarks>
/// <seealso href="https://developer.mixpanel.com/reference/overview-1"/>
public sealed partial class MixpanelAppClient
{
    private readonly MixpanelTransport _transport;
    private readonly string _root;

    /// <summary>Makes a client of one project.</summary>
    /// <param name="http">
    /// Makes the requests, best on <see cref="MixpanelClientOptions.CreateHandler"/>; it must follow no redirects, and its own time-out must be switched off.
    /// Not disposed by this client.
    /// </param>
    /// <param name="options">Whose project, and where.</param>
    /// <param name="gate">Decides when each call may be made; null lets every call pass at once.</param>
    /// <exception cref="ArgumentException">An option cannot be one.</exception>
    public MixpanelAppClient(HttpClient http, MixpanelClientOptions options, IMixpanelGate? gate = null)
    {
        _transport = new MixpanelTransport(http, options, gate);
        _root = MixpanelHosts.Base(options.Hosts.App) + MixpanelHosts.AppPath;
    }

    /// <summary>Who the credentials belong to, and what they can see: the way to check them. Works for every service account and token.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The account.</returns>
    /// <exception cref="MixpanelException">See the remarks of the class.</exception>
    public async Task<MixpanelMe> MeAsync(CancellationToken cancellationToken = default)
    {
        var results = await ResultsAsync(HttpMethod.Get, "/me", "/me?include_workspace_users=false", null, cancellationToken).ConfigureAwait(false);
        return MixpanelMe.Read(results);
    }

    private static string Id(long id) => id.ToString(CultureInfo.InvariantCulture);

    /// <summary>The calls about one project name it in their path.</summary>
    private string Project(string path) => _transport.Options.Credentials.ProjectId is { } id
        ? $"/projects/{Uri.EscapeDataString(id)}{path}"
        : throw new InvalidOperationException("The credentials name no project, and this call needs one.");

    private async Task<JsonElement> ResultsAsync(HttpMethod method, string endpoint, string path, Action<Utf8JsonWriter>? body, CancellationToken cancellationToken)
    {
        var root = Json.Root(await SendAsync(method, endpoint, path, body, cancellationToken).ConfigureAwait(false));
        return root.Member("results") ?? throw MixpanelFailures.Unreadable(200, "it has no results.");
    }

    /// <summary>For calls whose success may have no body.</summary>
    private Task<MixpanelAnswer> SendAsync(HttpMethod method, string endpoint, string path, Action<Utf8JsonWriter>? body, CancellationToken cancellationToken)
    {
        var budget = endpoint == Schemas ? MixpanelBudget.Schemas : MixpanelBudget.App;
        var request = new MixpanelRequest(new MixpanelCall(endpoint, budget), method, _root + path, _transport.Options.Timeout)
        {
            Content = body is null ? null : () => JsonBody.Of(body), TakesGzip = true,
        };
        return _transport.ReadAsync(request, cancellationToken);
    }
}
