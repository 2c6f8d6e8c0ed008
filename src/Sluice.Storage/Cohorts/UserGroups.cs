using System.Data.Common;
using Sluice.Core.Cohorts;
using Sluice.Core.People;

namespace Sluice.Storage.Cohorts;

/// <inheritdoc cref="IUserGroups"/>
internal sealed class UserGroups(Database database) : IUserGroups
{
    // The newest full session that is still open is the one that is being received; one that is only asked for is not.
    private const string Select = """
        SELECT c.project, c.cohort, c.name, c.slug, c.description, c.remote_project, c.members, c.base, c.recurring, c.created_at, c.last_page_at,
            s.number, s.pages, s.total_pages, s.opened_at, c.sent_at
        FROM cohort c LEFT JOIN cohort_session s ON s.project = c.project AND s.cohort = c.cohort AND s.number = (
            SELECT max(o.number) FROM cohort_session o WHERE o.project = c.project AND o.cohort = c.cohort AND o.action = 0
                AND o.finished_at IS NULL AND o.number > c.base AND o.pages > 0)
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
                var number = await BaseAsync(session, project, cohort, token);
                var members = new List<GroupMember>();
                var from = after;
                var read = Math.Clamp(limit * 2, 100, 5_000);
                while (members.Count < limit && from?.Value != UInt128.MaxValue)
                {
                    var range = KeyRange.All with { From = new PersonKey(from is { } last ? last.Value + 1 : UInt128.Zero) };
                    var claims = await ClaimsAsync(session, project, cohort, number, range, read, token);
                    var people = claims.GroupBy(c => c.Person).ToList();
                    var isEnd = claims.Count < read;
                    if (people.Count == 1 && !isEnd)
                    {
                        read *= 2;
                        continue;
                    }

                    // The last person may have more claims than came along: the next read begins with them.
                    var whole = isEnd ? people : people[..^1];
                    var present = whole.Where(p => p.MaxBy(c => c.Number).Kind != MembershipKind.Left).Select(p => p.Key).Take(limit - members.Count).ToArray();
                    members.AddRange(await NamesAsync(session, project, present, token));
                    if (isEnd)
                    {
                        break;
                    }

                    from = whole[^1].Key;
                }

                return members;
            },
            cancellationToken);

    public async Task<IReadOnlyList<MembershipSpan>> HistoryAsync(string project, PersonKey person, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) =>
            {
                // A cohort at a time: the key of the stays begins with it.
                var cohorts = await session.QueryAsync(
                    "SELECT cohort FROM cohort WHERE project = @project", r => r.GetString(0), token, ("project", project));
                var stays = await session.QueryBatchAsync(
                    """
                    SELECT s.cohort, s.entered_at, s.left_at FROM {batch} JOIN membership_span s
                    ON s.project = {project} AND s.cohort = b.cohort AND s.shard = {shard} AND s.person = {person}
                    """,
                    new Batch().Add("cohort", ColumnType.Text, cohorts.ToArray()),
                    r => new MembershipSpan(r.GetString(0), r.Time(1), r.TimeOrNull(2)),
                    token,
                    ("project", project), ("shard", session.Dialect.ShardOf(person)), ("person", person));
                return stays.OrderByDescending(s => s.EnteredAt).ToList();
            },
            cancellationToken);

    /// <summary>The next claims that count, in the order of the primary key: both engines stop at the limit, however large the group is.</summary>
    private static Task<List<(PersonKey Person, long Number, short Kind)>> ClaimsAsync(
        Session session, string project, string cohort, long baseNumber, KeyRange range, int limit, CancellationToken cancellationToken) =>
        session.QueryAsync(
            $"""
            SELECT person, number, kind FROM membership
            WHERE project = @project AND cohort = @cohort AND {RangeSql.Where("")} AND (number = @base OR (number > @base AND kind < 2))
            ORDER BY shard, person, number LIMIT @limit
            """,
            r => (r.Key(0), r.GetInt64(1), r.GetInt16(2)),
            cancellationToken,
            RangeSql.Parameters(session.Dialect, range, ("project", project), ("cohort", cohort), ("base", baseNumber), ("limit", limit)));

    private static async Task<IEnumerable<GroupMember>> NamesAsync(Session session, string project, PersonKey[] people, CancellationToken cancellationToken) =>
        (await session.QueryBatchAsync(
            """
            SELECT p.person, p.distinct_id FROM {batch} JOIN profile p ON p.project = {project} AND p.shard = b.shard AND p.person = b.person
            """,
            Batch.Of(session.Dialect, people), r => new GroupMember(r.Key(0), r.GetString(1)), cancellationToken, ("project", project)))
        .OrderBy(m => m.Key);

    internal static async Task<long> BaseAsync(Session session, string project, string cohort, CancellationToken cancellationToken) =>
        await session.ScalarAsync<long?>(
            "SELECT base FROM cohort WHERE project = @project AND cohort = @cohort", cancellationToken, ("project", project), ("cohort", cohort)) ?? -1;

    private static UserGroup Read(DbDataReader r) => new(
        r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.TextOrNull(4), r.GetString(5), r.GetInt64(6), r.GetInt64(7),
        r.GetInt32(8) == 1, r.Time(9), r.Time(10),
        r.IsDBNull(11) ? null : new SyncProgress(r.GetInt64(11), r.GetInt32(12), r.GetInt32(13), r.Time(14)))
    {
        SentAt = r.TimeOrNull(15),
    };
}
