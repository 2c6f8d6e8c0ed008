namespace Sluice.Core.Projects;

/// <summary>What opens a project.</summary>
/// <param name="Secrets">One secret key, or two while one is being replaced by the other.</param>
public sealed record ProjectCredentials(string ProjectId, string AccessKey, IReadOnlyList<SecretHash> Secrets)
{
    /// <summary>The most secret keys that are live at once.</summary>
    public const int MaximumSecrets = 2;
}
