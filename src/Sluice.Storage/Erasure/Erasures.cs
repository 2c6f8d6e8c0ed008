using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Erasure;
using Sluice.Core.People;

namespace Sluice.Storage.Erasure;

/// <summary>What a row of <c>erasure_subject</c> stands for.</summary>
internal static class SubjectKind
{
    public const int Id = (int)TombstoneKind.Id;
    public const int Email = (int)TombstoneKind.Email;
    public const int Phone = (int)TombstoneKind.Phone;

    /// <summary>A contact without an address that a list held before us.</summary>
    public const int Foreign = 4;
}

/// <inheritdoc cref="IErasures"/>
internal sealed class Erasures(Database database) : IErasures
{
    public const string Key = "project = @project AND erasure = @erasure";

    /// <summary>The count of contacts at destinations that nobody can ask any more.</summary>
    public const string NotDeleted = "contacts_not_deleted";

    // A retrieval hands out what is there when it is fetched; who asked, and for whom, is kept no longer than this.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    public async Task<ErasureState> RequestAsync(ErasureRequest request, CancellationToken cancellationToken)
    {
        var ids = request.DistinctIds.Distinct(StringComparer.Ordinal).ToArray();
        try
        {
            return await database.WriteAsync(
                async (session, token) =>
                {
                    var now = await session.Dialect.NowAsync(session, token);
                    var isDeletion = request.Kind == ErasureKind.Deletion;
                    var id = Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(now)).ToString("n");
                    (string, object?)[] key = [("project", request.Project), ("erasure", id)];
                    await session.ExecuteAsync(
                        """
                        INSERT INTO erasure (project, erasure, kind, status, stage, compliance, disclosure, requested_by, ids_count, requested_at, next_at, stage_at,
                            ended_at, log_from, log_until, counts)
                        VALUES (@project, @erasure, @kind, @status, @stage, @compliance, @disclosure, @by, @count, @now, @next, @now, @ended, 0, 0, '{}')
                        """,
                        token,
                        [
                            .. key, ("kind", request.Kind), ("status", isDeletion ? ErasureStatus.Pending : ErasureStatus.Success),
                            ("stage", isDeletion ? ErasureStage.Gather : ErasureStage.Done), ("compliance", request.Compliance),
                            ("disclosure", request.Disclosure), ("by", request.RequestedBy), ("count", ids.Length), ("now", now),
                            ("next", now + (long)request.Delay.TotalMilliseconds), ("ended", isDeletion ? null : now),
                        ]);
                    await PutSubjectsAsync(
                        session, key, [.. ids.Select(i => new Subject(SubjectKind.Id, PersonKey.Of(request.Project, i), i))], asked: true, token);
                    return (await FindAsync(session, request.Project, id, token))!;
                },
                cancellationToken);
        }
        catch (StoreBusyException e)
        {
            throw new IntakeBusyException(e.Message, e);
        }
    }

    public Task<ErasureState?> FindAsync(string project, string id, CancellationToken cancellationToken) =>
        database.ReadAsync((session, token) => FindAsync(session, project, id, token), cancellationToken);

    public Task<CancelOutcome> CancelAsync(string project, string id, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                if (await RevokeAsync(session, project, id, token))
                {
                    return CancelOutcome.Cancelled;
                }

                return await FindAsync(session, project, id, token) is { Kind: ErasureKind.Deletion } ? CancelOutcome.TooLate : CancelOutcome.Unknown;
            },
            cancellationToken);

    public Task<int> CancelOfAsync(string project, IReadOnlyCollection<string> distinctIds, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var named = distinctIds.ToHashSet(StringComparer.Ordinal);
                var pending = await session.QueryAsync(
                    """
                    SELECT s.erasure, s.value FROM erasure e JOIN erasure_subject s ON s.project = e.project AND s.erasure = e.erasure
                    WHERE e.project = @project AND e.kind = 0 AND e.status = @status
                    """,
                    r => (Erasure: r.GetString(0), Id: r.TextOrNull(1)), token, ("project", project), ("status", ErasureStatus.Pending));
                var revoked = 0;
                foreach (var erasure in pending.GroupBy(p => p.Erasure, StringComparer.Ordinal).Where(g => g.All(p => p.Id is not null && named.Contains(p.Id))))
                {
                    revoked += await RevokeAsync(session, project, erasure.Key, token) ? 1 : 0;
                }

                return revoked;
            },
            cancellationToken);

    public static async Task PutSubjectsAsync(
        Session session, (string, object?)[] key, IReadOnlyList<Subject> subjects, bool asked, CancellationToken cancellationToken)
    {
        var rows = subjects.DistinctBy(s => (s.Kind, s.Key)).ToArray();
        await session.ExecuteBatchAsync(
            """
            INSERT INTO erasure_subject (project, erasure, kind, subject, value, asked)
            SELECT @project, @erasure, b.kind, b.subject, b.value, @asked FROM {batch} WHERE true
            ON CONFLICT (project, erasure, kind, subject) DO NOTHING
            """,
            new Batch()
                .Add("kind", ColumnType.Small, rows.Select(s => (short)s.Kind).ToArray())
                .Add("subject", ColumnType.Bytes, rows.Select(s => s.Key.ToBytes()).ToArray())
                .Add("value", ColumnType.Text, rows.Select(s => s.Value).ToArray()),
            cancellationToken, [.. key, ("asked", asked)]);
    }

    public static Task<List<Subject>> SubjectsAsync(Session session, (string, object?)[] key, CancellationToken cancellationToken) =>
        session.QueryAsync(
            $"SELECT kind, subject, value FROM erasure_subject WHERE {Key}", r => new Subject(r.GetInt32(0), r.Key(1), r.TextOrNull(2)), cancellationToken, key);

    /// <summary>Forgets who was meant.</summary>
    public static async Task ForgetAsync(Session session, (string, object?)[] key, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync($"DELETE FROM erasure_subject WHERE {Key}", cancellationToken, key);
        await session.ExecuteAsync($"DELETE FROM erasure_contact WHERE {Key}", cancellationToken, key);
    }

    private static async Task<ErasureState?> FindAsync(Session session, string project, string id, CancellationToken cancellationToken)
    {
        (string, object?)[] key = [("project", project), ("erasure", id)];
        var ids = await session.QueryAsync(
            $"SELECT value FROM erasure_subject WHERE {Key} AND asked = 1 ORDER BY value", r => r.GetString(0), cancellationToken, key);
        var parts = await session.QueryAsync($"SELECT status FROM erasure_part WHERE {Key} ORDER BY number", r => r.GetString(0), cancellationToken, key);
        return await session.FirstAsync(
            $"""
            SELECT erasure, kind, status, stage, compliance, disclosure, requested_by, requested_at, ended_at, ids_count, counts, note FROM erasure WHERE {Key}
            """,
            r => Read(r, ids, parts), cancellationToken, key);
    }

    private static async Task<bool> RevokeAsync(Session session, string project, string id, CancellationToken cancellationToken)
    {
        (string, object?)[] key = [("project", project), ("erasure", id)];
        var revoked = await session.ExecuteAsync(
            $"UPDATE erasure SET status = @revoked, stage = @done, ended_at = @now WHERE {Key} AND kind = 0 AND status = @pending", cancellationToken,
            [
                .. key, ("revoked", ErasureStatus.Revoked), ("done", ErasureStage.Done), ("pending", ErasureStatus.Pending),
                ("now", await session.Dialect.NowAsync(session, cancellationToken)),
            ]) == 1;
        if (revoked)
        {
            await ForgetAsync(session, key, cancellationToken);
        }

        return revoked;
    }

    /// <summary>Forgets requests that ended long ago.</summary>
    public static async Task ClearAsync(Session session, string project, long now, CancellationToken cancellationToken)
    {
        foreach (var old in await session.QueryAsync(
            "SELECT erasure FROM erasure WHERE project = @project AND ended_at < @before LIMIT 100", r => r.GetString(0), cancellationToken,
            ("project", project), ("before", now - (long)Kept.TotalMilliseconds)))
        {
            (string, object?)[] key = [("project", project), ("erasure", old)];
            await ForgetAsync(session, key, cancellationToken);
            await session.ExecuteAsync($"DELETE FROM erasure_part WHERE {Key}", cancellationToken, key);
            await session.ExecuteAsync($"DELETE FROM erasure WHERE {Key}", cancellationToken, key);
        }
    }

    private static ErasureState Read(DbDataReader r, IReadOnlyList<string> ids, List<string> parts)
    {
        var counts = JsonSerializer.Deserialize(r.GetString(10), StorageJson.Default.DictionaryStringInt64)!;
        return new(
            r.GetString(0), (ErasureKind)r.GetInt32(1), r.GetString(2), (ErasureStage)r.GetInt32(3), r.GetString(4), r.TextOrNull(5), r.GetString(6), r.Time(7),
            r.TimeOrNull(8), ids, r.GetInt32(9), counts, r.TextOrNull(11) ?? Left(counts), Remote(parts));
    }

    /// <summary>What it could not do, when that was something.</summary>
    private static string? Left(Dictionary<string, long> counts) => counts.TryGetValue(NotDeleted, out var left)
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{left} contacts were not deleted, because their destination is not configured any more. Delete them there by hand, or configure it and ask again.")
        : null;

    private static string? Remote(List<string> parts) =>
        parts.Count == 0 ? null : string.Join(", ", parts.GroupBy(p => p, StringComparer.Ordinal).Select(g => g.Count() == 1 ? g.Key : string.Create(CultureInfo.InvariantCulture, $"{g.Key} ({g.Count()})")));
}

/// <summary>An id, an address or a number of people to be erased.</summary>
internal readonly record struct Subject(int Kind, PersonKey Key, string? Value);
