namespace Sluice.Core.Management;

/// <summary>What the store keeps of a project's connector, beside what the config file says of it.</summary>
/// <param name="Sealed">The credentials, encrypted; null when none were connected here.</param>
/// <param name="Paused">A person has said that nothing is to go there for now.</param>
public sealed record StoredConnector(string Name, byte[]? Sealed, bool Paused, DateTimeOffset UpdatedAt);

/// <summary>Keeps what was connected by the management API.</summary>
public interface IConnectors
{
    Task<IReadOnlyList<StoredConnector>> ListAsync(string project, CancellationToken cancellationToken);

    /// <summary>Writes a connector's credentials, in place of those that were there.</summary>
    Task ConnectAsync(string project, string name, byte[] content, CancellationToken cancellationToken);

    /// <summary>Forgets the credentials, and that the connector was paused.</summary>
    /// <returns>False when there were none.</returns>
    Task<bool> DisconnectAsync(string project, string name, CancellationToken cancellationToken);

    Task PauseAsync(string project, string name, bool paused, CancellationToken cancellationToken);

    /// <summary>A number for every project that rises with each change of its connectors and keys: so every node notices what another one did.</summary>
    Task<IReadOnlyDictionary<string, long>> RevisionsAsync(CancellationToken cancellationToken);
}
