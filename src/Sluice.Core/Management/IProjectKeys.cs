using System.Security.Cryptography;

namespace Sluice.Core.Management;

/// <summary>A live secret key of a project, as far as it is kept.</summary>
/// <param name="SecretHash">The key's hash under the master key; the key itself is not kept.</param>
/// <param name="IsOwn">Made by the management API; false for the one of the config file, or the one made at the first start.</param>
public sealed record ProjectKey(byte[] SecretHash, bool IsOwn, DateTimeOffset CreatedAt)
{
    /// <summary>Names the key and tells nothing of it.</summary>
    public string Id => IdOf(SecretHash);

    /// <summary>The id of the key with this hash.</summary>
    public static string IdOf(ReadOnlySpan<byte> secretHash) => "key_" + Convert.ToHexStringLower(SHA256.HashData(secretHash).AsSpan(0, 8));
}

/// <summary>What became of a wish to end a key.</summary>
public enum KeyRevocation
{
    Revoked,

    /// <summary>No live key of the project has this id.</summary>
    Unknown,

    /// <summary>It is the last one: without it nobody could make another.</summary>
    Last,
}

/// <summary>The secret keys that open a project: one, or two while one replaces the other.</summary>
public interface IProjectKeys
{
    /// <summary>The live keys, oldest first.</summary>
    Task<IReadOnlyList<ProjectKey>> ListAsync(string project, CancellationToken cancellationToken);

    /// <summary>Adds a key. It opens the project on every node within seconds.</summary>
    /// <returns>Null when two are live already.</returns>
    Task<ProjectKey?> AddAsync(string project, byte[] secretHash, CancellationToken cancellationToken);

    /// <summary>Ends a key.</summary>
    Task<KeyRevocation> RevokeAsync(string project, string id, CancellationToken cancellationToken);
}
