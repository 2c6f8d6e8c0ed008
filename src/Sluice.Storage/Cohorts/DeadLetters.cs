using System.Security.Cryptography;
using System.Text;
using Sluice.Core.Cohorts;

namespace Sluice.Storage.Cohorts;

/// <summary>Keeps the members that were refused, with the reason, where a person finds them.</summary>
internal static class DeadLetters
{
    public static async Task OfPageAsync(Session session, CohortPage page, IReadOnlyList<RejectedMember> rejected, long now, CancellationToken cancellationToken)
    {
        if (rejected.Count == 0)
        {
            return;
        }

        // Each letter once, and in one order on every node: rows that two transactions both write must not cross.
        var letters = rejected.Select(r => (Id: Letter(page, r), Member: r)).DistinctBy(l => l.Id).OrderBy(l => l.Id, StringComparer.Ordinal).ToArray();
        var batch = new Batch()
            .Add("letter", ColumnType.Text, letters.Select(l => l.Id).ToArray())
            .Add("reason", ColumnType.Text, letters.Select(l => l.Member.Reason).ToArray())
            .Add("detail", ColumnType.Text, letters.Select(l => l.Member.Detail).ToArray())
            .Add("payload", ColumnType.Text, letters.Select(l => l.Member.Payload).ToArray());

        // A recurring sync sends the same bad member every half hour: it stays one letter.
        await session.ExecuteBatchAsync(
            """
            INSERT INTO dead_letter (project, letter, origin, reason, detail, person, subject, payload, state, created_at, updated_at)
            SELECT @project, b.letter, 'cohort', b.reason, b.detail, NULL, @subject, b.payload, 'open', @now, @now FROM {batch} WHERE true
            ON CONFLICT (project, letter) DO UPDATE SET updated_at = excluded.updated_at
            """,
            batch, cancellationToken, ("project", page.Project), ("subject", page.Cohort), ("now", now));
    }

    private static string Letter(CohortPage page, RejectedMember member)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{page.Cohort}\0{page.Action}\0{member.Reason}\0{member.Payload}"));
        return "c" + Convert.ToHexStringLower(hash.AsSpan(0, 12));
    }
}
