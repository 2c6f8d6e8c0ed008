namespace Sluice.Core.Management;

/// <summary>What the store keeps of a project's connector, beside what the config file says of it.</summary>
/// <param name="Sealed">The credentials, encrypted; null when none were connected here.</param>
/// <param name="Paused">A person has said that nothing is to go there for now.</param>
/// <param name="UpdatedAt">When it was last connected or paused; null when never.</param>
public sealed record StoredConnector(string Name, byte[]? Sealed, bool Paused, DateTimeOffset? UpdatedAt);

/// <summary>Keeps what was connected by the management API.</summary>
public interface IConnectors
{
    Task<IReadOnlyList<StoredConnector>> ListAsync(string project, CancellationToken cancellationToken);

    /// <summary>Writes a connector's credentials, in place of those that were there.</summary>
    /// <param name="account">Whose they are, by what never changes of the account; null where accounts are not told apart. It is remembered for good.</param>
    /// <returns>False, and nothing is written, when those before were another account's.</returns>
    Task<bool> ConnectAsync(string project, string name, byte[] content, string? account, CancellationToken cancellationToken);

    /// <summary>Forgets the credentials, and not whose they were.</summary>
    /// <param name="keepsPause">Whether a pause goes on: it does where the config file connects the same.</param>
    /// <returns>False when there were none.</returns>
    Task<bool> DisconnectAsync(string project, string name, bool keepsPause, CancellationToken cancellationToken);

    Task PauseAsync(string project, string name, bool paused, CancellationToken cancellationToken);

    /// <summary>Whose account each project has there, as far as that is known.</summary>
    Task<IReadOnlyDictionary<string, string>> AccountsAsync(string name, CancellationToken cancellationToken);

    /// <summary>Remembers for good whose account a key of the config file opens, unless another one is remembered already.</summary>
    /// <returns>The account that is remembered.</returns>
    Task<string> RememberAccountAsync(string project, string name, string account, CancellationToken cancellationToken);

    /// <summary>A number for every project that rises with each change of its connectors and keys: so every node notices what another one did.</summary>
    Task<IReadOnlyDictionary<string, long>> RevisionsAsync(CancellationToken cancellationToken);
}
