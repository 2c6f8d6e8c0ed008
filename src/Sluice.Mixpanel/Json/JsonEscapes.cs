using System.Globalization;
using System.Text;

namespace Sluice.Mixpanel.Json;

/// <summary>
/// Brings the escapes of valid JSON into one form: text stands as UTF-8, and only a quote, a backslash and control
/// characters are escaped. After that two texts are equal exactly when their bytes are.
/// </summary>
internal static class JsonEscapes
{
    /// <summary>Rewrites in place, which only ever shortens.</summary>
    /// <param name="json">Valid JSON.</param>
    /// <param name="problem">
    /// What is wrong with the first escape that stands for no storable character. Such escapes stay as they are, so that the
    /// rest can still be read.
    /// </param>
    /// <returns>The new length.</returns>
    public static int Normalise(Span<byte> json, out EscapeProblem problem)
    {
        problem = EscapeProblem.None;
        var read = json.IndexOf((byte)'\\');
        if (read < 0)
        {
            return json.Length;
        }

        var write = read;
        while (read < json.Length)
        {
            if (json[read + 1] == 'u')
            {
                read += RewriteCode(json, read, ref write, ref problem);
            }
            else
            {
                if (json[read + 1] != '/')
                {
                    json[write++] = (byte)'\\';
                }

                json[write++] = json[read + 1];
                read += 2;
            }

            var run = json[read..].IndexOf((byte)'\\');
            run = run < 0 ? json.Length - read : run;
            json.Slice(read, run).CopyTo(json[write..]);
            read += run;
            write += run;
        }

        return write;
    }

    /// <summary>Decodes what stands between the quotes of a text in the one form.</summary>
    /// <param name="text">The bytes.</param>
    /// <param name="destination">At least as long as <paramref name="text"/>.</param>
    /// <param name="written">How many bytes the decoded text has.</param>
    /// <returns>Whether every escape stood for a storable character.</returns>
    public static bool TryUnescape(ReadOnlySpan<byte> text, Span<byte> destination, out int written)
    {
        written = 0;
        while (true)
        {
            var run = text.IndexOf((byte)'\\');
            if (run < 0)
            {
                text.CopyTo(destination[written..]);
                written += text.Length;
                return true;
            }

            text[..run].CopyTo(destination[written..]);
            written += run;
            var kind = (char)text[run + 1];
            if (kind == 'u')
            {
                var code = Code(text, run);
                if (code is 0 or > 0x7F)
                {
                    return false;
                }

                destination[written++] = (byte)code;
                text = text[(run + 6)..];
                continue;
            }

            destination[written++] = kind switch
            {
                'b' => (byte)'\b',
                'f' => (byte)'\f',
                'n' => (byte)'\n',
                'r' => (byte)'\r',
                't' => (byte)'\t',
                _ => (byte)kind,
            };
            text = text[(run + 2)..];
        }
    }

    /// <summary>How many bytes the text has when decoded.</summary>
    public static int UnescapedLength(ReadOnlySpan<byte> text)
    {
        var length = text.Length;
        for (var i = text.IndexOf((byte)'\\'); i >= 0;)
        {
            var taken = text[i + 1] == 'u' ? 6 : 2;
            length -= taken - 1;
            text = text[(i + taken)..];
            i = text.IndexOf((byte)'\\');
        }

        return length;
    }

    private static int RewriteCode(Span<byte> json, int read, ref int write, ref EscapeProblem problem)
    {
        var code = Code(json, read);
        if (code == 0)
        {
            problem = problem == EscapeProblem.None ? EscapeProblem.NulCharacter : problem;
            return KeepCode(json, read, ref write);
        }

        if (!char.IsSurrogate((char)code))
        {
            write += Put(new Rune(code), json[write..]);
            return 6;
        }

        var hasNext = read + 12 <= json.Length && json[read + 6] == '\\' && json[read + 7] == 'u';
        if (hasNext && Rune.TryCreate((char)code, (char)Code(json, read + 6), out var rune))
        {
            write += Put(rune, json[write..]);
            return 12;
        }

        problem = problem == EscapeProblem.None ? EscapeProblem.LoneSurrogate : problem;
        return KeepCode(json, read, ref write);
    }

    private static int KeepCode(Span<byte> json, int read, ref int write)
    {
        json.Slice(read, 6).CopyTo(json[write..]);
        write += 6;
        return 6;
    }

    private static int Code(ReadOnlySpan<byte> json, int backslash) =>
        int.Parse(json.Slice(backslash + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static int Put(Rune rune, Span<byte> destination)
    {
        var letter = rune.Value switch
        {
            '"' or '\\' => (byte)rune.Value,
            '\b' => (byte)'b',
            '\f' => (byte)'f',
            '\n' => (byte)'n',
            '\r' => (byte)'r',
            '\t' => (byte)'t',
            _ => (byte)0,
        };
        if (letter != 0)
        {
            destination[0] = (byte)'\\';
            destination[1] = letter;
            return 2;
        }

        if (rune.Value < ' ')
        {
            "\\u00"u8.CopyTo(destination);
            rune.Value.TryFormat(destination[4..6], out _, "x2", CultureInfo.InvariantCulture);
            return 6;
        }

        return rune.EncodeToUtf8(destination);
    }
}
