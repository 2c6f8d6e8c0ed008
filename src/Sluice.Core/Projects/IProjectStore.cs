namespace Sluice.Core.Projects;

/// <summary>Keeps the projects and what is known of their keys.</summary>
public interface IProjectStore
{
    /// <summary>Writes the project, or its keys when it exists: the secret key takes the place of the one written before. Keys made by the management API stay live.</summary>
    Task PutAsync(StoredProject project, CancellationToken cancellationToken);

    Task<StoredProject?> FindAsync(string id, CancellationToken cancellationToken);
}

/// <param name="SecretHash">The secret key's hash under the master key; the key itself is not kept.</param>
public sealed record StoredProject(string Id, string AccessKey, byte[] SecretHash);

/// <summary>Small facts about the store itself, such as the master key's fingerprint.</summary>
public interface ISettingStore
{
    Task<string?> GetAsync(string name, CancellationToken cancellationToken);

    /// <summary>Writes the value unless there is one, and returns the one that stands.</summary>
    Task<string> PutIfMissingAsync(string name, string value, CancellationToken cancellationToken);

    Task PutAsync(string name, string value, CancellationToken cancellationToken);
}
