using System.Security.Cryptography;
using System.Text;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Storage.Delivery;
using Sluice.Storage.Erasure;

namespace Sluice.Storage.Cohorts;

/// <summary>
/// Commits cohort pages. The order of sessions is the order in which they were begun, or their first pages came; every claim about a person
/// carries its session's number, and the highest number that counts wins. So pages may come in any order, again and again, and end half-way.
/// </summary>
internal sealed class CohortIntake(Database database) : ICohortIntake
{
    private const string InsertClaims = """
        INSERT INTO membership (shard, project, cohort, person, number, kind, pages)
        SELECT b.shard, @project, @cohort, b.person, @number, @kind, 1 FROM {batch} WHERE true
        ON CONFLICT (project, cohort, shard, person, number) DO UPDATE SET pages = membership.pages + 1
        """;

    private const string ReleaseClaims = """
        UPDATE membership SET pages = pages - 1 FROM {batch}
        WHERE project = {project} AND cohort = {cohort} AND membership.shard = b.shard AND membership.person = b.person AND number = @number
        """;

    private const string DeleteReleased = """
        DELETE FROM membership WHERE (project, cohort, shard, person, number) IN (
            SELECT m.project, m.cohort, m.shard, m.person, m.number FROM {batch} JOIN membership m
            ON m.project = {project} AND m.cohort = {cohort} AND m.shard = b.shard AND m.person = b.person AND m.number = @number AND m.pages <= 0)
        """;

    private const string InsertUnsettled = """
        INSERT INTO unsettled (shard, project, cohort, person)
        SELECT b.shard, @project, @cohort, b.person FROM {batch} WHERE true
        ON CONFLICT (project, cohort, shard, person) DO NOTHING
        """;

    public Task<CohortPageOutcome> ApplyAsync(CohortPage page, CancellationToken cancellationToken)
    {
        // Everything that can be made ready before the transaction is.
        var rows = PageRows.Of(database.Dialect, page, database.Tombstones.Known(page.Project));
        return WriteAsync((session, token) => ApplyAsync(session, rows, token), cancellationToken);
    }

    public Task<long> BeginAsync(string project, string cohort, string session, Lease? lease, CancellationToken cancellationToken) =>
        WriteAsync((connection, token) => BegunSessions.BeginAsync(connection, project, cohort, session, lease, token), cancellationToken);

    public Task AbandonAsync(string project, string cohort, string session, CancellationToken cancellationToken) =>
        WriteAsync(
            async (connection, token) =>
            {
                await BegunSessions.AbandonAsync(connection, project, cohort, session, token);
                return true;
            },
            cancellationToken);

