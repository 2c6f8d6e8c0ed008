using System.Buffers;
using System.Text;

namespace Sluice.Brevo;

/// <summary>Writes UTF-8 as it stands inside a JSON text, between its quotes.</summary>
internal static class JsonText
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(i =>
        (byte)i), (byte)'"', (byte)'\\']);

    /// <summary>Appends characters that need no escape. Half a surrogate pair becomes U+FFFD.</summary>
    public static void AppendPlain(PooledBuffer buffer, ReadOnlySpan<char> text)
    {
        // A piece at a time: the worst case of three bytes for a character would reserve far too much for a long text.
        while (!text.IsEmpty)
        {
            var length = Math.Min(text.Length, 4096);
            if (length < text.Length && char.IsHighSurrogate(text[length - 1]))
            {
                length++;
            }

            var piece = text[..length];
            buffer.Advance(Encoding.UTF8.GetBytes(piece, buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(length))));
            text = text[length..];
        }
    }

    /// <summary>Appends bytes, escaping what JSON demands.</summary>
    public static void Append(PooledBuffer buffer, ReadOnlySpan<byte> utf8)
    {
        while (true)
        {
            var next = utf8.IndexOfAny(Escaped);
            if (next < 0)
            {
                buffer.Write(utf8);
                return;
            }

            buffer.Write(utf8[..next]);
            AppendEscape(buffer, utf8[next]);
            utf8 = utf8[(next + 1)..];
        }
    }

    private static void AppendEscape(PooledBuffer buffer, byte value)
    {
        switch (value)
        {
            case (byte)'"':
                buffer.Write("\\\""u8);
                break;
            case (byte)'\\':
                buffer.Write("\\\\"u8);
                break;
            case (byte)'\n':
                buffer.Write("\\n"u8);
                break;
            case (byte)'\r':
                buffer.Write("\\r"u8);
                break;
            case (byte)'\t':
                buffer.Write("\\t"u8);
                break;
            default:
                buffer.Write("\\u00"u8);
                buffer.Write("0123456789abcdef"u8[value >> 4]);
                buffer.Write("0123456789abcdef"u8[value & 15]);
                break;
        }
    }
}
