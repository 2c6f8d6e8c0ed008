using System.Security.Cryptography;
using System.Text;

namespace Sluice.Destinations.Webhook;

/// <summary>The key that a webhook's messages are signed with, in the form of the Standard Webhooks specification: <c>whsec_</c> and base64.</summary>
public sealed class WebhookSecret
{
    public const string Prefix = "whsec_";

    // The specification's bounds.
    private const int FewestBytes = 24;
    private const int MostBytes = 64;

    private readonly byte[] _key;

    private WebhookSecret(byte[] key) => _key = key;

    /// <exception cref="FormatException">It is none.</exception>
    public static WebhookSecret Parse(string text) => TryParse(text) ?? throw new FormatException("A webhook's secret is whsec_ and 24 to 64 bytes in base64.");

    /// <summary>Null when the text is none.</summary>
    public static WebhookSecret? TryParse(string text)
    {
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var key = new byte[text.Length];
        return Convert.TryFromBase64String(text[Prefix.Length..], key, out var length) && length is >= FewestBytes and <= MostBytes
            ? new WebhookSecret(key[..length])
            : null;
    }

    /// <summary>One signature, as it stands in the header.</summary>
    /// <param name="timestamp">Seconds since 1970.</param>
    public string Sign(string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{id}.{timestamp}.")));
        hmac.AppendData(body);
        return "v1," + Convert.ToBase64String(hmac.GetHashAndReset());
    }

    public override string ToString() => "***";
}
