using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using Sluice.Server.Tests.Fakes;

namespace Sluice.Server.Tests.Ingestion;

/// <summary>Bodies and requests as Mixpanel's clients send them.</summary>
internal static class Sent
{
    /// <summary>The test's clock as the clients write it.</summary>
    public const long Now = 1_793_610_000;

    public const string Json = "application/json";

    public static string Event(string name = "Order", string? id = "u-1", string? insertId = "i-1", long? time = Now, string? token = null, string more = "")
    {
        var properties = new List<string>();
        Add("token", token);
        Add("distinct_id", id);
        Add("$insert_id", insertId);
        if (time is not null)
        {
            properties.Add($"\"time\":{time}");
        }

        if (more.Length > 0)
        {
            properties.Add(more);
        }

        return $$$"""{"event":"{{{name}}}","properties":{{{{string.Join(',', properties)}}}}}""";

        void Add(string key, string? value)
        {
            if (value is not null)
            {
                properties.Add($"\"{key}\":\"{value}\"");
            }
        }
    }

    public static Task<Answer> SendAsync(
        this Gateway gateway, string path, string body, string type = Json, AuthenticationHeaderValue? authorization = null, string? encoding = null)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var content = new ByteArrayContent(encoding == "gzip" ? Gzip(bytes) : bytes);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        if (encoding is not null)
        {
            content.Headers.ContentEncoding.Add(encoding);
        }

        return gateway.SendAsync(HttpMethod.Post, path, content, authorization);
    }

    public static Task<Answer> FormAsync(this Gateway gateway, string path, AuthenticationHeaderValue? authorization, params (string Name, string Value)[] fields) =>
        gateway.SendAsync(HttpMethod.Post, path, new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))), authorization);

    public static Task<Answer> GetAsync(this Gateway gateway, string path) => gateway.SendAsync(HttpMethod.Get, path, content: null, authorization: null);

    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }
}
