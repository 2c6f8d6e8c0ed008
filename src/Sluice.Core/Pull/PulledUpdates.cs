using System.Buffers;
using System.Text;
using System.Text.Json;
using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Core.Pull;

/// <summary>Applies updates that were fetched, and keeps those that are refused as those that are sent.</summary>
internal sealed class PulledUpdates(PullIntakes intakes)
{
    private const string InvalidRecord = "invalid_record";
    private const int LongestPayload = 8 * 1024;

    /// <param name="unusable">What came with them and could not be made an update.</param>
    public async Task ApplyAsync(ProfileUpdates updates, IReadOnlyList<RefusedRecord> unusable, PullRun run, CancellationToken cancellationToken)
    {
        var refused = await run.PatientlyAsync(() => intakes.Profiles.ApplyAsync(updates, cancellationToken), cancellationToken);
        var byIndex = updates.Updates.ToDictionary(u => u.Index);

        // Nothing is kept of somebody who was erased.
        var kept = refused.Where(r => r.Reason != IntakeOutcome.Erased).Select(r => Record(byIndex[r.Index], r.Reason)).Concat(unusable).ToList();
        if (kept.Count > 0)
        {
            await run.PatientlyAsync(() => intakes.Refused.KeepAsync(updates.Project, PullIntakes.Way, kept, cancellationToken), cancellationToken);
        }

        run.Count("profiles", updates.Updates.Count - refused.Count);
        run.Count("refused", kept.Count);
        run.Count("erased", refused.Count(r => r.Reason == IntakeOutcome.Erased));
    }

    private static RefusedRecord Record(ProfileUpdate update, string reason)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("$distinct_id", update.DistinctId);
            json.WriteStartObject("$set");
            foreach (var operation in update.Operations)
            {
                json.WritePropertyName(operation.Name);
                json.WriteRawValue(operation.Value.Span);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        var payload = Encoding.UTF8.GetString(body.WrittenSpan);
        if (payload.Length <= LongestPayload)
        {
            return new RefusedRecord(InvalidRecord, reason, null, payload);
        }

        var end = char.IsHighSurrogate(payload[LongestPayload - 1]) ? LongestPayload - 1 : LongestPayload;
        return new RefusedRecord(InvalidRecord, $"{reason} Only the beginning of its {body.WrittenCount} bytes is kept.", null, payload[..end]);
    }
}
