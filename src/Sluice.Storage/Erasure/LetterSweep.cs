using Sluice.Core.Delivery;
using Sluice.Core.Erasure;
using Sluice.Core.People;

namespace Sluice.Storage.Erasure;

/// <summary>Deletes dead letters that are about erased people, or hold records that name them. What is refused has no shape, so each is read.</summary>
internal sealed class LetterSweep(Database database, Lease lease, ErasureJob job)
{
    // A payload can weigh a megabyte.
    private const int LookAtOnce = 100;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var key = ErasureWork.Key(job);
        var (tombstones, after) = await database.ReadAsync(
            async (session, token) => (
                await session.Tombstones.ReadAsync(session, job.Project, token),
                await session.ScalarAsync<string>($"SELECT cursor FROM erasure WHERE {Erasures.Key}", token, key) ?? ""),
            cancellationToken);
        while (true)
        {
            var letters = await database.ReadAsync((session, token) => LookAsync(session, after, token), cancellationToken);
            var found = letters.Where(l => IsErased(tombstones, l)).Select(l => l.Id).ToArray();
            var isEnd = letters.Count < LookAtOnce;
            after = letters.Count == 0 ? after : letters[^1].Id;
            var place = after;
            await ErasureWork.WriteAsync(database, lease, (session, token) => DeleteAsync(session, found, place, isEnd, token), cancellationToken);
            if (isEnd)
            {
                return;
            }
        }
    }

    private bool IsErased(TombstoneSet tombstones, Letter letter) =>
        (letter.Person is { } person && tombstones.Has(TombstoneKind.Id, person))
        || tombstones.HasText(job.Project, letter.Subject)
        || ErasedText.Mentions(tombstones, job.Project, letter.Payload)
        || ErasedText.Mentions(tombstones, job.Project, letter.Detail);

    private Task<List<Letter>> LookAsync(Session session, string after, CancellationToken cancellationToken) =>
        session.QueryAsync(
            $"""
            SELECT letter, person, subject, detail, payload FROM dead_letter WHERE project = @project AND letter > @after ORDER BY letter LIMIT {LookAtOnce}
            """,
            r => new Letter(r.GetString(0), r.IsDBNull(1) ? null : r.Key(1), r.TextOrNull(2), r.GetString(3), r.GetString(4)), cancellationToken,
            ("project", job.Project), ("after", after));

    private async Task DeleteAsync(Session session, string[] letters, string place, bool isEnd, CancellationToken cancellationToken)
    {
        var deleted = await session.ExecuteBatchAsync(
            "DELETE FROM dead_letter WHERE (project, letter) IN (SELECT {project}, b.letter FROM {batch})",
            new Batch().Add("letter", ColumnType.Text, letters), cancellationToken, ("project", job.Project));
        await ErasureWork.CountAsync(session, job, [("dead_letters", deleted)], cancellationToken);
        if (isEnd)
        {
            await ErasureWork.MoveAsync(session, job, job.Stage + 1, cancellationToken);
        }
        else
        {
            await session.ExecuteAsync(
                $"UPDATE erasure SET cursor = @cursor WHERE {Erasures.Key}", cancellationToken, [.. ErasureWork.Key(job), ("cursor", place)]);
        }
    }

    private sealed record Letter(string Id, PersonKey? Person, string? Subject, string Detail, string Payload);
}
