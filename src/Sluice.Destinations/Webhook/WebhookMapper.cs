using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Destinations.Webhook;

/// <summary>Makes of a logged event one of a message: what came, whose it is, and what of the person's profile goes along.</summary>
internal sealed class WebhookMapper(string project, IReadOnlyCollection<string> properties)
{
    // A document may be as deep as a record that was taken in.
    private const int MaxDepth = 512;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = MaxDepth };
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = MaxDepth };

    private readonly HashSet<string> _wanted = new(properties, StringComparer.Ordinal);

    public EventMapping Map(LoggedEvent logged, PersonState person)
    {
        var position = FormattableString.Invariant($"{logged.Position.Batch}/{logged.Position.Number}");
        var id = "evt_" + PersonKey.Of(project, position);
        var json = Write(id, logged, person);
        return json.Length > WebhookMessage.MaxBytes - WebhookMessage.FrameBytes
            ? EventMapping.Refused("too_large", "With what goes along the event is larger than a message may be, 1 MB.")
            : EventMapping.Of(new MappedEvent(json.Length + 1, new WebhookEvent(id, logged.Time, json)));
    }

    private byte[] Write(string id, LoggedEvent logged, PersonState person)
    {
        using var sent = JsonDocument.Parse(logged.Properties, Deep);
        var buffer = new ArrayBufferWriter<byte>(logged.Properties.Length + 256);
        using (var writer = new Utf8JsonWriter(buffer, Relaxed))
        {
            writer.WriteStartObject();
            writer.WriteString("id", id);
            writer.WriteString("event", logged.Name);
            writer.WriteString("time", WebhookMessage.TimeText(logged.Time));
            if (IdAsSent(sent.RootElement, logged.Person) is { } distinctId)
            {
                writer.WriteString("distinct_id", distinctId);
            }

            // The token names the project to whoever would send to it: it is nobody else's.
            WriteMembers(writer, "properties", sent.RootElement, name => name != "token");
            WritePerson(writer, person);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private void WritePerson(Utf8JsonWriter writer, PersonState person)
    {
        writer.WriteStartObject("person");
        if (person.DistinctId is { } known)
        {
            writer.WriteString("distinct_id", known);
        }

        using var profile = JsonDocument.Parse(person.Properties, Deep);
        WriteMembers(writer, "properties", profile.RootElement, _wanted.Contains);
        writer.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter writer, string name, JsonElement source, Func<string, bool> wanted)
    {
        writer.WriteStartObject(name);
        foreach (var member in source.EnumerateObject().Where(m => wanted(m.Name)))
        {
            writer.WritePropertyName(member.Name);
            writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(member.Value), skipInputValidation: true);
        }

        writer.WriteEndObject();
    }

    /// <summary>The log keeps the id's key: of the ids that the event names, the one that has it.</summary>
    private string? IdAsSent(JsonElement properties, PersonKey key)
    {
        foreach (var (name, prefix) in new[] { ("distinct_id", ""), ("$user_id", ""), ("$device_id", "$device:"), ("$identified_id", ""), ("$distinct_id", "") })
        {
            if (properties.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number
                && prefix + value.ToString() is var id && PersonKey.Of(project, id) == key)
            {
                return id;
            }
        }

        return null;
    }
}
