using System.Buffers.Text;
using System.Security.Cryptography;

namespace Sluice.Core.Projects;

/// <summary>A project's access key and secret key, as they are shown once to whoever sets them up.</summary>
public sealed record KeyPair(string AccessKey, string SecretKey)
{
    /// <summary>Characters of a generated key.</summary>
    public const int KeyLength = 32;

    private const int KeyBytes = 24;

    /// <summary>Makes a pair of keys from the system's secure random numbers: 192 bits each, in characters that need no escaping in a URL.</summary>
    public static KeyPair Generate() => new(GenerateKey(), GenerateKey());

    /// <summary>Makes one key, for instance a second secret key while the first is being replaced.</summary>
    public static string GenerateKey()
    {
        Span<byte> random = stackalloc byte[KeyBytes];
        RandomNumberGenerator.Fill(random);
        return Base64Url.EncodeToString(random);
    }

    /// <summary>Never the secret.</summary>
    public override string ToString() => $"KeyPair {{ AccessKey = {AccessKey}, SecretKey = *** }}";
}
