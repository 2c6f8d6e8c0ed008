using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Brevo;

namespace Sluice.Destinations.Brevo.Events;

/// <summary>Makes of an event's properties those that Brevo takes.</summary>
internal static class EventProperties
{
    /// <summary>The property by which an event is found again.</summary>
    public const string InsertId = "insert_id";

    private const string OriginalInsertId = "$insert_id";
    private const int ShortestCut = 16;

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Who and when is told elsewhere in the call; the rest of these are Mixpanel's own bookkeeping.
    private static readonly HashSet<string> LeftOut = new(
        [
            "token", "ip", "$ip", "time", "$time", "distinct_id", "$distinct_id", "$device_id", "$user_id", "$event_name", OriginalInsertId, "bucket", "$bucket",
            "$ignore", "$identified_id", "$anon_id", "alias", "$distinct_ids", "$distinct_id_before_identity", "$is_reshuffled",
            "$preshuffle_distinct_id", "$failure_reason", "$failure_description", "$identity_failure_reason", "mp_original_distinct_id",
            "mp_original_event_name", "$origin_start", "$origin_end", "mp_lib", "$lib_version", "$import", "$mp_api_endpoint",
            "$mp_api_timestamp_ms", "mp_processing_time_ms", "$mp_event_size",
        ],
        StringComparer.Ordinal);

    /// <summary>
    /// Writes the properties under names that Brevo takes, without nulls; where they are too large, the longest texts are shortened to
    /// one length, as little as needed.
    /// </summary>
    /// <param name="insertId">For an event that brought no insert id.</param>
    /// <returns>The insert id that is among them, and the properties; null when they stay too large.</returns>
    public static (string InsertId, byte[]? Json) Convert(ReadOnlyMemory<byte> properties, string insertId, int maxBytes)
    {
        using var document = JsonDocument.Parse(properties);
        var root = document.RootElement;
        if (root.TryGetProperty(OriginalInsertId, out var own) && own.ValueKind == JsonValueKind.String && own.GetString() is { Length: > 0 } given)
        {
            insertId = given;
        }

        var whole = Write(root, insertId, int.MaxValue);
        if (whole.Length <= maxBytes)
        {
            return (insertId, whole);
        }

        var shortest = Write(root, insertId, ShortestCut);
        if (shortest.Length > maxBytes)
        {
            return (insertId, null);
        }

        var (fits, tooLong, best) = (ShortestCut, maxBytes, shortest);
        while (tooLong - fits > 1)
        {
            var middle = (fits + tooLong) / 2;
            var json = Write(root, insertId, middle);
            (fits, tooLong, best) = json.Length <= maxBytes ? (middle, tooLong, json) : (fits, middle, best);
        }

        return (insertId, best);
    }

    private static byte[] Write(JsonElement root, string insertId, int longestText)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString(InsertId, insertId);
            WriteMembers(writer, root, isRoot: true, longestText);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteMembers(Utf8JsonWriter writer, JsonElement source, bool isRoot, int longestText)
    {
        // A name that needs no change keeps it; one that becomes equal to another gets a number.
        var members = source.EnumerateObject().Where(p => p.Value.ValueKind != JsonValueKind.Null && !(isRoot && IsLeftOut(p.Name))).ToList();
        var taken = members.Where(m => BrevoEvent.IsName(m.Name)).Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var reserved = isRoot && !taken.Add(InsertId);
        foreach (var member in members)
        {
            var name = member.Name;
            if (!BrevoEvent.IsName(name) || (reserved && name == InsertId))
            {
                var converted = EventNameText.Convert(name);
                name = converted;
                for (var i = 2; !taken.Add(name); i++)
                {
                    var suffix = FormattableString.Invariant($"_{i}");
                    name = converted[..Math.Min(converted.Length, BrevoEvent.MaxNameLength - suffix.Length)] + suffix;
                }
            }

            writer.WritePropertyName(name);
            WriteValue(writer, member.Value, longestText);
        }
    }

    private static void WriteValue(Utf8JsonWriter writer, JsonElement value, int longestText)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                WriteMembers(writer, value, isRoot: false, longestText);
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray().Where(i => i.ValueKind != JsonValueKind.Null))
                {
                    WriteValue(writer, item, longestText);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String when JsonMarshal.GetRawUtf8Value(value).Length > longestText && value.GetString() is { } text && text.Length > longestText:
                writer.WriteStringValue(Cut(text, longestText));
                break;
            default:
                writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
                break;
        }
    }

    private static bool IsLeftOut(string name) => LeftOut.Contains(name) || name.StartsWith("$warehouse_", StringComparison.Ordinal);

    private static string Cut(string text, int length) => text[..(char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1)] + "…";
}
