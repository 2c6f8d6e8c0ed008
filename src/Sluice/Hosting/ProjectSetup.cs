using Sluice.Configuration;
using Sluice.Core.Management;
using Sluice.Core.Projects;

namespace Sluice.Hosting;

/// <summary>Brings the configured projects into the store, with the hashes of their keys; makes keys where none are given.</summary>
internal static class ProjectSetup
{
    /// <param name="announce">Is told keys that were made, once: they cannot be read again.</param>
    public static async Task WriteAsync(
        IReadOnlyList<ProjectSettings> projects, IProjectStore store, SecretHasher hasher, Action<string> announce, CancellationToken cancellationToken)
    {
        foreach (var project in projects)
        {
            var stored = await store.FindAsync(project.Id, cancellationToken);
            if (project.SecretKey is { } secret)
            {
                var access = project.AccessKey?.Reveal() ?? stored?.AccessKey ?? KeyPair.GenerateKey();
                await store.PutAsync(new StoredProject(project.Id, access, hasher.Hash(project.Id, secret.Reveal()).ToBytes()), cancellationToken);
                if (project.AccessKey is null)
                {
                    announce($"project {project.Id}: access key {access}");
                }
            }
            else if (stored is null)
            {
                var made = KeyPair.Generate();
                var access = project.AccessKey?.Reveal() ?? made.AccessKey;
                await store.PutAsync(new StoredProject(project.Id, access, hasher.Hash(project.Id, made.SecretKey).ToBytes()), cancellationToken);
                announce($"project {project.Id}: access key {access}, secret key {made.SecretKey} (shown this once; keep it)");
            }
        }
    }

    /// <summary>The project as requests see it.</summary>
    public static Project Running(ProjectSettings project, StoredProject stored) => new(project.Id, stored.AccessKey, project.Mixpanel?.ProjectId, project.TimeZone)
    {
        Token = project.Mixpanel?.ProjectToken,
        Identity = project.Mixpanel?.Identity ?? default,
        IsForwarded = Forwarding.ScopeOf(project).Received,
        ImportWithToken = project.ImportWithToken,
    };

    /// <summary>What opens it.</summary>
    public static ProjectCredentials Credentials(ProjectSettings project, StoredProject stored, IReadOnlyList<ProjectKey> keys, SecretHasher hasher) =>
        new(project.Id, stored.AccessKey, [.. keys.Select(k => SecretHash.Read(k.SecretHash))])
        {
            ServiceAccount = project.Mixpanel?.ServiceAccount is { } account
                ? new ServiceAccountLogin(account.Username, hasher.Hash(project.Id, account.Secret.Reveal()))
                : null,
            ProjectSecret = project.Mixpanel?.ProjectSecret is { } secret ? hasher.Hash(project.Id, secret.Reveal()) : null,
        };
}