    private async Task<T> WriteAsync<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync(work, cancellationToken);
        }
        catch (StoreBusyException e)
        {
            throw new IntakeBusyException(e.Message, e);
        }
    }

    private static async Task<CohortPageOutcome> ApplyAsync(Session session, PageRows rows, CancellationToken cancellationToken)
    {
        var (now, tombstones) = await session.Tombstones.NowAsync(session, rows.Page.Project, cancellationToken);
        if (tombstones.Stamp != rows.Tombstones.Stamp)
        {
            // Somebody was erased since the rows were made ready.
            rows = PageRows.Of(session.Dialect, rows.Page, tombstones);
        }

        if (rows.Doubtful.Length > 0
            && await KnownPeople.StrangersAsync(session, rows.Page.Project, rows.Doubtful, cancellationToken) is { Count: > 0 } strangers)
        {
            rows = PageRows.Of(session.Dialect, rows.Page, tombstones, strangers);
        }

        var outcome = await ApplyAsync(session, rows, now, cancellationToken);
        return outcome with { Erased = rows.Erased };
    }

    private static async Task<CohortPageOutcome> ApplyAsync(Session session, PageRows rows, long now, CancellationToken cancellationToken)
    {
        var page = rows.Page;
        await DeadLetters.OfPageAsync(session, page, rows.Refused, now, cancellationToken);
        var (early, changed) = await WriteEarlyAsync(session, rows, now, cancellationToken);

        var cohort = await CohortRow.LockAsync(session, page.Project, page.Cohort, cancellationToken);
        if (cohort is null)
        {
            if (page.Action == CohortAction.RemoveMembers && !await BegunSessions.IsAnyAsync(session, page, cancellationToken))
            {
                return new CohortPageOutcome(CohortPageEffect.UnknownCohort, 0, false, false, null);
            }

            cohort = await CohortRow.CreateAsync(session, page, now, cancellationToken);
        }

        var sync = await SessionRow.OpenAsync(session, page, now, cancellationToken);
        var earlier = await PageRow.FindAsync(session, page, sync.Number, cancellationToken);
        if (early is not null && (early != sync.Number || sync.Finished || earlier is not null))
        {
            throw new ChangedMeanwhileException();
        }

        if (earlier is not null && earlier.Content == page.Content && (sync.Finished || sync.TotalPages == page.TotalPages))
        {
            return new CohortPageOutcome(CohortPageEffect.Repeated, sync.Number, sync.Finished, false, null);
        }

        if (sync.Finished && sync.LastPageAt < now - (long)Clearing.Retention.TotalMilliseconds)
        {
            // Who left since may have been forgotten: an old session must not bring them back.
            return new CohortPageOutcome(
                CohortPageEffect.Overtaken, sync.Number, false, false,
                $"Page {page.Page} of a session of cohort {page.Cohort} that ended long ago came with other members; they were not applied.");
        }

        var full = page.Action == CohortAction.Members;
        var overtaken = sync.Number < cohort.Base;
        var replaces = earlier is not null && !sync.Finished;
        if (replaces && !overtaken)
        {
            await WithdrawAsync(session, page, sync.Number, earlier!.Keys, unsettle: !full, cancellationToken);
        }

        if (!overtaken)
        {
            await ClaimAsync(session, page, sync.Number, rows.People, cancellationToken);
            if (!full || sync.Finished)
            {
                await session.ExecuteBatchAsync(InsertUnsettled, rows.People, cancellationToken, ("project", page.Project), ("cohort", page.Cohort));
            }
        }

        if (early is null)
        {
            var overrides = !sync.Finished || await sync.IsNewestAsync(session, page, cancellationToken);
            changed = await rows.Profiles.WriteAsync(session, page.Project, sync.Number, overrides, sync.AsOf(page), now, cancellationToken);
        }

        if (!sync.Finished)
        {
            // A session of one page is finished by it, and a finished session takes nothing back.
            var keys = page.TotalPages > 1 ? rows.KeyBytes() : null;
            await PageRow.PutAsync(session, page, sync.Number, keys, earlier is null, cancellationToken);
            await CountAsync(session, page, sync, earlier is null, full, cancellationToken);
        }

        var finishes = !sync.Finished && sync.Pages >= page.TotalPages;
        var swaps = finishes && full && !overtaken;
        await sync.SaveAsync(session, page, now, finishes, cancellationToken);
        await cohort.FollowAsync(session, page, sync.Number, swaps, now, cancellationToken);

        // Last, and under the cohort's lock, as settling does it: otherwise each could wait for the other.
        await Pending.MarkAsync(session, page.Project, changed!, cancellationToken);
        return Outcome(page, sync, earlier is not null, overtaken, finishes, swaps);
    }

    /// <summary>
    /// Writes the profiles of a page before its cohort is locked, where several connections write: so the pages of one cohort, which
    /// all need its lock, wait for each other's claims only. That takes a session that is under way and a page that has not come
    /// before; under the lock it is looked whether both are still so.
    /// </summary>
    /// <returns>The session's number, null when nothing was written; and people whom the destinations have to look at again.</returns>
    private static async Task<(long? Number, Batch? Changed)> WriteEarlyAsync(Session session, PageRows rows, long now, CancellationToken cancellationToken)
    {
        if (session.Dialect.RowByRow || await SessionRow.FindUnderWayAsync(session, rows.Page, cancellationToken) is not { } sync)
        {
            return (null, null);
        }

        return (sync.Number, await rows.Profiles.WriteAsync(session, rows.Page.Project, sync.Number, overrides: true, sync.AsOf(rows.Page), now, cancellationToken));
    }

    private static CohortPageOutcome Outcome(CohortPage page, SessionRow sync, bool again, bool overtaken, bool finishes, bool swaps)
    {
        if (overtaken)
        {
            return new CohortPageOutcome(CohortPageEffect.Overtaken, sync.Number, finishes, false, null);
        }

        if (sync.Finished)
        {
            return new CohortPageOutcome(
                CohortPageEffect.Applied, sync.Number, true, false,
                $"Page {page.Page} of a finished session of cohort {page.Cohort} came with other members; they were applied.");
        }

        return new CohortPageOutcome(again ? CohortPageEffect.Replaced : CohortPageEffect.Applied, sync.Number, finishes, swaps, null);
    }

    private static async Task ClaimAsync(Session session, CohortPage page, long number, Batch people, CancellationToken cancellationToken)
    {
        // Pages of a session hardly ever overlap: as a rule all claims are new.
        var copied = await session.Dialect.TryCopyAsync(
            session, "membership", people,
            [("project", ColumnType.Text, page.Project), ("cohort", ColumnType.Text, page.Cohort), ("number", ColumnType.Long, number),
                ("kind", ColumnType.Small, Kind(page.Action)), ("pages", ColumnType.Small, (short)1)],
            cancellationToken);
        if (!copied)
        {
            await session.ExecuteBatchAsync(
                InsertClaims, people, cancellationToken,
                ("project", page.Project), ("cohort", page.Cohort), ("number", number), ("kind", Kind(page.Action)));
        }
    }

    private static short Kind(CohortAction action) => action switch
    {
        CohortAction.Members => MembershipKind.Listed,
        CohortAction.AddMembers => MembershipKind.Entered,
        _ => MembershipKind.Left,
    };

    /// <summary>Counts the session's pages; a session that has become shorter gives up the pages beyond its new end.</summary>
    private static async Task CountAsync(Session session, CohortPage page, SessionRow sync, bool isNew, bool full, CancellationToken cancellationToken)
    {
        if (page.TotalPages >= sync.TotalPages)
        {
            sync.Pages += isNew ? 1 : 0;
            return;
        }

        var beyond = await PageRow.BeyondAsync(session, page, sync.Number, cancellationToken);
        foreach (var keys in beyond)
        {
            await WithdrawAsync(session, page, sync.Number, keys, unsettle: !full, cancellationToken);
        }

        sync.Pages = await PageRow.DropBeyondAsync(session, page, sync.Number, cancellationToken);
    }

    private static async Task WithdrawAsync(Session session, CohortPage page, long number, byte[]? keys, bool unsettle, CancellationToken cancellationToken)
    {
        if (keys is null || keys.Length == 0)
        {
            return;
        }

        var people = new PersonKey[keys.Length / PersonKey.SizeBytes];
        for (var i = 0; i < people.Length; i++)
        {
            people[i] = PersonKey.Read(keys.AsSpan(i * PersonKey.SizeBytes, PersonKey.SizeBytes));
        }

        var batch = Batch.Of(session.Dialect, people);
        (string, object?)[] where = [("project", page.Project), ("cohort", page.Cohort), ("number", number)];
        await session.ExecuteBatchAsync(ReleaseClaims, batch, cancellationToken, where);
        await session.ExecuteBatchAsync(DeleteReleased, batch, cancellationToken, where);
        if (unsettle)
        {
            await session.ExecuteBatchAsync(InsertUnsettled, batch, cancellationToken, ("project", page.Project), ("cohort", page.Cohort));
        }
    }
}

