using Sluice.Core.Identity;

namespace Sluice.Core.Projects;

/// <summary>One tenant, as it runs.</summary>
/// <param name="RemoteProject">The configured Mixpanel project id; null when none is configured.</param>
public sealed record Project(string Id, string AccessKey, string? RemoteProject, TimeZoneInfo TimeZone)
{
    /// <summary>The Mixpanel project's token: an identifier that everybody may know, with which SDKs send. Null when none is configured.</summary>
    public string? Token { get; init; }

    /// <summary>How the project's ids become people.</summary>
    public IdentityMode Identity { get; init; }

    /// <summary>Whether what is received is passed on to the Mixpanel project.</summary>
    public bool IsForwarded { get; init; }

    /// <summary>Whether the token alone opens <c>/import</c>, as it does at Mixpanel.</summary>
    public bool ImportWithToken { get; init; } = true;
}

/// <summary>Finds projects and checks who calls for them.</summary>
public interface IProjectDirectory
{
    Project? Find(string id);

    /// <summary>The project whose token it is. The token opens nothing by itself.</summary>
    Project? FindByToken(string token);

    /// <summary>Checks an access key and a secret key in constant time.</summary>
    /// <param name="source">Where the call came from (an address), for slowing down after repeated failures.</param>
    /// <returns>The project that the credentials open; null when they open none. The answer to wrong credentials is delayed after repeated failures.</returns>
    ValueTask<Project?> AuthenticateAsync(string accessKey, string secretKey, string source, CancellationToken cancellationToken);

    /// <summary>
    /// Checks whatever Mixpanel's clients may have, too: the user name and the secret of a service account, or a project secret as user
    /// name without a password.
    /// </summary>
    /// <param name="remoteProject">Mixpanel's project id, where the call names one: a service account may open several projects.</param>
    /// <inheritdoc cref="AuthenticateAsync"/>
    ValueTask<Project?> AuthenticateClientAsync(
        string userName, string password, string? remoteProject, string source, CancellationToken cancellationToken);
}
