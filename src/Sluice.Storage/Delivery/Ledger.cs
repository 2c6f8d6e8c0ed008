using System.Data.Common;
using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Storage.Cohorts;

namespace Sluice.Storage.Delivery;

/// <inheritdoc cref="ILedger"/>
internal sealed class Ledger(Database database) : ILedger
{
    private const string Scope = "project = @project AND destination = @destination";

    public Task<DestinationState> RegisterAsync(DeliveryScope scope, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var key = Key(scope);
                await session.ExecuteAsync(
                    """
                    INSERT INTO destination (project, destination, group_attributes) VALUES (@project, @destination, @groups)
                    ON CONFLICT (project, destination) DO UPDATE SET group_attributes = excluded.group_attributes
                    """,
                    token, [.. key, ("groups", scope.GroupAttributes)]);
                await session.ExecuteBatchAsync(
                    """
                    INSERT INTO list (project, destination, list, foreign_read, walk_slice, walk_slices, held)
                    SELECT @project, @destination, b.list, 0, 0, 0, 0 FROM {batch} WHERE true
                    ON CONFLICT (project, destination, list) DO NOTHING
                    """,
                    new Batch().Add("list", ColumnType.Long, scope.Rules.Select(r => r.List).ToArray()), token, key);
                var lists = await session.QueryAsync(
                    $"""
                    SELECT list, name, sources, foreign_read, walk_slice, walk_slices, walk_sources, walked_at, held, held_since, allow_removals_until
                    FROM list WHERE {Scope}
                    """,
                    ReadList, token, key);
                return (await session.FirstAsync(
                    $"SELECT mapping, prepared_at, changes_read_until, paused_reason, paused_until FROM destination WHERE {Scope}",
                    r => new DestinationState(r.Hash(0), r.TimeOrNull(1), r.TimeOrNull(2), r.TextOrNull(3), r.TimeOrNull(4), lists.ToDictionary(l => l.List)),
                    token, key))!;
            },
            cancellationToken);

    public Task<IReadOnlyDictionary<string, string>> FindSourcesAsync(
        string project, string destination, IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (session, token) => ListSources.FindAsync(session, project, destination, keys, token), cancellationToken);

    public async Task<IReadOnlyDictionary<string, long>> BasesAsync(string project, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => (await session.QueryAsync(
                "SELECT cohort, base FROM cohort WHERE project = @project", r => (r.GetString(0), r.GetInt64(1)), token,
                ("project", project))).ToDictionary(c => c.Item1, c => c.Item2, StringComparer.Ordinal),
            cancellationToken);

    public async Task<IReadOnlyList<string>> SampleProfilesAsync(string project, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.QueryAsync(
                "SELECT props FROM profile WHERE project = @project LIMIT @limit", r => r.GetString(0), token, ("project", project), ("limit", limit)),
            cancellationToken);

    public Task<IReadOnlyList<PersonState>> PendingAsync(DeliveryScope scope, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) =>
            {
                var people = await session.QueryAsync(
                    $"SELECT person, seq FROM pending WHERE {Scope} AND job IS NULL LIMIT @limit",
                    r => (r.Key(0), r.GetInt64(1)), token, [.. Key(scope), ("limit", limit)]);
                return await PersonLoader.LoadAsync(session, scope, people, token);
            },
            cancellationToken);

    public Task<IReadOnlyList<PersonState>> LoadAsync(DeliveryScope scope, IReadOnlyList<PersonKey> people, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (session, token) => PersonLoader.LoadAsync(session, scope, [.. people.Select(p => (p, 0L))], token), cancellationToken);

    public Task<IReadOnlyList<PersonState>> FindByAddressAsync(DeliveryScope scope, IReadOnlyList<string> emails, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) =>
            {
                var keys = emails.Select(e => ContactKeys.OfEmail(scope.Project, e)).Where(k => k is not null).Select(k => new PersonKey(k!.Value).ToBytes());
                var people = await session.QueryBatchAsync(
                    """
                    SELECT DISTINCT c.person FROM {batch} JOIN ledger_contact c
                    ON c.project = {project} AND c.destination = {destination} AND c.email_key = b.email
                    """,
                    new Batch().Add("email", ColumnType.Bytes, keys.ToArray()), r => r.Key(0), token, Key(scope));
                return await PersonLoader.LoadAsync(session, scope, [.. people.Select(p => (p, 0L))], token);
            },
            cancellationToken);

    public async Task<IReadOnlyList<PersonKey>> DifferenceAsync(
        DeliveryScope scope, ListRule rule, KeyRange range, bool all, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) =>
            {
                var sets = await ListSets.OfAsync(session, scope, rule, range, token);
                return await session.QueryAsync(sets.Difference(all), r => r.Key(1), token, sets.Parameters);
            },
            cancellationToken);

    public Task<long> SizeAsync(DeliveryScope scope, ListRule rule, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) =>
            {
                var size = await session.ScalarAsync<long>(
                    $"SELECT count(*) FROM ledger_member WHERE {Scope} AND list = @list", token, [.. Key(scope), ("list", rule.List)]);
                foreach (var cohort in rule.Cohorts)
                {
                    size += await session.ScalarAsync<long>(
                        """
                        SELECT coalesce(max(s.pages), 0) * 1000 + coalesce(max(c.members), 0) FROM cohort c LEFT JOIN cohort_session s
                        ON s.project = c.project AND s.cohort = c.cohort AND s.number = c.base
                        WHERE c.project = @project AND c.cohort = @cohort
                        """,
                        token, ("project", scope.Project), ("cohort", cohort));
                }

                return rule.AllUsers
                    ? size + await session.ScalarAsync<long>("SELECT count(*) FROM profile WHERE project = @project", token, ("project", scope.Project))
                    : size;
            },
            cancellationToken);

    public Task<RemovalCount> CountRemovalsAsync(DeliveryScope scope, ListRule rule, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) =>
            {
                var sets = await ListSets.OfAsync(session, scope, rule, KeyRange.All, token);
                var now = await session.Dialect.NowAsync(session, token);
                (string, object?)[] list = [.. Key(scope), ("list", rule.List)];

                // Of an exclusive list everybody counts, also those who were in it before us.
                var exclusive = rule.Mode == ListMode.Exclusive;
                return new RemovalCount(
                    await session.ScalarAsync<long>($"SELECT count(*) FROM ({sets.Unwanted}) u", token, sets.Parameters)
                        + (exclusive ? await session.ScalarAsync<long>($"SELECT count(*) {sets.UnwantedForeign}", token, sets.Parameters) : 0),
                    await session.ScalarAsync<long>($"SELECT count(*) FROM ledger_member WHERE {Scope} AND list = @list", token, list)
                        + (exclusive ? await session.ScalarAsync<long>($"SELECT count(*) FROM ledger_foreign WHERE {Scope} AND list = @list", token, list) : 0),
                    await session.ScalarAsync<long>(
                        $"SELECT coalesce(sum(removed), 0) FROM list_removal WHERE {Scope} AND list = @list AND hour >= @since",
                        token, [.. list, ("since", (now / 3_600_000) - 24)]));
            },
            cancellationToken);

    public Task<bool> AllowRemovalsAsync(string project, string destination, long list, DateTimeOffset until, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) => await session.ExecuteAsync(
                $"UPDATE list SET allow_removals_until = @until WHERE {Scope} AND list = @list",
                token, ("project", project), ("destination", destination), ("list", list), ("until", until)) == 1,
            cancellationToken);

    public Task<(long Present, long Foreign)> CountAsync(DeliveryScope scope, long list, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) =>
            {
                (string, object?)[] where = [.. Key(scope), ("list", list)];
                return (
                    await session.ScalarAsync<long>($"SELECT count(*) FROM ledger_member WHERE {Scope} AND list = @list AND state = 2", token, where),
                    await session.ScalarAsync<long>($"SELECT count(*) FROM ledger_foreign WHERE {Scope} AND list = @list", token, where));
            },
            cancellationToken);

    public async Task<IReadOnlyList<Job>> ActiveJobsAsync(DeliveryScope scope, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.QueryAsync(
                $"""
                SELECT job, list, run, state, process, token, rows, witness, started_at, called_at, ended_at FROM job
                WHERE {Scope} AND ended_at IS NULL ORDER BY started_at
                """,
                r => new Job(
                    r.GetString(0), r.GetInt64(1), r.GetString(2), r.GetString(3), r.LongOrNull(4), r.GetString(5), r.GetInt64(6), r.TextOrNull(7),
                    r.Time(8), r.TimeOrNull(9), r.TimeOrNull(10)),
                token, Key(scope)),
            cancellationToken);

    public async Task<IReadOnlyList<ForeignMember>> UnwantedForeignAsync(DeliveryScope scope, ListRule rule, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) =>
            {
                var sets = await ListSets.OfAsync(session, scope, rule, KeyRange.All, token);
                return await session.QueryAsync(
                    $"SELECT f.email_key, f.remote_id {sets.UnwantedForeign} LIMIT @limit",
                    r => new ForeignMember(rule.List, r.Hash(0)!.Value, r.GetInt64(1)), token, [.. sets.Parameters, ("limit", limit)]);
            },
            cancellationToken);

    public Task CommitAsync(DeliveryScope scope, Lease lease, LedgerChanges changes, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                await new LedgerWriter(session, scope).WriteAsync(changes, token);
            },
            cancellationToken);

    public Task SettleJobAsync(
        DeliveryScope scope, Lease lease, Job job, KeyRange range, LedgerState state, bool last, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                var now = await session.Dialect.NowAsync(session, token);
                var parameters = RangeSql.Parameters(
                    session.Dialect, range, [.. Key(scope), ("list", job.List), ("job", job.Id), ("state", state), ("now", now)]);
                await session.ExecuteAsync(
                    $"UPDATE ledger_member SET state = @state, job = NULL, since = @now WHERE {Scope} AND list = @list AND {RangeSql.Where("")} AND job = @job",
                    token, parameters);
                await session.ExecuteAsync(
                    $"UPDATE ledger_contact SET state = @state, job = NULL, updated_at = @now WHERE {Scope} AND {RangeSql.Where("")} AND job = @job",
                    token, parameters);
                if (last)
                {
                    await session.ExecuteAsync($"UPDATE pending SET job = NULL, seq = seq + 1 WHERE {Scope} AND job = @job", token, parameters);
                }
            },
            cancellationToken);

    private static (string Name, object? Value)[] Key(DeliveryScope scope) => [("project", scope.Project), ("destination", scope.Destination)];

    private static ListState ReadList(DbDataReader r) => new(
        r.GetInt64(0), r.TextOrNull(1), r.Hash(2), r.GetInt32(3), r.GetInt32(4), r.GetInt32(5), r.Hash(6), r.TimeOrNull(7), r.GetInt64(8),
        r.TimeOrNull(9), r.TimeOrNull(10));
}