/// <summary>A session's row: its number is given at its first page, unless it was begun before.</summary>
internal sealed class SessionRow
{
    public long Number { get; private init; }

    public int TotalPages { get; private init; }

    public int Pages { get; set; }

    public bool Finished { get; private init; }

    public long LastPageAt { get; private init; }

    private long OpenedAt { get; init; }

    private bool IsNew { get; init; }

    private byte[] Key { get; init; } = [];

    public static async Task<SessionRow> OpenAsync(Session session, CohortPage page, long now, CancellationToken cancellationToken)
    {
        var key = KeyOf(page.Session);
        var found = await session.FirstAsync(
            $"""
            SELECT number, total_pages, pages, finished_at, last_page_at, opened_at FROM cohort_session
            WHERE project = @project AND cohort = @cohort AND session = @session AND action = @action {session.Dialect.ForUpdate}
            """,
            r => new SessionRow
            {
                Number = r.GetInt64(0), TotalPages = r.GetInt32(1), Pages = r.GetInt32(2), Finished = !r.IsDBNull(3), LastPageAt = r.GetInt64(4), OpenedAt = r.GetInt64(5),
                Key = key,
            },
            cancellationToken,
            ("project", page.Project), ("cohort", page.Cohort), ("session", key), ("action", page.Action));
        if (found is not null)
        {
            return found;
        }

        var number = await NextNumberAsync(session, page.Project, cancellationToken);
        return new SessionRow { Number = number, TotalPages = page.TotalPages, OpenedAt = now, IsNew = true, Key = key };
    }

    // Session ids are as long as the sender likes; a hash is not.
    public static byte[] KeyOf(string session) => SHA256.HashData(Encoding.UTF8.GetBytes(session))[..PersonKey.SizeBytes];

    public static async Task<long> NextNumberAsync(Session session, string project, CancellationToken cancellationToken) =>
        await session.ScalarAsync<long?>(
            "UPDATE project SET next_number = next_number + 1 WHERE project = @project RETURNING next_number", cancellationToken, ("project", project))
        ?? throw new InvalidOperationException($"Project {project} is not in the store.");

    /// <summary>As of when a page speaks that was asked for; null for one that Mixpanel has sent.</summary>
    public long? AsOf(CohortPage page) => page.IsFetched ? OpenedAt : null;

