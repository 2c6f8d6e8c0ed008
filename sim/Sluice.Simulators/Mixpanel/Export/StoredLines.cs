using System.Buffers;
using System.Text;
using System.Text.Json;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.Export;

/// <summary>The stored events of an export, in order of arrival, without the ones that came after it began.</summary>
internal static class StoredLines
{
    private const int Slice = 500;

    /// <summary>Lines in batches. The simulator's lock is held for one batch at a time.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(
        World world, ProjectState project, long fromMs, long toMs, ExportFilter filter, ExportForm form)
    {
        var count = project.Events.Count;
        return Batches();

        IEnumerable<ReadOnlyMemory<byte>> Batches()
        {
            var lines = new ArrayBufferWriter<byte>();
            for (var start = 0; start < count; start += Slice)
            {
                lines.ResetWrittenCount();
                lock (world.Gate)
                {
                    for (var i = start; i < Math.Min(count, start + Slice); i++)
                    {
                        if (project.Events.At(i) is { } stored && stored.TimeMs >= fromMs && stored.TimeMs < toMs && filter.Names(stored.Name)
                            && project.Identity.Canonical(stored.DistinctId) is var id && filter.Keeps(stored.Name, stored.TimeMs, id, stored.Properties))
                        {
                            Write(lines, stored, id, form);
                        }
                    }
                }

                if (lines.WrittenCount > 0)
                {
                    yield return lines.WrittenMemory;
                }
            }
        }
    }

    // The stored text is kept as it is, except for the two properties that an export gives in its own form.
    private static void Write(ArrayBufferWriter<byte> lines, StoredEvent stored, string canonicalId, ExportForm form)
    {
        lines.Write("{\"event\":"u8);
        lines.Write(Json(stored.Name));
        lines.Write(",\"properties\":"u8);
        var reader = new Utf8JsonReader(stored.Properties);
        var copied = 0;
        var depth = 0;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && depth == 1)
            {
                var isTime = reader.ValueTextEquals("time"u8);
                var isId = reader.ValueTextEquals("distinct_id"u8);
                if (isTime || isId)
                {
                    reader.Read();
                    lines.Write(stored.Properties.AsSpan(copied, (int)reader.TokenStartIndex - copied));
                    lines.Write(isTime ? Encoding.ASCII.GetBytes($"{form.Time(stored.TimeMs)}") : Json(canonicalId));
                    copied = (int)reader.BytesConsumed;
                }
            }
            else if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                depth++;
            }
            else if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                depth--;
            }
        }

        lines.Write(stored.Properties.AsSpan(copied, stored.Properties.Length - copied - 1));
        if (canonicalId != stored.DistinctId)
        {
            lines.Write(",\"$distinct_id_before_identity\":"u8);
            lines.Write(Json(stored.DistinctId));
            lines.Write(",\"$is_reshuffled\":true"u8);
        }

        lines.Write("}}\n"u8);
    }

    private static byte[] Json(string text) => JsonSerializer.SerializeToUtf8Bytes(text, MixpanelAnswer.Plain);
}
