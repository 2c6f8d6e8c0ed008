using System.Security.Cryptography;
using System.Text;
using Sluice.Core.Cohorts;
using Sluice.Core.Erasure;
using Sluice.Core.Events;

namespace Sluice.Storage.Events;

/// <summary>Keeps refused records with the reason, where a person finds them.</summary>
internal sealed class RefusedRecords(Database database) : IRefusedRecords
{
    // A client that sends the same bad record again and again has one letter.
    private const string Insert = """
        INSERT INTO dead_letter (project, letter, origin, reason, detail, person, subject, payload, state, created_at, updated_at)
        SELECT @project, b.letter, @origin, b.reason, b.detail, NULL, b.subject, b.payload, 'open', @now, @now FROM {batch} WHERE true
        ON CONFLICT (project, letter) DO UPDATE SET updated_at = excluded.updated_at
        """;

    public async Task KeepAsync(string project, string origin, IReadOnlyList<RefusedRecord> records, CancellationToken cancellationToken)
    {
        if (records.Count == 0)
        {
            return;
        }

        // Each is read for whom it mentions: before the transaction, and within it only when somebody was erased meanwhile.
        var known = database.Tombstones.Known(project);
        var kept = Screen(known, project, records);
        try
        {
            await database.WriteAsync(
                async (session, token) =>
                {
                    var (now, tombstones) = await session.Tombstones.NowAsync(session, project, token);
                    var batch = Letters(origin, tombstones.Stamp == known.Stamp ? kept : Screen(tombstones, project, records));
                    await session.ExecuteBatchAsync(Insert, batch, token, ("project", project), ("origin", origin), ("now", now));
                },
                cancellationToken);
        }
        catch (StoreBusyException e)
        {
            throw new IntakeBusyException(e.Message, e);
        }
    }

    private static IReadOnlyList<RefusedRecord> Screen(TombstoneSet tombstones, string project, IReadOnlyList<RefusedRecord> records) =>
        tombstones.IsEmpty ? records : [.. records.Where(r => !ErasedText.Mentions(tombstones, project, r.Payload))];

    private static Batch Letters(string origin, IReadOnlyList<RefusedRecord> records)
    {
        // Each letter once, and in one order on every node: rows that two transactions both write must not cross.
        var letters = records.Select(r => (Id: Letter(origin, r), Record: r)).DistinctBy(l => l.Id).OrderBy(l => l.Id, StringComparer.Ordinal).ToArray();
        return new Batch()
            .Add("letter", ColumnType.Text, letters.Select(l => l.Id).ToArray())
            .Add("reason", ColumnType.Text, letters.Select(l => l.Record.Reason).ToArray())
            .Add("detail", ColumnType.Text, letters.Select(l => l.Record.Detail).ToArray())
            .Add("subject", ColumnType.Text, letters.Select(l => l.Record.Subject).ToArray())
            .Add("payload", ColumnType.Text, letters.Select(l => l.Record.Payload).ToArray());
    }

    private static string Letter(string origin, RefusedRecord record)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{origin}\0{record.Reason}\0{record.Payload}"));
        return "i" + Convert.ToHexStringLower(hash.AsSpan(0, 12));
    }
}