    /// <summary>The page's session when it is under way and the page has not come before; read without a lock.</summary>
    public static Task<SessionRow?> FindUnderWayAsync(Session session, CohortPage page, CancellationToken cancellationToken) =>
        session.FirstAsync(
            """
            SELECT s.number, s.opened_at FROM cohort_session s
            WHERE s.project = @project AND s.cohort = @cohort AND s.session = @session AND s.action = @action AND s.finished_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM cohort_page p WHERE p.project = @project AND p.cohort = @cohort AND p.number = s.number AND p.page = @page)
            """,
            r => new SessionRow { Number = r.GetInt64(0), OpenedAt = r.GetInt64(1) },
            cancellationToken,
            ("project", page.Project), ("cohort", page.Cohort), ("session", KeyOf(page.Session)), ("action", page.Action), ("page", page.Page));

    /// <summary>True while no other session of the project has begun after this one.</summary>
    public async Task<bool> IsNewestAsync(Session session, CohortPage page, CancellationToken cancellationToken) =>
        await session.ScalarAsync<long>(
            "SELECT next_number FROM project WHERE project = @project", cancellationToken, ("project", page.Project)) == Number;

    public async Task SaveAsync(Session session, CohortPage page, long now, bool finishes, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            IsNew
                ? """
                  INSERT INTO cohort_session (project, cohort, session, action, number, total_pages, pages, opened_at, last_page_at, finished_at)
                  VALUES (@project, @cohort, @session, @action, @number, @total, @pages, @now, @now, CASE WHEN @finishes = 1 THEN @now ELSE NULL END)
                  """
                : """
                  UPDATE cohort_session SET total_pages = @total, pages = @pages, last_page_at = @now,
                      finished_at = CASE WHEN @finishes = 1 THEN @now ELSE finished_at END
                  WHERE project = @project AND cohort = @cohort AND session = @session AND action = @action AND number = @number
                  """,
            cancellationToken,
            ("project", page.Project), ("cohort", page.Cohort), ("session", Key), ("action", page.Action), ("number", Number),
            ("total", Finished ? TotalPages : page.TotalPages), ("pages", Pages), ("now", now), ("finishes", finishes));
}

/// <summary>A page that was taken.</summary>
internal sealed record PageRow(UInt128 Content, byte[]? Keys)
{
    public static Task<PageRow?> FindAsync(Session session, CohortPage page, long number, CancellationToken cancellationToken) =>
        session.FirstAsync(
            "SELECT content, keys FROM cohort_page WHERE project = @project AND cohort = @cohort AND number = @number AND page = @page",
            r => new PageRow(r.Hash(0)!.Value, r.IsDBNull(1) ? null : (byte[])r.GetValue(1)),
            cancellationToken,
            ("project", page.Project), ("cohort", page.Cohort), ("number", number), ("page", page.Page));

    public static Task PutAsync(Session session, CohortPage page, long number, byte[]? keys, bool isNew, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            isNew
                ? """
                  INSERT INTO cohort_page (project, cohort, number, page, content, keys)
                  VALUES (@project, @cohort, @number, @page, @content, @keys)
                  """
                : """
                  UPDATE cohort_page SET content = @content, keys = @keys
                  WHERE project = @project AND cohort = @cohort AND number = @number AND page = @page
                  """,
            cancellationToken,
            ("project", page.Project), ("cohort", page.Cohort), ("number", number), ("page", page.Page), ("content", page.Content), ("keys", keys));

    public static Task<List<byte[]?>> BeyondAsync(Session session, CohortPage page, long number, CancellationToken cancellationToken) =>
        session.QueryAsync(
            "SELECT keys FROM cohort_page WHERE project = @project AND cohort = @cohort AND number = @number AND page > @total",
            r => r.IsDBNull(0) ? null : (byte[]?)r.GetValue(0),
            cancellationToken,
            ("project", page.Project), ("cohort", page.Cohort), ("number", number), ("total", page.TotalPages));

    /// <returns>How many pages are left.</returns>
    public static async Task<int> DropBeyondAsync(Session session, CohortPage page, long number, CancellationToken cancellationToken)
    {
        (string, object?)[] where = [("project", page.Project), ("cohort", page.Cohort), ("number", number), ("total", page.TotalPages)];
        await session.ExecuteAsync(
            "DELETE FROM cohort_page WHERE project = @project AND cohort = @cohort AND number = @number AND page > @total", cancellationToken, where);
        return await session.ScalarAsync<int>(
            "SELECT count(*) FROM cohort_page WHERE project = @project AND cohort = @cohort AND number = @number AND page <= @total",
            cancellationToken, where);
    }
}
