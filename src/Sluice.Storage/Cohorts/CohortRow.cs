using Sluice.Core.Cohorts;

namespace Sluice.Storage.Cohorts;

/// <summary>A cohort's row, locked: pages of one cohort are committed one after the other, whichever node takes them.</summary>
internal sealed class CohortRow
{
    public long Base { get; private init; }

    private bool Recurring { get; init; }

    public static Task<CohortRow?> LockAsync(Session session, string project, string cohort, CancellationToken cancellationToken) =>
        session.FirstAsync(
            $"SELECT base, recurring FROM cohort WHERE project = @project AND cohort = @cohort {session.Dialect.ForUpdate}",
            r => new CohortRow { Base = r.GetInt64(0), Recurring = r.GetInt32(1) == 1 },
            cancellationToken,
            ("project", project), ("cohort", cohort));

    public static async Task<CohortRow> CreateAsync(Session session, CohortPage page, long now, CancellationToken cancellationToken)
    {
        // Two nodes may take the first two pages at one time: the second finds the row and waits for its lock.
        await session.ExecuteAsync(
            """
            INSERT INTO cohort (project, cohort, name, slug, description, remote_project, base, members, recurring, created_at, last_page_at,
                settled_base, walk_base, walk_slice, walk_slices)
            VALUES (@project, @cohort, @name, @slug, @description, @remote, 0, 0, 0, @now, @now, 0, -1, 0, 0)
            ON CONFLICT (project, cohort) DO NOTHING
            """,
            cancellationToken,
            ("project", page.Project), ("cohort", page.Cohort), ("name", page.Name), ("slug", Slug.Of(page.Name)),
            ("description", page.Description), ("remote", page.RemoteProject), ("now", now));
        return (await LockAsync(session, page.Project, page.Cohort, cancellationToken))!;
    }

    /// <summary>Takes over the name and what else the page says of the cohort, unless a newer session has spoken, and swaps the base.</summary>
    public async Task FollowAsync(Session session, CohortPage page, long number, bool swaps, long now, CancellationToken cancellationToken)
    {
        var newest = await session.ScalarAsync<long>(
            "SELECT max(number) FROM cohort_session WHERE project = @project AND cohort = @cohort AND pages > 0",
            cancellationToken, ("project", page.Project), ("cohort", page.Cohort));

        // Differences are only ever sent for a cohort that is kept in sync; so is a second full session.
        var recurring = Recurring || page.Action != CohortAction.Members || (swaps && Base > 0);
        await session.ExecuteAsync(
            """
            UPDATE cohort SET
                name = CASE WHEN @newest = 1 THEN @name ELSE name END,
                slug = CASE WHEN @newest = 1 THEN @slug ELSE slug END,
                description = CASE WHEN @newest = 1 THEN coalesce(@description, description) ELSE description END,
                remote_project = CASE WHEN @newest = 1 THEN @remote ELSE remote_project END,
                base = CASE WHEN @swaps = 1 THEN @number ELSE base END,
                recurring = @recurring, last_page_at = @now,
                sent_at = CASE WHEN @fetched = 1 THEN sent_at ELSE @now END
            WHERE project = @project AND cohort = @cohort
            """,
            cancellationToken,
            ("project", page.Project), ("cohort", page.Cohort), ("newest", number >= newest), ("name", page.Name), ("slug", Slug.Of(page.Name)),
            ("description", page.Description), ("remote", page.RemoteProject), ("swaps", swaps), ("number", number), ("recurring", recurring),
            ("now", now), ("fetched", page.IsFetched));
    }
}
