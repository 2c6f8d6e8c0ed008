using Sluice.Core.Cohorts;
using Sluice.Core.People;
using Sluice.Storage.Delivery;

namespace Sluice.Storage.Cohorts;

/// <inheritdoc cref="ISettling"/>
internal sealed class Settling(Database database) : ISettling
{
    private const int SliceRows = 5_000;

    public Task<bool> SettleAsync(string project, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var changed = await session.ScalarAsync<string>(
                    "SELECT cohort FROM unsettled WHERE project = @project LIMIT 1", token, ("project", project));
                if (changed is not null)
                {
                    await SettlePeople.RunAsync(session, project, changed, SliceRows, token);
                    return true;
                }

                var swapped = await session.ScalarAsync<string>(
                    "SELECT cohort FROM cohort WHERE project = @project AND base <> settled_base LIMIT 1", token, ("project", project));
                if (swapped is not null)
                {
                    await WalkCohort.StepAsync(session, project, swapped, SliceRows, token);
                    return true;
                }

                return false;
            },
            cancellationToken);

    public Task ClearAsync(string project, CancellationToken cancellationToken) =>
        new Clearing(database, project, SliceRows).RunAsync(cancellationToken);
}

/// <summary>Settles people named by pages of differences.</summary>
internal static class SettlePeople
{
    public static async Task RunAsync(Session session, string project, string cohort, int limit, CancellationToken cancellationToken)
    {
        (string, object?)[] where = [("project", project), ("cohort", cohort)];
        var baseNumber = await LockAsync(session, project, cohort, cancellationToken);
        var people = await session.QueryAsync(
            "SELECT person FROM unsettled WHERE project = @project AND cohort = @cohort LIMIT @limit",
            r => r.Key(0), cancellationToken, [.. where, ("limit", limit)]);
        var batch = Batch.Of(session.Dialect, people);
        var claims = await session.QueryBatchAsync(
            """
            SELECT m.person, m.number, m.kind, s.opened_at, CASE WHEN s.number IS NOT NULL AND s.finished_at IS NULL THEN 1 ELSE 0 END
            FROM {batch} JOIN membership m ON m.project = {project} AND m.cohort = {cohort} AND m.shard = b.shard AND m.person = b.person
            LEFT JOIN cohort_session s ON s.project = m.project AND s.cohort = m.cohort AND s.number = m.number
            """,
            batch,
            r => (Person: r.Key(0), Claim: new Claim(r.GetInt64(1), r.GetInt16(2), r.LongOrNull(3) ?? 0, r.GetInt32(4) == 1)),
            cancellationToken, where);
        var stays = (await session.QueryBatchAsync(
            """
            SELECT m.person, m.entered_at, m.left_at FROM {batch} JOIN membership_span m
            ON m.project = {project} AND m.cohort = {cohort} AND m.shard = b.shard AND m.person = b.person
            """,
            batch, r => new Stay(r.Key(0), r.GetInt64(1), r.LongOrNull(2)), cancellationToken, where)).ToLookup(s => s.Person);

        var now = await session.Dialect.NowAsync(session, cancellationToken);
        var byPerson = claims.ToLookup(c => c.Person, c => c.Claim);
        var entered = new List<(PersonKey Person, long At)>();
        var left = new List<(PersonKey Person, long At)>();
        var shadowed = new List<(PersonKey Person, long Number)>();
        foreach (var person in people)
        {
            var verdict = Verdict.Of(byPerson[person], baseNumber);
            shadowed.AddRange(verdict.Shadowed.Select(n => (person, n)));
            var last = stays[person].OrderByDescending(s => s.EnteredAt).FirstOrDefault();
            var isOpen = last is { LeftAt: null };
            var at = verdict.At == 0 ? now : verdict.At;
            if (verdict.In && !isOpen)
            {
                // Who is in again by an older word had never left: what said so was taken back. The last stay goes on.
                entered.Add((person, last is not null && at < last.LeftAt ? last.EnteredAt : at));
            }
            else if (!verdict.In && isOpen)
            {
                left.Add((person, Math.Max(last!.EnteredAt, at)));
            }
        }

        await EnterAsync(session, project, cohort, entered, cancellationToken);
        await LeaveAsync(session, project, cohort, left, cancellationToken);
        await DeleteAsync(session, project, cohort, shadowed, cancellationToken);
        await Pending.MarkAsync(session, project, batch, cancellationToken);
        await session.ExecuteBatchAsync(
            """
            DELETE FROM unsettled WHERE (project, cohort, shard, person) IN (
                SELECT u.project, u.cohort, u.shard, u.person FROM {batch} JOIN unsettled u
                ON u.project = {project} AND u.cohort = {cohort} AND u.shard = b.shard AND u.person = b.person)
            """,
            batch, cancellationToken, where);
        await session.ExecuteAsync(
            "UPDATE cohort SET members = members + @change WHERE project = @project AND cohort = @cohort",
            cancellationToken, [.. where, ("change", (long)(entered.Count - left.Count))]);
    }

