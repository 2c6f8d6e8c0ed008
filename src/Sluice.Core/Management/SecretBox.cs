using System.Security.Cryptography;
using System.Text;

namespace Sluice.Core.Management;

/// <summary>Encrypts secrets for the store, under a key that is derived from the master key.</summary>
/// <remarks>
/// AES-256-GCM with a random nonce. What a secret is for is part of what is authenticated: the secret of one project, copied into
/// the row of another, does not open.
/// </remarks>
public sealed class SecretBox
{
    private const byte Version = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeadBytes = 1 + NonceBytes + TagBytes;

    private readonly byte[] _key;

    public SecretBox(ReadOnlySpan<byte> masterKey) => _key = HMACSHA256.HashData(masterKey, "sluice stored secrets v1"u8);

    /// <param name="purpose">Whose secret it is and what for, for instance project and connector.</param>
    public byte[] Seal(string purpose, ReadOnlySpan<byte> secret)
    {
        var box = new byte[HeadBytes + secret.Length];
        box[0] = Version;
        var nonce = box.AsSpan(1, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(nonce, secret, box.AsSpan(HeadBytes), box.AsSpan(1 + NonceBytes, TagBytes), Encoding.UTF8.GetBytes(purpose));
        return box;
    }

    /// <exception cref="CryptographicException">It was sealed under another key or for another purpose, or was changed since.</exception>
    public byte[] Open(string purpose, ReadOnlySpan<byte> box)
    {
        if (box.Length < HeadBytes || box[0] != Version)
        {
            throw new CryptographicException("This is no sealed secret.");
        }

        var secret = new byte[box.Length - HeadBytes];
        using var aes = new AesGcm(_key, TagBytes);
        aes.Decrypt(box.Slice(1, NonceBytes), box[HeadBytes..], box.Slice(1 + NonceBytes, TagBytes), secret, Encoding.UTF8.GetBytes(purpose));
        return secret;
    }
}