/// <summary>The sets of a list within a range, as SQL: who is wanted, who is there by the ledger.</summary>
internal sealed class ListSets
{
    private readonly string _members;
    private readonly string _present;
    private readonly ListRule _rule;

    private ListSets(ListRule rule, string wanted, (string Name, object? Value)[] parameters)
    {
        _rule = rule;
        Wanted = wanted;
        Parameters = parameters;
        var where = $"project = @project AND destination = @destination AND list = @list AND {RangeSql.Where("")}";
        _members = $"SELECT shard, person FROM ledger_member WHERE {where}";
        _present = $"{_members} AND state = 2";
    }

    public string Wanted { get; }

    /// <summary>There, and no longer wanted.</summary>
    public string Unwanted => _rule.Mode == ListMode.Remove ? $"{_members} INTERSECT {Wanted}" : $"{_members} EXCEPT {Wanted}";

    /// <summary>There before us, and wanted by nobody.</summary>
    public string UnwantedForeign => $"""
        FROM ledger_foreign f WHERE f.project = @project AND f.destination = @destination AND f.list = @list AND f.email_key NOT IN (
            SELECT p.email FROM ({Wanted}) w JOIN profile p ON p.project = @project AND p.shard = w.shard AND p.person = w.person WHERE p.email IS NOT NULL)
        """;

