namespace Sluice.Core.Projects;

/// <summary>What opens a project.</summary>
/// <param name="Secrets">One secret key, or two while one is being replaced by the other.</param>
public sealed record ProjectCredentials(string ProjectId, string AccessKey, IReadOnlyList<SecretHash> Secrets)
{
    /// <summary>The most secret keys that are live at once.</summary>
    public const int MaximumSecrets = 2;

    /// <summary>The Mixpanel service account of the project, which Mixpanel's clients know; null when there is none.</summary>
    public ServiceAccountLogin? ServiceAccount { get; init; }

    /// <summary>The Mixpanel project's secret, which older clients send as a user name; null when there is none.</summary>
    public SecretHash? ProjectSecret { get; init; }
}

public sealed record ServiceAccountLogin(string UserName, SecretHash Secret);
