using System.Buffers.Text;
using System.Text.Unicode;

namespace Sluice.Mixpanel.Cohorts;

/// <summary>What is kept of a rejected member: bounded, and valid UTF-8 whatever was received.</summary>
internal readonly record struct RejectedPayload(byte[] Text, bool IsBase64, bool IsCut)
{
    public static RejectedPayload From(ReadOnlySpan<byte> beginning, long receivedBytes, int maxBytes)
    {
        var text = beginning[..Math.Min(beginning.Length, maxBytes)];
        if (text.Length < receivedBytes)
        {
            text = text[..WholeCharacters(text)];
        }

        if (Utf8.IsValid(text))
        {
            return new RejectedPayload(text.ToArray(), IsBase64: false, text.Length < receivedBytes);
        }

        var bytes = beginning[..Math.Min(beginning.Length, maxBytes / 4 * 3)];
        var encoded = new byte[Base64.GetMaxEncodedToUtf8Length(bytes.Length)];
        Base64.EncodeToUtf8(bytes, encoded, out _, out _);
        return new RejectedPayload(encoded, IsBase64: true, bytes.Length < receivedBytes);
    }

    /// <summary>The length without a last character of which some bytes are missing.</summary>
    private static int WholeCharacters(ReadOnlySpan<byte> text)
    {
        for (var back = 1; back <= Math.Min(3, text.Length); back++)
        {
            var needed = text[^back] switch
            {
                >= 0xF0 => 4,
                >= 0xE0 => 3,
                >= 0xC0 => 2,
                < 0x80 => 1,
                _ => 0,
            };
            if (needed > 0)
            {
                return needed > back ? text.Length - back : text.Length;
            }
        }

        return text.Length;
    }
}
