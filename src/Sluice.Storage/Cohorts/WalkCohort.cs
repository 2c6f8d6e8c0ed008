using Sluice.Core.People;

namespace Sluice.Storage.Cohorts;

/// <summary>
/// Follows a swap through all people of a cohort, slice by slice, with sets: what the engine expects of a cohort's size, and is often
/// wrong about, cannot lead it to compare each with each.
/// </summary>
internal static class WalkCohort
{
    public static async Task StepAsync(Session session, string project, string cohort, int sliceRows, CancellationToken cancellationToken)
    {
        var walk = await WalkRow.LockAsync(session, project, cohort, cancellationToken);
        if (walk.WalkBase != walk.Base)
        {
            walk = await walk.StartAsync(session, project, cohort, sliceRows, cancellationToken);
        }

        var range = KeyRange.Slice(walk.Slice, walk.Slices);
        var parameters = RangeSql.Parameters(session.Dialect, range, ("project", project), ("cohort", cohort), ("base", walk.Base), ("at", walk.OpenedAt));
        var effective = session.Dialect.EffectiveMembers("@project", "@cohort", "@base", RangeSql.Where(""));
        var open = $"SELECT shard, person FROM membership_span WHERE project = @project AND cohort = @cohort AND left_at IS NULL AND {RangeSql.Where("")}";
        if (await session.ScalarAsync<int>(
            "SELECT count(*) FROM destination WHERE project = @project AND group_attributes = 1", cancellationToken, ("project", project)) > 0)
        {
            await MarkChangedAsync(session, effective, open, parameters, cancellationToken);
        }

        var left = await session.ExecuteAsync(
            $"""
            UPDATE membership_span SET left_at = CASE WHEN entered_at > @at THEN entered_at ELSE @at END
            WHERE project = @project AND cohort = @cohort AND left_at IS NULL AND {RangeSql.Where("")} AND (shard, person) NOT IN ({effective})
            """,
            cancellationToken, parameters);

        // Who left after the session had begun, by a word that was taken back, goes on with the stay that they had.
        var entered = await session.ExecuteAsync(
            $"""
            INSERT INTO membership_span (shard, project, cohort, person, entered_at, left_at)
            SELECT e.shard, @project, @cohort, e.person, coalesce((
                SELECT max(l.entered_at) FROM membership_span l
                WHERE l.project = @project AND l.cohort = @cohort AND l.shard = e.shard AND l.person = e.person AND l.left_at > @at), @at), NULL
            FROM ({effective} EXCEPT {open}) e WHERE true
            ON CONFLICT (project, cohort, shard, person, entered_at) DO UPDATE SET left_at = NULL
            """,
            cancellationToken, parameters);

        // Whatever stood before the base has no say any more.
        await session.ExecuteAsync(
            $"DELETE FROM membership WHERE project = @project AND cohort = @cohort AND {RangeSql.Where("")} AND number < @base",
            cancellationToken, parameters);
        await walk.AdvanceAsync(session, project, cohort, entered - left, cancellationToken);
    }

    /// <summary>Where contacts carry their groups as attributes, a change of membership is a change of the contact.</summary>
    private static Task<int> MarkChangedAsync(
        Session session, string effective, string open, (string, object?)[] parameters, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            $"""
            INSERT INTO pending (shard, project, destination, person, seq, job)
            SELECT c.shard, @project, d.destination, c.person, 1, NULL FROM (
                SELECT shard, person FROM ({effective} EXCEPT {open}) e
                UNION ALL
                SELECT shard, person FROM ({open} EXCEPT {effective}) l) c
            JOIN destination d ON d.project = @project AND d.group_attributes = 1 WHERE true
            ORDER BY d.destination, c.shard, c.person
            ON CONFLICT (project, destination, shard, person) DO UPDATE SET seq = pending.seq + 1, job = NULL
            """,
            cancellationToken, parameters);
}

/// <summary>How far the walk of a cohort has come.</summary>
internal sealed record WalkRow(long Base, long WalkBase, int Slice, int Slices, long Members, long OpenedAt)
{
    public static async Task<WalkRow> LockAsync(Session session, string project, string cohort, CancellationToken cancellationToken)
    {
        (string, object?)[] where = [("project", project), ("cohort", cohort)];
        await SettlePeople.LockAsync(session, project, cohort, cancellationToken);
        return (await session.FirstAsync(
            """
            SELECT c.base, c.walk_base, c.walk_slice, c.walk_slices, c.members, s.opened_at FROM cohort c
            LEFT JOIN cohort_session s ON s.project = c.project AND s.cohort = c.cohort AND s.number = c.base
            WHERE c.project = @project AND c.cohort = @cohort
            """,
            r => new WalkRow(r.GetInt64(0), r.GetInt64(1), r.GetInt32(2), r.GetInt32(3), r.GetInt64(4), r.LongOrNull(5) ?? 0),
            cancellationToken, where))!;
    }

    public async Task<WalkRow> StartAsync(Session session, string project, string cohort, int sliceRows, CancellationToken cancellationToken)
    {
        // Pages hold 1,000 members at most by Mixpanel's rule; more only makes a slice somewhat larger.
        var pages = await session.ScalarAsync<int>(
            "SELECT pages FROM cohort_session WHERE project = @project AND cohort = @cohort AND number = @base",
            cancellationToken, ("project", project), ("cohort", cohort), ("base", Base));
        var slices = KeyRange.CountFor((pages * 1000L) + Members, sliceRows);
        await session.ExecuteAsync(
            "UPDATE cohort SET walk_base = base, walk_slice = 0, walk_slices = @slices WHERE project = @project AND cohort = @cohort",
            cancellationToken, ("project", project), ("cohort", cohort), ("slices", slices));
        return this with { WalkBase = Base, Slice = 0, Slices = slices };
    }

    public async Task AdvanceAsync(Session session, string project, string cohort, int change, CancellationToken cancellationToken)
    {
        (string, object?)[] parameters =
            [("project", project), ("cohort", cohort), ("slice", Slice + 1), ("done", Slice + 1 >= Slices), ("change", (long)change), ("base", Base)];
        await session.ExecuteAsync(
            """
            UPDATE cohort SET walk_slice = @slice, members = members + @change,
                settled_base = CASE WHEN @done = 1 THEN walk_base ELSE settled_base END
            WHERE project = @project AND cohort = @cohort
            """,
            cancellationToken, parameters);

        // The pages' keys were kept to be taken back; the session is finished. A few pages at a time keep the commit small.
        await session.ExecuteAsync(
            """
            UPDATE cohort_page SET keys = NULL WHERE project = @project AND cohort = @cohort AND number = @base
            AND page > (@slice - 1) * ((SELECT max(page) FROM cohort_page WHERE project = @project AND cohort = @cohort AND number = @base) / @slices + 1)
            AND page <= @slice * ((SELECT max(page) FROM cohort_page WHERE project = @project AND cohort = @cohort AND number = @base) / @slices + 1)
            AND keys IS NOT NULL
            """,
            cancellationToken, [.. parameters, ("slices", Slices)]);
    }
}