    public (string Name, object? Value)[] Parameters { get; }

    public static async Task<ListSets> OfAsync(Session session, DeliveryScope scope, ListRule rule, KeyRange range, CancellationToken cancellationToken)
    {
        var parts = new List<string>();
        var parameters = new List<(string, object?)> { ("project", scope.Project), ("destination", scope.Destination), ("list", rule.List) };
        foreach (var cohort in rule.Cohorts)
        {
            var number = await UserGroups.BaseAsync(session, scope.Project, cohort, cancellationToken);
            parts.Add($"SELECT shard, person FROM ({session.Dialect.EffectiveMembers("@project", $"@c{parts.Count}", $"@n{parts.Count}", RangeSql.Where(""))}) e{parts.Count}");
            parameters.Add(($"c{parts.Count - 1}", cohort));
            parameters.Add(($"n{parts.Count - 1}", number));
        }

        if (rule.AllUsers)
        {
            parts.Add($"SELECT shard, person FROM profile WHERE project = @project AND {RangeSql.Where("")} AND props <> '{{}}'");
        }

        if (parts.Count == 0)
        {
            // A list whose sources are all still waiting wants nobody.
            parts.Add("SELECT shard, person FROM ledger_member WHERE 1 = 0");
        }

        return new ListSets(rule, $"SELECT shard, person FROM ({string.Join(" UNION ", parts)}) wanted", RangeSql.Parameters(session.Dialect, range, [.. parameters]));
    }

