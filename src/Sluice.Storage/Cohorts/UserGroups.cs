using System.Data.Common;
using Sluice.Core.Cohorts;
using Sluice.Core.People;

namespace Sluice.Storage.Cohorts;

/// <inheritdoc cref="IUserGroups"/>
internal sealed class UserGroups(Database database) : IUserGroups
{
    // The newest full session that is still open is the one that is being received.
    private const string Select = """
        SELECT c.project, c.cohort, c.name, c.slug, c.description, c.remote_project, c.members, c.base, c.recurring, c.created_at, c.last_page_at,
            s.number, s.pages, s.total_pages, s.opened_at
        FROM cohort c LEFT JOIN cohort_session s ON s.project = c.project AND s.cohort = c.cohort AND s.number = (
            SELECT max(o.number) FROM cohort_session o WHERE o.project = c.project AND o.cohort = c.cohort AND o.action = 0
                AND o.finished_at IS NULL AND o.number > c.base)
        WHERE c.project = @project
        """;

    public async Task<IReadOnlyList<UserGroup>> ListAsync(string project, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.QueryAsync($"{Select} ORDER BY c.name, c.cohort", Read, token, ("project", project)), cancellationToken);

    public Task<UserGroup?> FindAsync(string project, string cohort, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (session, token) => session.FirstAsync($"{Select} AND c.cohort = @cohort", Read, token, ("project", project), ("cohort", cohort)), cancellationToken);

    public async Task<IReadOnlyList<PersonKey>> KeysAsync(string project, string cohort, KeyRange range, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) =>
            {
                var number = await BaseAsync(session, project, cohort, token);
                var effective = session.Dialect.EffectiveMembers("@project", "@cohort", "@base", RangeSql.Where(""));
                var keys = await session.QueryAsync(
                    effective, r => r.Key(1), token,
                    RangeSql.Parameters(session.Dialect, range, ("project", project), ("cohort", cohort), ("base", number)));
                keys.Sort();
                return keys;
            },
            cancellationToken);

    public async Task<IReadOnlyList<GroupMember>> MembersAsync(
        string project, string cohort, PersonKey? after, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) =>
            {
                if (after?.Value == UInt128.MaxValue)
                {
                    return [];
                }

                // The same as EffectiveMembers, said so that it streams in key order and can stop at the limit.
                var from = after is { } last ? new PersonKey(last.Value + 1) : new PersonKey(UInt128.Zero);
                var number = await BaseAsync(session, project, cohort, token);
                return await session.QueryAsync<GroupMember>(
                    $"""
                    SELECT m.person, p.distinct_id FROM membership m
                    JOIN profile p ON p.project = @project AND p.shard = m.shard AND p.person = m.person
                    WHERE m.project = @project AND m.cohort = @cohort AND {RangeSql.Where("m.")}
                        AND m.kind > 0 AND (m.number = @base OR (m.number > @base AND m.kind < 2)) AND NOT EXISTS (
                            SELECT 1 FROM membership n WHERE n.project = @project AND n.cohort = @cohort AND n.shard = m.shard AND n.person = m.person
                                AND n.number > m.number AND n.kind < 2)
                    ORDER BY m.shard, m.person LIMIT @limit
                    """,
                    r => new GroupMember(r.Key(0), r.GetString(1)),
                    token,
                    RangeSql.Parameters(
                        session.Dialect, KeyRange.All with { From = from }, ("project", project), ("cohort", cohort), ("base", number), ("limit", limit)));
            },
            cancellationToken);

    public async Task<IReadOnlyList<MembershipSpan>> HistoryAsync(string project, PersonKey person, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.QueryAsync(
                """
                SELECT c.cohort, s.entered_at, s.left_at FROM cohort c JOIN membership_span s
                ON s.project = c.project AND s.cohort = c.cohort AND s.shard = @shard AND s.person = @person
                WHERE c.project = @project ORDER BY s.entered_at DESC
                """,
                r => new MembershipSpan(r.GetString(0), r.Time(1), r.TimeOrNull(2)),
                token,
                ("project", project), ("shard", session.Dialect.ShardOf(person)), ("person", person)),
            cancellationToken);

    internal static async Task<long> BaseAsync(Session session, string project, string cohort, CancellationToken cancellationToken) =>
        await session.ScalarAsync<long?>(
            "SELECT base FROM cohort WHERE project = @project AND cohort = @cohort", cancellationToken, ("project", project), ("cohort", cohort)) ?? -1;

    private static UserGroup Read(DbDataReader r) => new(
        r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.TextOrNull(4), r.GetString(5), r.GetInt64(6), r.GetInt64(7),
        r.GetInt32(8) == 1, r.Time(9), r.Time(10),
        r.IsDBNull(11) ? null : new SyncProgress(r.GetInt64(11), r.GetInt32(12), r.GetInt32(13), r.Time(14)));
}
