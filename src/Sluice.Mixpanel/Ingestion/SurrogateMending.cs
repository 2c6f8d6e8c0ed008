using System.Text;
using System.Text.Unicode;

namespace Sluice.Mixpanel.Ingestion;

/// <summary>
/// The browser SDK of Mixpanel turns text into bytes by itself before base64: each half of a surrogate pair becomes three bytes
/// of its own (CESU-8). Every emoji comes that way.
/// </summary>
internal static class SurrogateMending
{
    private const int HalfBytes = 3;

    /// <summary>Makes each such pair one character of UTF-8. What is wrong in another way stays as it is.</summary>
    /// <returns>The same memory when there is nothing to mend.</returns>
    public static ReadOnlyMemory<byte> Mend(ReadOnlyMemory<byte> body)
    {
        if (Utf8.IsValid(body.Span))
        {
            return body;
        }

        var mended = new byte[body.Length];
        var written = 0;
        var rest = body.Span;
        while (!rest.IsEmpty)
        {
            var run = rest.IndexOf((byte)0xED);
            run = run < 0 ? rest.Length : run;
            rest[..run].CopyTo(mended.AsSpan(written));
            written += run;
            rest = rest[run..];
            if (Half(rest, 0xA0) is { } high && Half(rest[HalfBytes..], 0xB0) is { } low)
            {
                written += new Rune((char)(0xD800 + high), (char)(0xDC00 + low)).EncodeToUtf8(mended.AsSpan(written));
                rest = rest[(2 * HalfBytes)..];
            }
            else if (!rest.IsEmpty)
            {
                mended[written++] = rest[0];
                rest = rest[1..];
            }
        }

        return mended.AsMemory(0, written);
    }

    /// <summary>The ten bits of a half, the second byte of which lies in the 16 values from <paramref name="second"/> on.</summary>
    private static int? Half(ReadOnlySpan<byte> text, int second)
    {
        if (text.Length < HalfBytes || text[0] != 0xED || (text[1] & 0xF0) != second || (text[2] & 0xC0) != 0x80)
        {
            return null;
        }

        return ((text[1] & 0x0F) << 6) | (text[2] & 0x3F);
    }
}