    /// <summary>Where the wanted and the ledger differ, in the sense of the list's mode.</summary>
    public string Difference(bool all)
    {
        if (all)
        {
            return $"SELECT shard, person FROM ({Wanted} UNION {_members}) d ORDER BY shard, person";
        }

        var difference = _rule.Mode switch
        {
            ListMode.Mirror or ListMode.Exclusive =>
                $"SELECT shard, person FROM ({Wanted} EXCEPT {_present}) a UNION ALL SELECT shard, person FROM ({Unwanted}) r",
            ListMode.Add => $"SELECT shard, person FROM ({Wanted} EXCEPT {_present}) a",
            // Whom the list held before us is not told by the person but by the address: all who are wanted are looked at.
            _ => Wanted,
        };
        return $"SELECT shard, person FROM ({difference}) d ORDER BY shard, person";
    }
}

/// <summary>Finds the cohorts that keys of the config mean.</summary>
internal static class ListSources
{
    public static async Task<IReadOnlyDictionary<string, string>> FindAsync(
        Session session, string project, string destination, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        (string, object?)[] where = [("project", project), ("destination", destination)];
        var found = (await session.QueryAsync(
            "SELECT source, cohort FROM list_source WHERE project = @project AND destination = @destination",
            r => (r.GetString(0), r.GetString(1)), cancellationToken, where)).ToDictionary(s => s.Item1, s => s.Item2, StringComparer.Ordinal);
        var missing = keys.Where(k => !found.ContainsKey(k)).ToList();
        if (missing.Count == 0)
        {
            return found;
        }

        // Two cohorts may share a name: the one that has been there longest is meant.
        var cohorts = await session.QueryAsync(
            "SELECT cohort, name, slug FROM cohort WHERE project = @project ORDER BY created_at, cohort",
            r => (Cohort: r.GetString(0), Name: r.GetString(1), Slug: r.GetString(2)), cancellationToken, ("project", project));
        foreach (var key in missing)
        {
            var match = cohorts.Where(c => c.Cohort == key).Concat(cohorts.Where(c => c.Name == key)).Concat(cohorts.Where(c => c.Slug == key)).FirstOrDefault();
            if (match.Cohort is not null)
            {
                found[key] = match.Cohort;
                await session.ExecuteAsync(
                    """
                    INSERT INTO list_source (project, destination, source, cohort, found_at) VALUES (@project, @destination, @source, @cohort, @now)
                    ON CONFLICT (project, destination, source) DO NOTHING
                    """,
                    cancellationToken,
                    [.. where, ("source", key), ("cohort", match.Cohort), ("now", await session.Dialect.NowAsync(session, cancellationToken))]);
            }
        }

        return found;
    }
}