    public static async Task<long> LockAsync(Session session, string project, string cohort, CancellationToken cancellationToken) =>
        await session.ScalarAsync<long>(
            $"SELECT base FROM cohort WHERE project = @project AND cohort = @cohort {session.Dialect.ForUpdate}",
            cancellationToken, ("project", project), ("cohort", cohort));

    private static async Task EnterAsync(Session session, string project, string cohort, List<(PersonKey Person, long At)> entered, CancellationToken cancellationToken) =>
        await session.ExecuteBatchAsync(
            """
            INSERT INTO membership_span (shard, project, cohort, person, entered_at, left_at)
            SELECT b.shard, @project, @cohort, b.person, b.at, NULL FROM {batch} WHERE true
            ON CONFLICT (project, cohort, shard, person, entered_at) DO UPDATE SET left_at = NULL
            """,
            Batch.Of(session.Dialect, [.. entered.Select(e => e.Person)]).Add("at", ColumnType.Long, entered.Select(e => e.At).ToArray()),
            cancellationToken, ("project", project), ("cohort", cohort));

    private static async Task LeaveAsync(Session session, string project, string cohort, List<(PersonKey Person, long At)> left, CancellationToken cancellationToken) =>
        await session.ExecuteBatchAsync(
            """
            UPDATE membership_span SET left_at = b.at FROM {batch}
            WHERE project = {project} AND cohort = {cohort} AND membership_span.shard = b.shard AND membership_span.person = b.person AND left_at IS NULL
            """,
            Batch.Of(session.Dialect, [.. left.Select(e => e.Person)]).Add("at", ColumnType.Long, left.Select(e => e.At).ToArray()),
            cancellationToken, ("project", project), ("cohort", cohort));

    private static async Task DeleteAsync(Session session, string project, string cohort, List<(PersonKey Person, long Number)> claims, CancellationToken cancellationToken) =>
        await session.ExecuteBatchAsync(
            """
            DELETE FROM membership WHERE (project, cohort, shard, person, number) IN (
                SELECT m.project, m.cohort, m.shard, m.person, m.number FROM {batch} JOIN membership m
                ON m.project = {project} AND m.cohort = {cohort} AND m.shard = b.shard AND m.person = b.person AND m.number = b.number)
            """,
            Batch.Of(session.Dialect, [.. claims.Select(c => c.Person)]).Add("number", ColumnType.Long, claims.Select(c => c.Number).ToArray()),
            cancellationToken, ("project", project), ("cohort", cohort));
}

/// <summary>One stay of a person in the group.</summary>
internal sealed record Stay(PersonKey Person, long EnteredAt, long? LeftAt);

/// <summary>What one session says of a person.</summary>
internal readonly record struct Claim(long Number, short Kind, long OpenedAt, bool SessionOpen);

/// <summary>What all claims about a person come to.</summary>
internal readonly record struct Verdict(bool In, long At, IReadOnlyList<long> Shadowed)
{
    public static Verdict Of(IEnumerable<Claim> claims, long baseNumber)
    {
        var all = claims.ToList();
        var counting = all.Where(c => c.Number == baseNumber || (c.Number > baseNumber && c.Kind != MembershipKind.Listed)).ToList();
        var top = counting.Count == 0 ? default : counting.MaxBy(c => c.Number);

        // A claim below one that can no longer be taken back will never count again. A session that is open may still be.
        var settled = counting.Where(c => !c.SessionOpen).Select(c => c.Number).DefaultIfEmpty(baseNumber).Max();
        return new Verdict(top.Kind != MembershipKind.Left && counting.Count > 0, top.OpenedAt, [.. all.Where(c => c.Number < settled).Select(c => c.Number)]);
    }
}
