using System.Security.Cryptography;
using System.Text;

namespace Sluice.Core.Projects;

/// <summary>Turns secret keys into what is kept of them: an HMAC-SHA-256 under a key that is derived from the master key.</summary>
/// <remarks>
/// A keyed hash and not a slow one, because a page of a cohort is authenticated on every call: whoever steals the store without the
/// master key cannot test guesses at all, and generated keys have 192 bits. The project is part of what is hashed, so that the hash
/// of one project copied to another opens nothing.
/// </remarks>
public sealed class SecretHasher
{
    /// <summary>The smallest master key that is taken.</summary>
    public const int MinimumMasterKeyBytes = 16;

    // The master key has other uses; each works under a key of its own.
    private static readonly byte[] Purpose = "sluice project secret keys v1"u8.ToArray();

    private readonly byte[] _key;

    public SecretHasher(ReadOnlySpan<byte> masterKey)
    {
        if (masterKey.Length < MinimumMasterKeyBytes)
        {
            throw new ArgumentException($"A master key has at least {MinimumMasterKeyBytes} bytes.", nameof(masterKey));
        }

        _key = HMACSHA256.HashData(masterKey, Purpose);
    }

    /// <summary>What is kept of a project's secret key.</summary>
    public SecretHash Hash(string projectId, string secretKey)
    {
        var size = Encoding.UTF8.GetMaxByteCount(projectId.Length + secretKey.Length) + 1;
        var buffer = size <= 1024 ? stackalloc byte[size] : new byte[size];
        var length = Encoding.UTF8.GetBytes(projectId, buffer);
        // A project id cannot hold a NUL, so no two (project, secret) pairs give the same bytes.
        buffer[length++] = 0;
        length += Encoding.UTF8.GetBytes(secretKey, buffer[length..]);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, buffer[..length], hash);
        CryptographicOperations.ZeroMemory(buffer);
        return SecretHash.Read(hash);
    }
}
