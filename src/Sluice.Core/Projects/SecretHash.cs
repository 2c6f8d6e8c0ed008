using System.Security.Cryptography;

namespace Sluice.Core.Projects;

/// <summary>What is kept of a secret key.</summary>
public sealed class SecretHash
{
    public const int SizeBytes = HMACSHA256.HashSizeInBytes;

    private readonly byte[] _bytes;

    private SecretHash(byte[] bytes) => _bytes = bytes;

    /// <exception cref="ArgumentException">Not <see cref="SizeBytes"/> bytes.</exception>
    public static SecretHash Read(ReadOnlySpan<byte> bytes) => bytes.Length == SizeBytes
        ? new SecretHash(bytes.ToArray())
        : throw new ArgumentException($"The hash of a secret key has {SizeBytes} bytes.", nameof(bytes));

    public byte[] ToBytes() => [.. _bytes];

    /// <summary>Compares in a time that does not depend on where the two differ.</summary>
    public bool Matches(SecretHash other) => CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    public override string ToString() => "***";
}
