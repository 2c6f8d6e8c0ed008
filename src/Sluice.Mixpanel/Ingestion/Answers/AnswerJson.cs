using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Ingestion.Answers;

/// <summary>Writes the JSON that the answers have in common.</summary>
internal static class AnswerJson
{
    public const string ContentType = "application/json";

    // Clients read these as JSON; where an answer stands in a page, as a script, it is escaped the safe way.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions ForScripts = new() { Encoder = JavaScriptEncoder.Default };

    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> fields, bool forScript = false)
    {
        var body = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(body, forScript ? ForScripts : Plain))
        {
            writer.WriteStartObject();
            fields(writer);
            writer.WriteEndObject();
        }

        return body.WrittenMemory;
    }

    public static void WriteFailed(Utf8JsonWriter writer, IEnumerable<FailedRecord> failed, bool ofEvents)
    {
        writer.WriteStartArray("failed_records");
        foreach (var record in failed)
        {
            writer.WriteStartObject();
            writer.WriteNumber("index", record.Index);
            if (ofEvents)
            {
                // Clients disagree about the name of this field, so both are there.
                var insertId = WireText.MakeWellFormed(record.InsertId ?? "");
                writer.WriteString("insert_id", insertId);
                writer.WriteString("$insert_id", insertId);
            }

            writer.WriteString("field", WireText.MakeWellFormed(record.Field));
            writer.WriteString("message", WireText.MakeWellFormed(record.Message));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
