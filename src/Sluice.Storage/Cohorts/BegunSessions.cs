using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Storage.Delivery;

namespace Sluice.Storage.Cohorts;

/// <summary>
/// Full sessions that have their number before their first page. They have no pages yet, which is how they are told from the others; and
/// there may be no such cohort yet, for it is known by what a page says of it.
/// </summary>
internal static class BegunSessions
{
    // Mixpanel sends differences for what it keeps in sync; what is asked for is always the whole cohort.
    private const CohortAction Action = CohortAction.Members;

    public static async Task<long> BeginAsync(
        Session session, string project, string cohort, string name, Lease? lease, CancellationToken cancellationToken)
    {
        if (lease is not null)
        {
            await Leases.CheckAsync(session, lease, cancellationToken);
        }

        (string, object?)[] key = [("project", project), ("cohort", cohort), ("session", SessionRow.KeyOf(name)), ("action", Action)];
        var begun = await session.ScalarAsync<long?>(
            "SELECT number FROM cohort_session WHERE project = @project AND cohort = @cohort AND session = @session AND action = @action", cancellationToken, key);
        if (begun is { } known)
        {
            // Whoever asks again has not heard of the commit.
            return known;
        }

        var number = await SessionRow.NextNumberAsync(session, project, cancellationToken);
        var now = await session.Dialect.NowAsync(session, cancellationToken);
        await session.ExecuteAsync(
            """
            INSERT INTO cohort_session (project, cohort, session, action, number, total_pages, pages, opened_at, last_page_at, finished_at)
            VALUES (@project, @cohort, @session, @action, @number, 1, 0, @now, @now, NULL)
            """,
            cancellationToken, [.. key, ("number", number), ("now", now)]);
        return number;
    }

    public static Task AbandonAsync(Session session, string project, string cohort, string name, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            "DELETE FROM cohort_session WHERE project = @project AND cohort = @cohort AND session = @session AND action = @action AND pages = 0",
            cancellationToken, ("project", project), ("cohort", cohort), ("session", SessionRow.KeyOf(name)), ("action", Action));

    /// <summary>Whether one is under way for a cohort of which there has been no page: what is said of the cohort from now on counts beside its answer.</summary>
    public static async Task<bool> IsAnyAsync(Session session, CohortPage page, CancellationToken cancellationToken) =>
        await session.ScalarAsync<long>(
            "SELECT count(*) FROM cohort_session WHERE project = @project AND cohort = @cohort",
            cancellationToken, ("project", page.Project), ("cohort", page.Cohort)) > 0;
}
