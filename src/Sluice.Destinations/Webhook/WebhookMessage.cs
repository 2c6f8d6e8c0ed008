using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Destinations.Webhook;

/// <summary>An event as it stands in a message.</summary>
/// <param name="Id">The same at every try.</param>
/// <param name="Time">Milliseconds since 1970.</param>
/// <param name="Json">The object in UTF-8.</param>
internal sealed record WebhookEvent(string Id, long Time, byte[] Json);

/// <summary>The body of one call and its name. Both depend on nothing but the events in it: the same events are the same message.</summary>
internal sealed record WebhookMessage(string Id, byte[] Body)
{
    /// <summary>The body is never larger.</summary>
    public const int MaxBytes = 1_000_000;

    /// <summary>What the frame around the events weighs at most.</summary>
    public const int FrameBytes = 512;

    private const string Type = "events";

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static WebhookMessage Of(string project, IReadOnlyList<WebhookEvent> events)
    {
        var buffer = new ArrayBufferWriter<byte>(events.Sum(e => e.Json.Length + 1) + FrameBytes);
        using (var writer = new Utf8JsonWriter(buffer, Relaxed))
        {
            writer.WriteStartObject();
            writer.WriteString("type", Type);
            writer.WriteString("timestamp", TimeText(events.Max(e => e.Time)));
            writer.WriteStartObject("data");
            writer.WriteString("project", project);
            writer.WriteStartArray("events");
            foreach (var e in events)
            {
                writer.WriteRawValue(e.Json, skipInputValidation: true);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', events.Select(e => e.Id))));
        return new WebhookMessage("msg_" + Convert.ToHexStringLower(hash.AsSpan(0, 16)), buffer.WrittenSpan.ToArray());
    }

    public static string TimeText(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
