using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Mixpanel.Ingestion.Profiles;

namespace Sluice.Server.Ingestion;

/// <summary>
/// Makes of an update the operations that are passed on: one object an operation, which is the one form that Mixpanel documents, in the
/// order in which they are applied. The token is left out; whoever sends them knows today's.
/// </summary>
internal static class ForwardedOperations
{
    // Escapes would make several times as much of some names as the client sent.
    private static readonly JsonWriterOptions Plainly = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="now">When it arrived: that is when the person was seen, whenever it is passed on.</param>
    /// <param name="address">Where the request came from, when the client wants it to be looked up.</param>
    public static IEnumerable<ForwardedOperation> Of(ProfileUpdate update, long now, string? address) => Of(
        update.Index, update.DistinctId, update.Operations,
        writer =>
        {
            writer.WriteString("$distinct_id", update.DistinctId);
            writer.WriteString("$ip", update.Ip ?? address ?? "0");
            if (update.IgnoreTime)
            {
                writer.WriteBoolean("$ignore_time", true);
            }
            else
            {
                writer.WriteNumber("$time", (update.TimeMs ?? now) / 1_000);
            }

            if (update.IgnoreAlias)
            {
                writer.WriteBoolean("$ignore_alias", true);
            }

            if (update is { Latitude: { } latitude, Longitude: { } longitude })
            {
                writer.WriteNumber("$latitude", latitude);
                writer.WriteNumber("$longitude", longitude);
            }
        });

    public static IEnumerable<ForwardedOperation> Of(GroupUpdate update) => Of(
        update.Index, $"{update.GroupKey}\0{update.GroupId}", update.Operations,
        writer =>
        {
            writer.WriteString("$group_key", update.GroupKey);
            writer.WriteString("$group_id", update.GroupId);
        });

    private static IEnumerable<ForwardedOperation> Of(
        int index, string owner, IReadOnlyList<PropertyOperation> operations, Action<Utf8JsonWriter> envelope)
    {
        // An empty one only makes the profile exist.
        if (operations.Count == 0)
        {
            yield return new ForwardedOperation(index, owner, IsRepeatable: true, Write(PropertyOperationKind.Set, [], envelope));
        }

        foreach (var kind in operations.GroupBy(o => o.Kind))
        {
            // A union with nothing does nothing, and Mixpanel refuses it.
            PropertyOperation[] some = [.. kind.Where(o => o.Kind != PropertyOperationKind.Union || !o.Value.Span.SequenceEqual("[]"u8))];
            if (some.Length > 0)
            {
                var repeatable = kind.Key is not (PropertyOperationKind.Add or PropertyOperationKind.Append);
                yield return new ForwardedOperation(index, owner, repeatable, Write(kind.Key, some, envelope));
            }
        }
    }

    private static ReadOnlyMemory<byte> Write(PropertyOperationKind kind, IReadOnlyList<PropertyOperation> operations, Action<Utf8JsonWriter> envelope)
    {
        var json = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(json, Plainly))
        {
            writer.WriteStartObject();
            envelope(writer);
            writer.WritePropertyName(OperationText.Name(kind));
            OperationText.Write(writer, kind, operations);
            writer.WriteEndObject();
        }

        return json.WrittenMemory;
    }
}
