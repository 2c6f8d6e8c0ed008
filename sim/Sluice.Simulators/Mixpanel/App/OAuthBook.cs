using System.Globalization;
using Sluice.Simulators.Mixpanel.Query;

namespace Sluice.Simulators.Mixpanel.App;

/// <summary>Refresh tokens, which change with every use, and the access tokens that were given for them.</summary>
internal sealed class OAuthBook(IReadOnlyList<MixpanelOAuthClient> clients)
{
    private readonly Dictionary<string, MixpanelOAuthClient> _refresh = clients.ToDictionary(client => client.RefreshToken, StringComparer.Ordinal);
    private readonly Dictionary<string, (MixpanelOAuthClient Client, DateTimeOffset Expires)> _access = new(StringComparer.Ordinal);
    private int _given;

    /// <summary>Whether an access token opens a project now.</summary>
    public bool Opens(string accessToken, string projectId, DateTimeOffset now) =>
        Projects(accessToken, now).Contains(projectId);

    /// <summary>The projects that an access token opens now.</summary>
    public IReadOnlyList<string> Projects(string accessToken, DateTimeOffset now) =>
        _access.TryGetValue(accessToken, out var token) && token.Expires > now ? token.Client.ProjectIds : [];

    public bool Knows(string clientId, string? clientSecret) =>
        clients.Any(client => client.ClientId == clientId && client.ClientSecret == clientSecret);

    /// <summary>Exchanges a refresh token of this client for a pair of new tokens; null when it is not good any more.</summary>
    public (string Access, string Refresh)? Exchange(string clientId, string refreshToken, DateTimeOffset expires)
    {
        if (!_refresh.TryGetValue(refreshToken, out var client) || client.ClientId != clientId)
        {
            return null;
        }

        _refresh.Remove(refreshToken);
        var number = (++_given).ToString(CultureInfo.InvariantCulture);
        var pair = ($"access-{clientId}-{number}", $"refresh-{clientId}-{number}");
        _access.Add(pair.Item1, (client, expires));
        _refresh.Add(pair.Item2, client);
        return pair;
    }
}
