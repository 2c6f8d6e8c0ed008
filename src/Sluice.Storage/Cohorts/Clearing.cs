using System.Buffers.Binary;
using Sluice.Core.People;

namespace Sluice.Storage.Cohorts;

/// <summary>Removes what has been kept long enough, a piece at a time, so that no page waits long for it.</summary>
internal sealed class Clearing(Database database, string project, int sliceRows)
{
    private const int PagesPerCommit = 500;

    // Mixpanel recomputes a failed run within days and keeps its own snapshot for three; what is older than this cannot come again.
    private static readonly TimeSpan Retention = TimeSpan.FromDays(30);

    // The safety stop looks back over 24 hours.
    private const int RemovalHours = 48;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var (cohort, number, pages) in await database.WriteAsync(RetireAsync, cancellationToken))
        {
            await ForgetClaimsAsync(cohort, number, pages, cancellationToken);
        }

        while (await database.WriteAsync(DropKeysAsync, cancellationToken) > 0)
        {
        }

        await database.WriteAsync(DropRecordsAsync, cancellationToken);
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

    private async Task DropRecordsAsync(Session session, CancellationToken cancellationToken)
    {
        var now = await session.Dialect.NowAsync(session, cancellationToken);
        (string, object?)[] where = [("project", project), ("before", await BeforeAsync(session, cancellationToken)), ("hour", (now / 3_600_000) - RemovalHours)];

        // The base's own session stays: its number is the group's.
        await session.ExecuteAsync(
            """
            DELETE FROM cohort_page WHERE project = @project AND EXISTS (
                SELECT 1 FROM cohort_session s JOIN cohort c ON c.project = s.project AND c.cohort = s.cohort
                WHERE s.project = cohort_page.project AND s.cohort = cohort_page.cohort AND s.number = cohort_page.number
                    AND s.last_page_at < @before AND s.number <> c.base)
            """,
            cancellationToken, where);
        await session.ExecuteAsync(
            """
            DELETE FROM cohort_session WHERE project = @project AND last_page_at < @before AND NOT EXISTS (
                SELECT 1 FROM cohort c WHERE c.project = cohort_session.project AND c.cohort = cohort_session.cohort AND c.base = cohort_session.number)
            """,
            cancellationToken, where);
        await session.ExecuteAsync(
            "DELETE FROM dead_letter WHERE project = @project AND state <> 'open' AND updated_at < @before", cancellationToken, where);
        await session.ExecuteAsync("DELETE FROM run WHERE project = @project AND ended_at < @before", cancellationToken, where);
        await session.ExecuteAsync("DELETE FROM job WHERE project = @project AND ended_at < @before", cancellationToken, where);
        await session.ExecuteAsync("DELETE FROM list_removal WHERE project = @project AND hour < @hour", cancellationToken, where);
    }

    private static async Task<long> BeforeAsync(Session session, CancellationToken cancellationToken) =>
        await session.Dialect.NowAsync(session, cancellationToken) - (long)Retention.TotalMilliseconds;
}
