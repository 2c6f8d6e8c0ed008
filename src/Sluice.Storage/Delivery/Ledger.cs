using System.Data.Common;
using Sluice.Core.Delivery;
using Sluice.Core.People;

namespace Sluice.Storage.Delivery;

/// <inheritdoc cref="ILedger"/>
internal sealed class Ledger(Database database) : ILedger
{
    private const string Scope = "project = @project AND destination = @destination";

    public async Task<DestinationState> RegisterAsync(DeliveryScope scope, CancellationToken cancellationToken)
    {
        while (await database.WriteAsync((session, token) => Following.ForgetAsync(session, scope, token), cancellationToken))
        {
            // Slice after slice.
        }

        return await database.WriteAsync(
            async (session, token) =>
            {
                var key = Key(scope);
                await session.ExecuteAsync(
                    """
                    INSERT INTO destination (project, destination, group_attributes) VALUES (@project, @destination, @groups)
                    ON CONFLICT (project, destination) DO UPDATE SET group_attributes = excluded.group_attributes
                    """,
                    token, [.. key, ("groups", scope.GroupAttributes)]);
                if (scope.LeaseName is { } lease)
                {
                    await Leases.NoteAsync(session, scope.Project, lease, token);
                }

                await session.ExecuteBatchAsync(
                    """
                    INSERT INTO list (project, destination, list, foreign_read, walk_slice, walk_slices, held)
                    SELECT @project, @destination, b.list, 0, 0, 0, 0 FROM {batch} WHERE true
                    ON CONFLICT (project, destination, list) DO NOTHING
                    """,
                    new Batch().Add("list", ColumnType.Long, scope.Rules.Select(r => r.List).ToArray()), token, key);
                await Following.RegisterAsync(session, scope, token);
                var lists = await session.QueryAsync(
                    $"""
                    SELECT list, name, sources, foreign_read, walk_slice, walk_slices, walk_sources, walked_at, held, held_since, allow_removals_until, kept
                    FROM list WHERE {Scope}
                    """,
                    ReadList, token, key);
                return (await session.FirstAsync(
                    $"SELECT mapping, prepared_at, changes_read_until, paused_reason, paused_until FROM destination WHERE {Scope}",
                    r => new DestinationState(r.Hash(0), r.TimeOrNull(1), r.TimeOrNull(2), r.TextOrNull(3), r.TimeOrNull(4), lists.ToDictionary(l => l.List)),
                    token, key))!;
            },
            cancellationToken);
    }

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

    public async Task<IReadOnlyList<string>> SampleAddedAsync(DeliveryScope scope, int limit, CancellationToken cancellationToken)
    {
        if (scope.Enrichment.IsEmpty)
        {
            return [];
        }

        var profiles = await SampleProfilesAsync(scope.Project, limit, cancellationToken);
        return await database.ReadAsync<IReadOnlyList<string>>(
            async (session, token) => [.. (await Additions.OfAsync(session, scope.Project, scope.Enrichment, profiles, token)).Select(a => a.Added)], cancellationToken);
    }

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
            async (session, token) =>
            {
                // Who is known under an id that another one speaks for is that other person.
                var clusters = await Clusters.OfAsync(session, scope.Project, people, token);
                var speakers = people.Select(p => clusters.SpeakerOf(p)).OfType<PersonKey>();
                return await PersonLoader.LoadAsync(session, scope, [.. people.Concat(speakers).Distinct().Select(p => (p, 0L))], token);
            },
            cancellationToken);

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
                var sets = await ListSets.OfAsync(session, scope, rule, token);
                return await session.QueryAsync(sets.Difference(all), r => r.Key(1), token, sets.In(range));
            },
            cancellationToken);

    public Task<long> SizeAsync(DeliveryScope scope, ListRule rule, CancellationToken cancellationToken) =>
        database.ReadAsync((session, token) => ListCounts.SizeAsync(session, scope, rule, token), cancellationToken);

    public Task<RemovalCount> CountRemovalsAsync(DeliveryScope scope, ListRule rule, CancellationToken cancellationToken) =>
        database.ReadAsync((session, token) => ListCounts.RemovalsAsync(session, scope, rule, token), cancellationToken);

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

    public async Task<IReadOnlyList<ForeignMember>> UnwantedForeignAsync(
        DeliveryScope scope, ListRule rule, UInt128? after, int limit, CancellationToken cancellationToken) =>
        after == UInt128.MaxValue
            ? []
            : await database.ReadAsync(
                async (session, token) =>
                {
                    var sets = await ListSets.OfAsync(session, scope, rule, token);
                    var range = KeyRange.All with { From = new PersonKey(after is { } last ? last + 1 : UInt128.Zero) };
                    return await session.QueryAsync(
                        $"SELECT f.email_key, f.remote_id {sets.UnwantedForeign} ORDER BY f.shard, f.email_key LIMIT @limit",
                        r => new ForeignMember(rule.List, r.Hash(0)!.Value, r.GetInt64(1)), token, [.. sets.In(range), ("limit", limit)]);
                },
                cancellationToken);

    public Task<IReadOnlySet<PersonKey>> CommitAsync(DeliveryScope scope, Lease lease, LedgerChanges changes, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                return await new LedgerWriter(session, scope).WriteAsync(changes, token);
            },
            cancellationToken);

    public async Task NoteGroupsAsync(DeliveryScope scope, Lease lease, IReadOnlyList<PersonState> people, CancellationToken cancellationToken)
    {
        if (scope.Enrichment.GroupKeys.Count == 0 || people.Count == 0)
        {
            return;
        }

        var changes = await database.ReadAsync((session, token) => GroupLinks.CompareAsync(session, scope, people, token), cancellationToken);
        if (!changes.IsEmpty)
        {
            await database.WriteAsync(
                async (session, token) =>
                {
                    await Leases.CheckAsync(session, lease, token);
                    await GroupLinks.WriteAsync(session, scope, changes, token);
                    await Companies.MarkAsync(session, scope, changes, token);
                },
                cancellationToken);
        }
    }

    public async Task<bool> FollowAsync(DeliveryScope scope, Lease lease, int limit, CancellationToken cancellationToken)
    {
        if (scope.Enrichment.IsEmpty || !await database.ReadAsync((session, token) => Following.IsDueAsync(session, scope, token), cancellationToken))
        {
            return false;
        }

        await database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                await Following.StepAsync(session, scope, limit, token);
            },
            cancellationToken);
        return true;
    }

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

    internal static ListState ReadList(DbDataReader r) => new(
        r.GetInt64(0), r.TextOrNull(1), r.Hash(2), r.GetInt32(3), r.GetInt32(4), r.GetInt32(5), r.Hash(6), r.TimeOrNull(7), r.GetInt64(8),
        r.TimeOrNull(9), r.TimeOrNull(10)) { IsKept = r.GetInt16(11) == 1 };
}
