using System.Text.Json;

namespace Sluice.Mixpanel.Client;

/// <summary>A record of an export, read.</summary>
/// <param name="Event">Its name.</param>
/// <param name="DistinctId">Whose it is: the canonical id, which may lag behind a merge.</param>
/// <param name="Time">
/// When it happened, in seconds or milliseconds as was asked for. For projects made before 2023 it is shifted to the project's time zone, though it looks like an epoch.
/// </param>
/// <param name="InsertId">Its insert id.</param>
/// <param name="Properties">All of its properties; an object, which stays when the batch is gone.</param>
public sealed record ExportedEvent(string Event, string? DistinctId, long? Time, string? InsertId, JsonElement Properties)
{
    /// <summary>Reads a record.</summary>
    /// <param name="record">One of <see cref="ExportBatch.Records"/>.</param>
    /// <returns>The event.</returns>
    /// <exception cref="MixpanelException">It is none.</exception>
    public static ExportedEvent Read(ReadOnlySpan<byte> record)
    {
        try
        {
            var root = JsonElement.Parse(record, new JsonDocumentOptions { MaxDepth = 256 });
            var properties = root.Members("properties");
            return new ExportedEvent(
                root.Text("event") ?? throw MixpanelFailures.Unreadable(200, "a record has no event."),
                properties.Text("distinct_id"), properties.Long("time"), properties.Text("$insert_id"), properties);
        }
        catch (JsonException e)
        {
            throw MixpanelFailures.Unreadable(200, $"a record is no JSON at byte {e.BytePositionInLine}.");
        }
    }
}
