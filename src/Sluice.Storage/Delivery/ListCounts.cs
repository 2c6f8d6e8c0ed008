using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Storage.Cohorts;

namespace Sluice.Storage.Delivery;

/// <summary>Counts over lists and cohorts of any size, a range of keys after the other: no engine has to hold a set in memory for them.</summary>
internal static class ListCounts
{
    private const int SliceRows = 10_000;
    private const string List = "project = @project AND destination = @destination AND list = @list";

    /// <summary>How many people the sets of a list have, about.</summary>
    public static async Task<long> SizeAsync(Session session, DeliveryScope scope, ListRule rule, CancellationToken cancellationToken)
    {
        var size = await session.ScalarAsync<long>($"SELECT count(*) FROM ledger_member WHERE {List}", cancellationToken, Key(scope, rule.List));
        foreach (var cohort in rule.Cohorts)
        {
            size += await CohortSizeAsync(session, scope.Project, cohort, cancellationToken);
        }

        return rule.AllUsers
            ? size + await session.ScalarAsync<long>("SELECT count(*) FROM profile WHERE project = @project", cancellationToken, ("project", scope.Project))
            : size;
    }

    public static async Task<RemovalCount> RemovalsAsync(Session session, DeliveryScope scope, ListRule rule, CancellationToken cancellationToken)
    {
        var sets = await ListSets.OfAsync(session, scope, rule, cancellationToken);
        var now = await session.Dialect.NowAsync(session, cancellationToken);
        var key = Key(scope, rule.List);
        var members = await session.ScalarAsync<long>($"SELECT count(*) FROM ledger_member WHERE {List}", cancellationToken, key);
        var unwanted = await InSlicesAsync(
            session, $"SELECT count(*) FROM ({sets.Unwanted}) u", await SizeAsync(session, scope, rule, cancellationToken), sets.In, cancellationToken);

        // Of an exclusive list everybody counts, also those who were in it before us.
        var foreign = 0L;
        var unwantedForeign = 0L;
        if (rule.Mode == ListMode.Exclusive)
        {
            foreign = await session.ScalarAsync<long>($"SELECT count(*) FROM ledger_foreign WHERE {List}", cancellationToken, key);
            unwantedForeign = await InSlicesAsync(session, $"SELECT count(*) {sets.UnwantedForeign}", foreign, sets.In, cancellationToken);
        }

        return new RemovalCount(
            unwanted + unwantedForeign,
            members + foreign,
            await session.ScalarAsync<long>(
                $"SELECT coalesce(sum(removed), 0) FROM list_removal WHERE {List} AND hour >= @since", cancellationToken,
                [.. key, ("since", (now / 3_600_000) - 24)]),
            unwantedForeign);
    }

    /// <summary>How many people of a cohort are in a list.</summary>
    public static async Task<long> InListAsync(Session session, DeliveryScope scope, long list, string cohort, CancellationToken cancellationToken)
    {
        var number = await UserGroups.BaseAsync(session, scope.Project, cohort, cancellationToken);
        var members = session.Dialect.EffectiveMembers("@project", "@cohort", "@base", RangeSql.Where(""));
        (string, object?)[] parameters = [.. Key(scope, list), ("cohort", cohort), ("base", number)];
        return await InSlicesAsync(
            session,
            $"""
            SELECT count(*) FROM ({members}) e WHERE EXISTS (
                SELECT 1 FROM ledger_member m WHERE m.project = @project AND m.destination = @destination AND m.list = @list
                    AND m.shard = e.shard AND m.person = e.person AND m.state = 2 {ListSets.OneByOne})
            OR EXISTS (
                SELECT 1 FROM profile p WHERE p.project = @project AND p.shard = e.shard AND p.person = e.person AND EXISTS (
                    SELECT 1 FROM ledger_foreign f WHERE f.project = @project AND f.destination = @destination AND f.list = @list
                        AND f.shard = {session.Dialect.ShardOf("p.email")} AND f.email_key = p.email {ListSets.OneByOne}) {ListSets.OneByOne})
            """,
            await CohortSizeAsync(session, scope.Project, cohort, cancellationToken),
            range => RangeSql.Parameters(session.Dialect, range, parameters),
            cancellationToken);
    }

    private static async Task<long> InSlicesAsync(
        Session session, string sql, long rows, Func<KeyRange, (string, object?)[]> parameters, CancellationToken cancellationToken)
    {
        var count = 0L;
        var slices = KeyRange.CountFor(rows, SliceRows);
        for (var slice = 0; slice < slices; slice++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            count += await session.ScalarAsync<long>(sql, cancellationToken, parameters(KeyRange.Slice(slice, slices)));
        }

        return count;
    }

    // Pages hold 1,000 members at most by Mixpanel's rule; more only makes a slice somewhat larger.
    private static Task<long> CohortSizeAsync(Session session, string project, string cohort, CancellationToken cancellationToken) =>
        session.ScalarAsync<long>(
            """
            SELECT coalesce(max(s.pages), 0) * 1000 + coalesce(max(c.members), 0) FROM cohort c LEFT JOIN cohort_session s
            ON s.project = c.project AND s.cohort = c.cohort AND s.number = c.base
            WHERE c.project = @project AND c.cohort = @cohort
            """,
            cancellationToken, ("project", project), ("cohort", cohort));

    private static (string Name, object? Value)[] Key(DeliveryScope scope, long list) =>
        [("project", scope.Project), ("destination", scope.Destination), ("list", list)];
}
