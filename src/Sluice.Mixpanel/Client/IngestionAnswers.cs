using System.Text;
using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>Reads what the ingestion API answers. The pages and the clients of Mixpanel differ about names; all of them are read.</summary>
internal static class IngestionAnswers
{
    private const int LongestMessage = 300;

    /// <summary>Reads the answer of <c>/import</c> with 200, or with 400 where that is about records.</summary>
    /// <returns>Null when it says nothing about records.</returns>
    public static MixpanelRecordsResult? Import(int status, ReadOnlySpan<byte> body)
    {
        using var document = Parse(body);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Object } root)
        {
            return null;
        }

        var failed = Failed(root, out var sentences);
        if (sentences && Number(root, "num_records_imported") is null or 0)
        {
            return new MixpanelRecordsResult([]) { RefusedForIdentityEvents = true, Message = Message(body) };
        }

        return status == 200 || failed.Count > 0 ? new MixpanelRecordsResult(failed) { Message = Message(body) } : null;
    }

    /// <summary>Reads the answer of <c>/engage</c> and <c>/groups</c>, which is 200 for bad records as well.</summary>
    /// <returns>Null when it cannot be understood.</returns>
    public static MixpanelRecordsResult? Update(ReadOnlySpan<byte> body)
    {
        using var document = Parse(body);
        switch (document?.RootElement)
        {
            case { ValueKind: JsonValueKind.Number } digit when digit.TryGetInt32(out var value) && value is 0 or 1:
                return new MixpanelRecordsResult([]) { FailedWithoutNames = value == 0 };
            case { ValueKind: JsonValueKind.Object } root:
                var failed = Failed(root, out _);
                return new MixpanelRecordsResult(failed) { FailedWithoutNames = failed.Count == 0 && !IsSuccess(root), NoneTaken = Number(root, "num_good_events") is 0, Message = Message(body) };
            default:
                return null;
        }
    }

    /// <summary>The sentence of an answer that failed, or null.</summary>
    public static string? Message(ReadOnlySpan<byte> body)
    {
        using var document = Parse(body);
        return document?.RootElement is { ValueKind: JsonValueKind.Object } root && Text(root, "error") is { Length: > 0 } text ? Shortened(text) : null;
    }

    /// <summary>The text, as much of it as a log should hold.</summary>
    public static string Shortened(string? text) => text is null ? "" : text.Length <= LongestMessage ? text : text[..(char.IsHighSurrogate(text[LongestMessage - 1]) ? LongestMessage - 1 : LongestMessage)];

    private static bool IsSuccess(JsonElement root) => root.TryGetProperty("status", out var status) && status.ValueKind switch
    {
        JsonValueKind.Number => status.TryGetInt32(out var number) && number is 1,
        JsonValueKind.String => status.ValueEquals("OK"u8) || status.ValueEquals("ok"u8),
        _ => false,
    };

    /// <param name="sentences">True when the failed records are sentences, and not records.</param>
    private static List<MixpanelFailedRecord> Failed(JsonElement root, out bool sentences)
    {
        sentences = false;
        var failed = new List<MixpanelFailedRecord>();
        if (root.TryGetProperty("failed_records", out var records) && records.ValueKind == JsonValueKind.Array)
        {
            foreach (var record in records.EnumerateArray())
            {
                if (record.ValueKind == JsonValueKind.Object && Number(record, "index") is { } index and >= 0)
                {
                    failed.Add(new MixpanelFailedRecord((int)Math.Min(index, int.MaxValue), Shortened(Text(record, "field")), Shortened(Text(record, "message"))));
                }

                sentences |= record.ValueKind == JsonValueKind.String;
            }
        }

        // A record may have several faults; the first is reason enough.
        return [.. failed.DistinctBy(f => f.Index).OrderBy(f => f.Index)];
    }

    private static JsonDocument? Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonDocument.Parse(Encoding.UTF8.GetString(body).Trim('\uFEFF'));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static long? Number(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    private static string? Text(JsonElement of, string name)
    {
        try
        {
            return of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }
}
