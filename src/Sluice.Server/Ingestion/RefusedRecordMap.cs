using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Sluice.Core.Events;
using Sluice.Mixpanel.Ingestion;

namespace Sluice.Server.Ingestion;

/// <summary>Makes records that failed into dead letters.</summary>
public static class RefusedRecordMap
{
    public const int MaximumPayloadBytes = 8 * 1024;

    private const string Reason = "invalid_record";

    public static RefusedRecord Map(FailedRecord failed)
    {
        var detail = failed.Message.EndsWith('.') ? failed.Message : failed.Message + ".";
        var payload = failed.Payload.Span;
        if (payload.Length > MaximumPayloadBytes)
        {
            detail += string.Create(CultureInfo.InvariantCulture, $" Only the beginning of its {payload.Length} bytes is kept.");
        }

        if (!Utf8.IsValid(payload) || payload.Contains((byte)0))
        {
            detail += " The payload is kept as base64.";
            return new RefusedRecord(Reason, detail, Subject(failed), Convert.ToBase64String(payload[..Math.Min(payload.Length, MaximumPayloadBytes / 4 * 3)]));
        }

        return new RefusedRecord(Reason, detail, Subject(failed), Encoding.UTF8.GetString(Cut(payload)));
    }

    private static string? Subject(FailedRecord failed) => failed.Field.Length == 0 ? null : failed.Field;

    /// <summary>The beginning, up to the end of a character.</summary>
    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text)
    {
        if (text.Length <= MaximumPayloadBytes)
        {
            return text;
        }

        var end = MaximumPayloadBytes;
        while ((text[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return text[..end];
    }
}
