namespace Sluice.Core.Projects;

/// <summary>One tenant, as it runs.</summary>
/// <param name="RemoteProject">The configured Mixpanel project id; null when none is configured.</param>
public sealed record Project(string Id, string AccessKey, string? RemoteProject, TimeZoneInfo TimeZone);

/// <summary>Finds projects and checks who calls for them.</summary>
public interface IProjectDirectory
{
    Project? Find(string id);

    /// <summary>Checks an access key and a secret key in constant time.</summary>
    /// <param name="source">Where the call came from (an address), for slowing down after repeated failures.</param>
    /// <returns>The project that the credentials open; null when they open none. The answer to wrong credentials is delayed after repeated failures.</returns>
    ValueTask<Project?> AuthenticateAsync(string accessKey, string secretKey, string source, CancellationToken cancellationToken);
}
