using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>A body that cannot be taken apart into records.</summary>
internal sealed class PayloadException(bool tooLarge, string message) : Exception(message)
{
    public bool TooLarge => tooLarge;
}

/// <summary>The records of a body; null stands for a line that is no JSON.</summary>
internal sealed record Payload(IReadOnlyList<JsonElement?> Records, bool IsForm)
{
    // What the verbose answer says of a call without data.
    public const string Missing = "data, missing or empty";

    private const int DeepestJson = 512;

    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = DeepestJson };

    /// <summary>Unpacks a body as its headers say. Only <c>/import</c> insists on a documented content type.</summary>
    public static Payload Read(IngestionRequest request, MixpanelLimits limits, bool gzipAllowed, bool strictType)
    {
        if (request.Method == "GET")
        {
            return FromForm(request.Parameter("data"));
        }

        var body = Unpack(request, limits.MaxRequestBytes, gzipAllowed);
        request.Bytes = body.Length;
        switch (request.MediaType)
        {
            case "application/json":
                return FromJson(body, isForm: false);
            case "application/x-ndjson":
                return FromLines(body);
            case "application/x-www-form-urlencoded":
                break;
            default:
                if (strictType)
                {
                    throw new PayloadException(tooLarge: false, "content type must be application/json or application/x-ndjson");
                }

                // A beacon of the browser sends a form as text/plain.
                if (body.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'[' or (byte)'{', ..])
                {
                    return FromJson(body, isForm: false);
                }

                break;
        }

        request.Form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body));
        return FromForm(request.Parameter("data"));
    }

    /// <summary>The body without its compression.</summary>
    public static byte[] Unpack(IngestionRequest request, int maxBytes, bool gzipAllowed)
    {
        switch (request.ContentEncoding)
        {
            case "" or "identity":
                return request.Body.Length <= maxBytes ? request.Body : throw TooBig(maxBytes);
            case "gzip" when gzipAllowed:
                return Gunzip(request.Body, maxBytes);
            default:
                throw new PayloadException(tooLarge: false, $"content encoding {request.ContentEncoding} is not supported");
        }
    }

    private static byte[] Gunzip(byte[] body, int maxBytes)
    {
        using var packed = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        var piece = new byte[64 * 1024];
        try
        {
            while (packed.Read(piece) is var count and > 0)
            {
                unpacked.Write(piece, 0, count);
                if (unpacked.Length > maxBytes)
                {
                    throw TooBig(maxBytes);
                }
            }
        }
        catch (InvalidDataException)
        {
            throw new PayloadException(tooLarge: false, "body is not valid gzip");
        }

        return unpacked.ToArray();
    }

    private static PayloadException TooBig(int maxBytes) => new(tooLarge: true, $"request exceeds max limit of {maxBytes} bytes");

    private static Payload FromJson(ReadOnlySpan<byte> json, bool isForm)
    {
        JsonElement root;
        try
        {
            root = JsonElement.Parse(json, Reading);
        }
        catch (JsonException)
        {
            throw new PayloadException(tooLarge: false, json.IsEmpty ? Missing : "request body is not valid JSON");
        }

        return root.ValueKind switch
        {
            JsonValueKind.Array when root.GetArrayLength() > 0 => new Payload([.. root.EnumerateArray().Cast<JsonElement?>()], isForm),
            JsonValueKind.Object => new Payload([root], isForm),
            _ => throw new PayloadException(tooLarge: false, Missing),
        };
    }

    private static Payload FromLines(ReadOnlySpan<byte> body)
    {
        List<JsonElement?> records = [];
        foreach (var range in body.Split((byte)'\n'))
        {
            var line = body[range].Trim(" \t\r"u8);
            if (line.IsEmpty)
            {
                continue;
            }

            try
            {
                records.Add(JsonElement.Parse(line, Reading));
            }
            catch (JsonException)
            {
                records.Add(null);
            }
        }

        return records.Count > 0 ? new Payload(records, IsForm: false) : throw new PayloadException(tooLarge: false, Missing);
    }

    private static Payload FromForm(string? data)
    {
        if (string.IsNullOrWhiteSpace(data))
        {
            throw new PayloadException(tooLarge: false, Missing);
        }

        if (data.AsSpan().TrimStart() is ['{' or '[', ..])
        {
            return FromJson(Encoding.UTF8.GetBytes(data), isForm: true);
        }

        // Clients that leave the alphabet's plus sign unescaped have it arrive as a blank.
        var bytes = new byte[data.Length];
        return Convert.TryFromBase64String(data.Replace(' ', '+'), bytes, out var count)
            ? FromJson(bytes.AsSpan(0, count), isForm: true)
            : throw new PayloadException(tooLarge: false, "data is neither JSON nor base64");
    }
}
