using System.Collections.Concurrent;
using Sluice.Configuration;
using Sluice.Core.Management;
using Sluice.Core.Projects;
using Sluice.Mixpanel.Client;

namespace Sluice.Hosting;

/// <summary>The OAuth tokens of projects: one source for each authorisation, so that its tokens are renewed once, whoever of this process needs them.</summary>
/// <param name="owner">Under which name this process takes its turn.</param>
internal sealed class MixpanelTokens(IAuthorisations authorisations, byte[] masterKey, string owner, HttpClient http, TimeProvider time) : IAsyncDisposable
{
    private readonly SecretHasher _hasher = new(masterKey);
    private readonly SecretBox _box = new(masterKey);
    private readonly ConcurrentDictionary<(string Project, OAuthSettings Settings, Uri Endpoint), Lazy<OAuthTokens>> _sources = new();

    // An authorisation can have two sources here: the client's secret or the endpoint has changed, or is tried.
    private readonly ConcurrentDictionary<string, StoredTokens> _turns = new(StringComparer.Ordinal);

    /// <summary>Where a project's tokens come from; null where it has no <c>oauth</c>.</summary>
    public IMixpanelTokenSource? Of(ProjectSettings project) =>
        project.Mixpanel is { OAuth: { } oauth } mixpanel
            ? _sources.GetOrAdd((project.Id, oauth, EndpointOf(mixpanel)), key => new Lazy<OAuthTokens>(() => Make(key.Project, key.Settings, key.Endpoint))).Value
            : null;

    /// <summary>Forgets what became of an authorisation that somebody has taken back.</summary>
    public async Task ForgetAsync(string project, OAuthSettings settings, CancellationToken cancellationToken)
    {
        foreach (var key in _sources.Keys.Where(k => k.Project == project && k.Settings.IsSameAuthorisation(settings)))
        {
            _sources.TryRemove(key, out _);
        }

        await authorisations.ForgetAsync(project, NameOf(project, settings), cancellationToken);
    }

    /// <summary>Forgets authorisations that a project has long ceased to use.</summary>
    public async Task ForgetOldAsync(ProjectSettings project, CancellationToken cancellationToken)
    {
        if (project.Mixpanel?.OAuth is { } oauth)
        {
            await authorisations.ForgetOldAsync(project.Id, NameOf(project.Id, oauth), cancellationToken);
        }
    }

    /// <summary>Waits for renewals that are under way: what they bring is kept before the store and the client may go.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources.Values)
        {
            await source.Value.DisposeAsync();
        }
    }

    private static Uri EndpointOf(MixpanelConnectorSettings mixpanel) => mixpanel.Endpoints.Token ?? OAuthOptions.EndpointOf(MixpanelAccess.HostsOf(mixpanel));

    private OAuthTokens Make(string project, OAuthSettings settings, Uri endpoint) => new(
        http,
        new OAuthOptions { ClientId = settings.ClientId, ClientSecret = settings.ClientSecret?.Reveal(), TokenEndpoint = endpoint, TimeProvider = time },
        new StoredTokens(authorisations, _box, project, NameOf(project, settings), settings.RefreshToken.Reveal(), owner, _turns));

    // Another refresh token is another authorisation. The same one, given again, is the one whose tokens have changed since.
    private string NameOf(string project, OAuthSettings settings) =>
        Convert.ToHexStringLower(_hasher.Hash(project, $"oauth\0{settings.ClientId}\0{settings.RefreshToken.Reveal()}").ToBytes().AsSpan(0, 16));
}
