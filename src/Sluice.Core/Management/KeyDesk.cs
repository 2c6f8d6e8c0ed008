using Sluice.Core.Projects;

namespace Sluice.Core.Management;

/// <summary>A pair of keys that was just made. The secret is nowhere else.</summary>
public sealed record MadeKey(ProjectKey Key, KeyPair Pair);

/// <summary>Makes and ends the keys of projects.</summary>
/// <param name="declared">The secret keys of the config file, as hashes, by project: the file ends them, nothing else.</param>
/// <param name="changed">Called when keys have changed, so that this node follows at once.</param>
/// <param name="report">Is told when it did not follow: the change stands all the same, and the node's next look finds it.</param>
public sealed class KeyDesk(
    IProjectKeys keys, IProjectDirectory projects, SecretHasher hasher, Func<string, SecretHash?> declared, Func<CancellationToken, Task> changed, Action<Exception> report)
{
    public Task<IReadOnlyList<ProjectKey>> ListAsync(string project, CancellationToken cancellationToken) => keys.ListAsync(project, cancellationToken);

    /// <summary>Whether the config file sets this key.</summary>
    public bool IsDeclared(string project, string id) => declared(project) is { } hash && ProjectKey.IdOf(hash.ToBytes()) == id;

    /// <summary>Makes a second key, beside the one that is live.</summary>
    /// <returns>Null when two are live already.</returns>
    public async Task<MadeKey?> MakeAsync(string project, CancellationToken cancellationToken)
    {
        var pair = new KeyPair(projects.Find(project)!.AccessKey, KeyPair.GenerateKey());
        if (await keys.AddAsync(project, hasher.Hash(project, pair.SecretKey).ToBytes(), cancellationToken) is not { } key)
        {
            return null;
        }

        await FollowAsync();
        return new MadeKey(key, pair);
    }

    public async Task<KeyRevocation> RevokeAsync(string project, string id, CancellationToken cancellationToken)
    {
        var outcome = await keys.RevokeAsync(project, id, cancellationToken);
        await FollowAsync();
        return outcome;
    }

    // The secret of a new key is told once: nothing that happens after the commit may take that answer away.
    private async Task FollowAsync()
    {
        try
        {
            await changed(CancellationToken.None);
        }
        catch (Exception e)
        {
            report(e);
        }
    }
}
