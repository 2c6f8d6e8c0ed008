using System.Buffers.Binary;
using Sluice.Core.People;

namespace Sluice.Storage.Cohorts;

/// <summary>Removes what has been kept long enough, a piece at a time, so that no page waits long for it.</summary>
internal sealed class Clearing(Database database, string project, int sliceRows)
{
    private const int PagesPerCommit = 500;

    // Mixpanel recomputes a failed run within days and keeps its own snapshot for three; what is older than this cannot come again.
    public static readonly TimeSpan Retention = TimeSpan.FromDays(30);

    // A year and a month: who asks how it was a year ago gets an answer.
    private static readonly TimeSpan HistoryRetention = TimeSpan.FromDays(400);

    // The safety stop looks back over 24 hours.
    private const int RemovalHours = 48;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var (cohort, number, pages) in await database.WriteAsync(RetireAsync, cancellationToken))
        {
            await ForgetClaimsAsync(cohort, number, pages, cancellationToken);
        }

        await InSlicesAsync(DropKeysAsync, cancellationToken);
        await InSlicesAsync(DropSessionsAsync, cancellationToken);
        await InSlicesAsync(DropPagesAsync, cancellationToken);
        foreach (var cohort in await database.ReadAsync(CohortsAsync, cancellationToken))
        {
            await InSlicesAsync((session, token) => ForgetAbsencesAsync(session, cohort, token), cancellationToken);
        }

        await InSlicesAsync(DropStaysAsync, cancellationToken);
        await InSlicesAsync((session, token) => DropRecordsAsync(session, "dead_letter", "letter", "state <> 'open' AND updated_at < @before", token), cancellationToken);

        // A run without an end is one that a node which is no more has begun.
        await InSlicesAsync((session, token) => DropRecordsAsync(session, "run", "run", "coalesce(ended_at, started_at) < @before", token), cancellationToken);
        await InSlicesAsync((session, token) => DropRecordsAsync(session, "job", "job", "ended_at < @before", token), cancellationToken);
        await database.WriteAsync(DropRemovalsAsync, cancellationToken);
    }

    /// <summary>Each slice is a commit of its own: it can stop after any of them, and the next time goes on from there.</summary>
    private async Task InSlicesAsync(Func<Session, CancellationToken, Task<int>> slice, CancellationToken cancellationToken)
    {
        while (await database.WriteAsync(slice, cancellationToken) > 0)
        {
        }
    }

    /// <summary>
    /// Full sessions that will never end: their claims have never counted. The session loses its name first, so that a page of it that
    /// comes after all opens a session of its own and does not build on what is being taken away.
    /// </summary>
    private async Task<List<(string Cohort, long Number, int Pages)>> RetireAsync(Session session, CancellationToken cancellationToken)
    {
        var before = await BeforeAsync(session, cancellationToken);
        var abandoned = await session.QueryAsync(
            """
            SELECT s.cohort, s.number, s.pages, s.session FROM cohort_session s JOIN cohort c ON c.project = s.project AND c.cohort = s.cohort
            WHERE s.project = @project AND s.action = 0 AND s.finished_at IS NULL AND s.number > c.base AND s.last_page_at < @before
            """,
            r => (Cohort: r.GetString(0), Number: r.GetInt64(1), Pages: r.GetInt32(2), Name: (byte[])r.GetValue(3)),
            cancellationToken, ("project", project), ("before", before));
        var retired = new List<(string Cohort, long Number, int Pages)>();
        foreach (var old in abandoned)
        {
            // Pages of the cohort are committed under this lock.
            await SettlePeople.LockAsync(session, project, old.Cohort, cancellationToken);
            var name = new byte[PersonKey.SizeBytes];
            BinaryPrimitives.WriteInt64BigEndian(name, old.Number);
            var changed = await session.ExecuteAsync(
                """
                UPDATE cohort_session SET session = @name
                WHERE project = @project AND cohort = @cohort AND session = @session AND action = 0 AND last_page_at < @before
                """,
                cancellationToken,
                ("project", project), ("cohort", old.Cohort), ("session", old.Name), ("before", before), ("name", name));
            if (changed == 1)
            {
                retired.Add((old.Cohort, old.Number, old.Pages));
            }
        }

        return retired;
    }

    private async Task ForgetClaimsAsync(string cohort, long number, int pages, CancellationToken cancellationToken)
    {
        var slices = KeyRange.CountFor(pages * 1000L, sliceRows);
        for (var slice = 0; slice < slices; slice++)
        {
            var range = KeyRange.Slice(slice, slices);
            await database.WriteAsync(
                async (session, token) => await session.ExecuteAsync(
                    $"DELETE FROM membership WHERE project = @project AND cohort = @cohort AND {RangeSql.Where("")} AND number = @number AND kind = 2",
                    token, RangeSql.Parameters(session.Dialect, range, ("project", project), ("cohort", cohort), ("number", number))),
                cancellationToken);
        }
    }

    /// <summary>The members' keys of pages were kept to be taken back; a finished session takes nothing back.</summary>
    private Task<int> DropKeysAsync(Session session, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            """
            UPDATE cohort_page SET keys = NULL WHERE (project, cohort, number, page) IN (
                SELECT p.project, p.cohort, p.number, p.page FROM cohort_page p
                JOIN cohort_session s ON s.project = p.project AND s.cohort = p.cohort AND s.number = p.number
                WHERE p.project = @project AND p.keys IS NOT NULL AND s.finished_at IS NOT NULL LIMIT @limit)
            """,
            cancellationToken, ("project", project), ("limit", PagesPerCommit));

    /// <summary>
    /// A session that has been quiet for so long loses its number: what comes under its name is a session of its own. The base's own
    /// session stays, because its number is the group's. One that was begun for a cohort that nobody has ever heard of goes like the others.
    /// </summary>
    private async Task<int> DropSessionsAsync(Session session, CancellationToken cancellationToken)
    {
        (string, object?)[] where = [("project", project), ("before", await BeforeAsync(session, cancellationToken))];
        const string Old = """
            SELECT s.project, s.cohort, s.session, s.action FROM cohort_session s LEFT JOIN cohort c ON c.project = s.project AND c.cohort = s.cohort
            WHERE s.project = @project AND s.last_page_at < @before AND s.number <> coalesce(c.base, 0)
            """;
        var cohort = await session.FirstAsync($"{Old} LIMIT 1", r => r.GetString(1), cancellationToken, where);
        if (cohort is null)
        {
            return 0;
        }

        // Pages of the cohort are committed under this lock: no session goes while a page of it is on its way in.
        await SettlePeople.LockAsync(session, project, cohort, cancellationToken);
        return await session.ExecuteAsync(
            $"DELETE FROM cohort_session WHERE (project, cohort, session, action) IN ({Old} AND s.cohort = @cohort LIMIT @limit)",
            cancellationToken, [.. where, ("cohort", cohort), ("limit", sliceRows)]);
    }

    private Task<int> DropPagesAsync(Session session, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            """
            DELETE FROM cohort_page WHERE (project, cohort, number, page) IN (
                SELECT p.project, p.cohort, p.number, p.page FROM cohort_page p WHERE p.project = @project AND NOT EXISTS (
                    SELECT 1 FROM cohort_session s WHERE s.project = p.project AND s.cohort = p.cohort AND s.number = p.number)
                LIMIT @limit)
            """,
            cancellationToken, ("project", project), ("limit", sliceRows));

    private Task<List<string>> CohortsAsync(Session session, CancellationToken cancellationToken) =>
        session.QueryAsync("SELECT cohort FROM cohort WHERE project = @project", r => r.GetString(0), cancellationToken, ("project", project));

    /// <summary>
    /// That somebody has left must be remembered while an older session could still name them: it would bring them back. Once no
    /// session below it has a number any more, but for a base that takes no more pages, and no older claim is there, no claim at all
    /// says the same.
    /// </summary>
    private async Task<int> ForgetAbsencesAsync(Session session, string cohort, CancellationToken cancellationToken)
    {
        (string, object?)[] key = [("project", project), ("cohort", cohort)];
        await SettlePeople.LockAsync(session, project, cohort, cancellationToken);
        var (baseNumber, settled) = await session.FirstAsync(
            "SELECT base, settled_base FROM cohort WHERE project = @project AND cohort = @cohort", r => (r.GetInt64(0), r.GetInt64(1)), cancellationToken, key);
        if (baseNumber != settled)
        {
            return 0;
        }

        // A day more than intake waits before it takes no more pages of a session: then no clock that was set back matters.
        var ended = await BeforeAsync(session, cancellationToken) - 86_400_000;
        var oldest = await session.ScalarAsync<long?>(
            """
            SELECT min(number) FROM cohort_session
            WHERE project = @project AND cohort = @cohort AND NOT (number = @base AND finished_at IS NOT NULL AND last_page_at < @ended)
            """,
            cancellationToken, [.. key, ("base", baseNumber), ("ended", ended)]) ?? long.MaxValue;
        return await session.ExecuteAsync(
            """
            DELETE FROM membership WHERE (project, cohort, shard, person, number) IN (
                SELECT m.project, m.cohort, m.shard, m.person, m.number FROM membership m
                WHERE m.project = @project AND m.cohort = @cohort AND m.kind = 0 AND m.number > @base AND m.number < @oldest
                    AND NOT EXISTS (
                        SELECT 1 FROM membership o WHERE o.project = m.project AND o.cohort = m.cohort AND o.shard = m.shard AND o.person = m.person
                            AND o.number < m.number LIMIT 1 OFFSET 0)
                    AND NOT EXISTS (
                        SELECT 1 FROM unsettled u WHERE u.project = m.project AND u.cohort = m.cohort AND u.shard = m.shard AND u.person = m.person
                        LIMIT 1 OFFSET 0)
                LIMIT @limit)
            """,
            cancellationToken, [.. key, ("base", baseNumber), ("oldest", oldest), ("limit", sliceRows)]);
    }

    private async Task<int> DropStaysAsync(Session session, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            """
            DELETE FROM membership_span WHERE (project, cohort, shard, person, entered_at) IN (
                SELECT s.project, s.cohort, s.shard, s.person, s.entered_at FROM membership_span s
                WHERE s.project = @project AND s.left_at IS NOT NULL AND s.left_at < @before LIMIT @limit)
            """,
            cancellationToken,
            ("project", project), ("before", await BeforeAsync(session, cancellationToken, HistoryRetention)), ("limit", sliceRows));

    private async Task<int> DropRecordsAsync(Session session, string table, string key, string where, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            $"DELETE FROM {table} WHERE project = @project AND {key} IN (SELECT {key} FROM {table} WHERE project = @project AND {where} LIMIT @limit)",
            cancellationToken, ("project", project), ("before", await BeforeAsync(session, cancellationToken)), ("limit", sliceRows));

    private async Task DropRemovalsAsync(Session session, CancellationToken cancellationToken)
    {
        var now = await session.Dialect.NowAsync(session, cancellationToken);
        await session.ExecuteAsync(
            "DELETE FROM list_removal WHERE project = @project AND hour < @hour", cancellationToken,
            ("project", project), ("hour", (now / 3_600_000) - RemovalHours));
    }

    private static async Task<long> BeforeAsync(Session session, CancellationToken cancellationToken, TimeSpan? retention = null) =>
        await session.Dialect.NowAsync(session, cancellationToken) - (long)(retention ?? Retention).TotalMilliseconds;
}
