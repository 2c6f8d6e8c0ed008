using System.Net.Http.Headers;
using System.Text;

namespace Sluice.Mixpanel.Client;

/// <summary>What a call shows to be let in, always in its header and never in its address. It never prints what is secret.</summary>
/// <seealso href="https://developer.mixpanel.com/reference/authentication"/>
public sealed class MixpanelCredentials
{
    private readonly string _name;
    private readonly AuthenticationHeaderValue? _basic;

    private MixpanelCredentials(string name, AuthenticationHeaderValue? basic, IMixpanelTokenSource? tokens, string? projectId, bool opensLookupTables)
    {
        _name = name;
        _basic = basic;
        Tokens = tokens;
        ProjectId = projectId;
        OpensLookupTables = opensLookupTables;
    }

    /// <summary>The project that the call names; null where the key itself tells, and naming one would be refused.</summary>
    public string? ProjectId { get; }

    /// <summary>Whether lookup tables may be replaced with them: the project's token, which everybody may know, does not open those.</summary>
    public bool OpensLookupTables { get; }

    internal IMixpanelTokenSource? Tokens { get; }

    /// <summary>A service account, which needs the role of an owner or an admin to write.</summary>
    /// <param name="userName">Its name.</param>
    /// <param name="secret">Its secret.</param>
    /// <param name="projectId">The project that is meant, in digits.</param>
    public static MixpanelCredentials ServiceAccount(string userName, string secret, string projectId)
    {
        ArgumentException.ThrowIfNullOrEmpty(userName);
        ArgumentException.ThrowIfNullOrEmpty(secret);
        ArgumentException.ThrowIfNullOrEmpty(projectId);
        return new MixpanelCredentials("service account", Basic(userName, secret), null, projectId, opensLookupTables: true);
    }

    /// <summary>An OAuth token that stays as it is.</summary>
    /// <param name="token">The token.</param>
    /// <param name="projectId">The project that is meant, in digits; null for calls that name none, such as those about personal data.</param>
    public static MixpanelCredentials OAuth(string token, string? projectId)
    {
        ArgumentException.ThrowIfNullOrEmpty(token);
        return OAuth(new FixedToken(token), projectId);
    }

    /// <summary>An OAuth token that is renewed when it ends, for instance <see cref="OAuthTokens"/>.</summary>
    /// <param name="tokens">Gives the token.</param>
    /// <param name="projectId">The project that is meant, in digits; null for calls that name none, such as those about personal data.</param>
    public static MixpanelCredentials OAuth(IMixpanelTokenSource tokens, string? projectId)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        if (projectId is not null)
        {
            ArgumentException.ThrowIfNullOrEmpty(projectId);
        }

        return new MixpanelCredentials("OAuth token", null, tokens, projectId, opensLookupTables: false);
    }

    /// <summary>The project's secret, which Mixpanel calls deprecated.</summary>
    /// <param name="secret">The secret.</param>
    public static MixpanelCredentials ProjectSecret(string secret)
    {
        ArgumentException.ThrowIfNullOrEmpty(secret);
        return new MixpanelCredentials("project secret", Basic(secret, ""), null, projectId: null, opensLookupTables: true);
    }

    /// <summary>The project's token, which opens <c>/import</c> alone.</summary>
    /// <param name="token">The token.</param>
    public static MixpanelCredentials ProjectToken(string token)
    {
        ArgumentException.ThrowIfNullOrEmpty(token);
        return new MixpanelCredentials("project token", Basic(token, ""), null, projectId: null, opensLookupTables: false);
    }

    /// <summary>Names the kind.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => _name;

    internal async ValueTask<AuthenticationHeaderValue> HeaderAsync(CancellationToken cancellationToken) =>
        _basic ?? new AuthenticationHeaderValue("Bearer", await Tokens!.GetAsync(cancellationToken).ConfigureAwait(false));

    private static AuthenticationHeaderValue Basic(string userName, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{userName}:{password}")));
}
