using Sluice.Configuration;
using Sluice.Core.Projects;

namespace Sluice.Hosting;

/// <summary>Brings the configured projects into the store, with the hashes of their keys; makes keys where none are given.</summary>
internal static class ProjectSetup
{
    /// <param name="announce">Is told keys that were made, once: they cannot be read again.</param>
    public static async Task<ProjectDirectory> RunAsync(
        IReadOnlyList<ProjectSettings> projects, IProjectStore store, byte[] masterKey, TimeProvider time, Action<string> announce,
        CancellationToken cancellationToken)
    {
        var hasher = new SecretHasher(masterKey);
        var running = new List<Project>();
        var credentials = new List<ProjectCredentials>();
        foreach (var project in projects)
        {
            var stored = await store.FindAsync(project.Id, cancellationToken);
            if (project.SecretKey is { } secret)
            {
                var access = project.AccessKey?.Reveal() ?? stored?.AccessKey ?? KeyPair.GenerateKey();
                stored = new StoredProject(project.Id, access, hasher.Hash(project.Id, secret.Reveal()).ToBytes());
                if (project.AccessKey is null)
                {
                    announce($"project {project.Id}: access key {access}");
                }

                await store.PutAsync(stored, cancellationToken);
            }
            else if (stored is null)
            {
                var made = KeyPair.Generate();
                var access = project.AccessKey?.Reveal() ?? made.AccessKey;
                stored = new StoredProject(project.Id, access, hasher.Hash(project.Id, made.SecretKey).ToBytes());
                await store.PutAsync(stored, cancellationToken);
                announce($"project {project.Id}: access key {access}, secret key {made.SecretKey} (shown this once; keep it)");
            }

            var mixpanel = project.Mixpanel;
            running.Add(new Project(project.Id, stored.AccessKey, mixpanel?.ProjectId, project.TimeZone)
            {
                Token = mixpanel?.ProjectToken,
                Identity = mixpanel?.Identity ?? default,
                IsForwarded = Forwarding.ScopeOf(project).Received,
                ImportWithToken = project.ImportWithToken,
            });
            credentials.Add(new ProjectCredentials(project.Id, stored.AccessKey, [SecretHash.Read(stored.SecretHash)])
            {
                ServiceAccount = mixpanel?.ServiceAccount is { } account
                    ? new ServiceAccountLogin(account.Username, hasher.Hash(project.Id, account.Secret.Reveal()))
                    : null,
                ProjectSecret = mixpanel?.ProjectSecret is { } projectSecret ? hasher.Hash(project.Id, projectSecret.Reveal()) : null,
            });
        }

        return new ProjectDirectory(running, credentials, hasher, time);
    }
}
