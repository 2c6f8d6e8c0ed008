using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Sluice.Mixpanel.Ingestion.Forms;

/// <summary>
/// The fields of a request that carries its records in <c>data</c>, as
/// <c>application/x-www-form-urlencoded</c> body, in the query string of a GET, or in both.
/// </summary>
public sealed class FormBody
{
    private const int MaxFields = 64;

    private static readonly SearchValues<byte> Space = SearchValues.Create(" \t\r\n"u8);

    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);

    private FormBody()
    {
    }

    /// <summary>The records: JSON text, whatever way it was packed. Empty when there are none, or when they cannot be unpacked.</summary>
    public ReadOnlyMemory<byte> Data { get; private set; }

    /// <summary>Whether the answer is to be JSON: <c>verbose</c> with anything but <c>0</c>.</summary>
    public bool IsVerbose => Has("verbose");

    /// <summary>Whether the answer is to be a picture: <c>img=1</c>.</summary>
    public bool IsImage => Has("img");

    /// <summary>Whether the address of the request stands for the client: <c>ip=1</c>.</summary>
    public bool UsesRequestIp => Has("ip");

    /// <summary>Whether each record is to be reported: <c>strict=1</c>.</summary>
    public bool IsStrict => Has("strict");

    /// <summary>The function that the answer is to call, or null. Its name is not checked here.</summary>
    public string? Callback => Field("callback");

    /// <summary>Any field but <c>data</c>; null when it was not sent. What the body says wins over the query string.</summary>
    public string? Field(string name) => _fields.GetValueOrDefault(name);

    /// <summary>Reads a query string and a body.</summary>
    /// <param name="query">The query string, with or without the question mark.</param>
    /// <param name="body">
    /// The body of a form; empty for a GET. A body that is JSON although it was announced as a form is taken as the records: some
    /// clients announce everything so.
    /// </param>
    /// <returns>The fields. Nothing that was sent makes this fail.</returns>
    public static FormBody Read(string? query, ReadOnlyMemory<byte> body)
    {
        var form = new FormBody();
        form.AddFields(Encoding.UTF8.GetBytes(query ?? "").AsSpan().TrimStart((byte)'?'));
        if (IsJson(body.Span))
        {
            form.Data = body;
        }
        else
        {
            form.AddFields(body.Span);
        }

        return form;
    }

    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        text = text.StartsWith("\uFEFF"u8) ? text[3..] : text;
        return text.IndexOfAnyExcept(Space) is var at and >= 0 && text[at] is (byte)'{' or (byte)'[';
    }

    private bool Has(string name) => _fields.TryGetValue(name, out var value) && value is not ("" or "0" or "false");

    private void AddFields(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'&');
            var field = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            var equals = field.IndexOf((byte)'=');
            var name = equals < 0 ? field : field[..equals];
            var value = equals < 0 ? default : field[(equals + 1)..];
            if (name.SequenceEqual("data"u8))
            {
                Data = TryUnpack(Unescape(value), out var data) ? data : default;
            }
            else if (!name.IsEmpty && _fields.Count < MaxFields)
            {
                _fields[Encoding.UTF8.GetString(Unescape(name))] = Encoding.UTF8.GetString(Unescape(value));
            }
        }
    }

    private static byte[] Unescape(ReadOnlySpan<byte> text)
    {
        var plain = new byte[text.Length];
        var written = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var value = text[i];
            if (value == '+')
            {
                value = (byte)' ';
            }
            else if (value == '%' && i + 2 < text.Length && Hex(text[i + 1]) is { } high && Hex(text[i + 2]) is { } low)
            {
                value = (byte)((high << 4) | low);
                i += 2;
            }

            plain[written++] = value;
        }

        return written == plain.Length ? plain : plain[..written];
    }

    private static int? Hex(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => null,
    };

    /// <summary>Takes JSON as it is, and anything else as base64: either alphabet, padded or not.</summary>
    private static bool TryUnpack(byte[] text, [NotNullWhen(true)] out byte[]? data)
    {
        data = text;
        if (IsJson(text) || text.Length == 0)
        {
            return true;
        }

        var length = 0;
        foreach (var letter in text)
        {
            switch ((char)letter)
            {
                case '=' or '\r' or '\n' or '\t':
                    break;
                case ' ' or '-':
                    // A plus that was not percent-encoded has become a space.
                    text[length++] = (byte)'+';
                    break;
                case '_':
                    text[length++] = (byte)'/';
                    break;
                default:
                    text[length++] = letter;
                    break;
            }
        }

        var padded = new byte[(length + 3) / 4 * 4];
        padded.AsSpan(length).Fill((byte)'=');
        text.AsSpan(0, length).CopyTo(padded);
        data = new byte[padded.Length / 4 * 3];
        var isBase64 = System.Buffers.Text.Base64.DecodeFromUtf8(padded, data, out _, out var written) == OperationStatus.Done;
        data = isBase64 ? data[..written] : null;
        return isBase64;
    }
}
