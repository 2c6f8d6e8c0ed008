using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Sluice.Brevo;

/// <summary>Puts bodies into bytes.</summary>
internal static class RequestBodies
{
    // The bodies stand in no HTML, so that letters of every script travel as themselves and not as six bytes each.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static BrevoContent ToContent<T>(T body, JsonTypeInfo<T> type)
    {
        var buffer = new PooledBuffer(1024);
        Write(buffer, body, type);
        return new BrevoContent(buffer);
    }

    public static void Write<T>(PooledBuffer buffer, T body, JsonTypeInfo<T> type)
    {
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        JsonSerializer.Serialize(writer, body, type);
    }

    /// <summary>An address that Brevo is to call or to fetch, or null.</summary>
    /// <exception cref="ArgumentException">It is not absolute http or https.</exception>
    public static string? Address(Uri? address, string parameter) =>
        address is null ? null
        : address is { IsAbsoluteUri: true, Scheme: "http" or "https" } ? address.AbsoluteUri
        : throw new ArgumentException("The address must be absolute, http or https.", parameter);

    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static string Name(string name, string parameter) =>
        !string.IsNullOrWhiteSpace(name) ? name : throw new ArgumentException("The name is empty.", parameter);
}
