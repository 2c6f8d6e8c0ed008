using System.Globalization;
using System.Text.Json;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Companies;
using Sluice.Core.People;

namespace Sluice.Storage.Delivery;

/// <inheritdoc cref="ICompanies"/>
internal sealed class Companies(Database database) : ICompanies
{
    private const string Scope = "project = @project AND destination = @destination";

    private static readonly string[] Tables = ["company_source", "company_mark", "company"];

    private const string Mark = """
        INSERT INTO company_mark (shard, project, destination, person, seq)
        SELECT b.shard, @project, s.destination, b.person, 1 FROM {batch}
        JOIN company_source s ON s.project = {project} {0} WHERE true
        ON CONFLICT (project, destination, shard, person) DO UPDATE SET seq = company_mark.seq + 1
        """;

    private static readonly string MarkAll = Mark.Replace("{0}", "AND s.group_key = b.group_key", StringComparison.Ordinal);
    private static readonly string MarkOne = Mark.Replace("{0}", "AND s.group_key = b.group_key AND s.destination = {destination}", StringComparison.Ordinal);
    private static readonly string MarkAgain = Mark.Replace("{0}", "", StringComparison.Ordinal);

    /// <summary>The profiles of groups (the batch: shard, person, group_key) have changed.</summary>
    public static Task<int> MarkAsync(Session session, string project, Batch groups, CancellationToken cancellationToken) =>
        session.ExecuteBatchAsync(MarkAll, groups, cancellationToken, ("project", project));

    /// <summary>People have come into groups, or have left them.</summary>
    public static async Task MarkAsync(Session session, DeliveryScope scope, GroupLinks.LinkChanges changes, CancellationToken cancellationToken)
    {
        var groups = changes.New.Concat(changes.Gone).Select(l => (l.GroupKey, l.Group)).Distinct().OrderBy(g => g.Group).ThenBy(g => g.GroupKey, StringComparer.Ordinal).ToArray();
        await session.ExecuteBatchAsync(
            MarkOne, Batch.Of(session.Dialect, [.. groups.Select(g => g.Group)]).Add("group_key", ColumnType.Text, Array.ConvertAll(groups, g => g.GroupKey)),
            cancellationToken, Key(scope));
    }

    /// <summary>Groups whose letters are tried again are looked at again.</summary>
    public static Task<int> PutBackAsync(Session session, string project, IEnumerable<string> letters, CancellationToken cancellationToken)
    {
        var groups = letters.Where(l => l.StartsWith(CompanyChange.LetterPrefix, StringComparison.Ordinal))
            .Select(l => UInt128.TryParse(l.AsSpan(CompanyChange.LetterPrefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var key) ? key : (UInt128?)null)
            .OfType<UInt128>().Distinct().Order().Select(k => new PersonKey(k)).ToArray();
        return session.ExecuteBatchAsync(MarkAgain, Batch.Of(session.Dialect, groups), cancellationToken, ("project", project));
    }

    public Task RegisterAsync(DeliveryScope scope, string groupKey, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var key = Key(scope);
                await session.ExecuteAsync(
                    $"UPDATE run SET state = 'failed', ended_at = @now WHERE {Scope} AND kind = 'companies' AND ended_at IS NULL", token,
                    [.. key, ("now", await session.Dialect.NowAsync(session, token))]);
                var before = await session.ScalarAsync<string>($"SELECT group_key FROM company_source WHERE {Scope}", token, key);
                if (before == groupKey)
                {
                    return;
                }

                if (!session.Dialect.RowByRow)
                {
                    // Whoever writes groups holds this: those that are not committed yet are seen below, or see the new source.
                    await session.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtext(@project))", token, key);
                }

                foreach (var table in Tables)
                {
                    await session.ExecuteAsync($"DELETE FROM {table} WHERE {Scope}", token, key);
                }

                await session.ExecuteAsync(
                    "INSERT INTO company_source (project, destination, group_key) VALUES (@project, @destination, @group)", token, [.. key, ("group", groupKey)]);
                await session.ExecuteAsync(
                    """
                    INSERT INTO company_mark (shard, project, destination, person, seq)
                    SELECT shard, project, @destination, person, 1 FROM group_profile WHERE project = @project AND group_key = @group
                    """,
                    token, [.. key, ("group", groupKey)]);
            },
            cancellationToken);

    public Task<IReadOnlyList<CompanyState>> PendingAsync(
        DeliveryScope scope, int limit, IReadOnlyCollection<PersonKey> without, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<CompanyState>>(
            async (session, token) =>
            {
                (string, object?)[] key = [.. Key(scope), ("limit", limit + without.Count), ("now", await session.Dialect.NowAsync(session, token))];
                var groupKey = await session.ScalarAsync<string>($"SELECT group_key FROM company_source WHERE {Scope}", token, key) ?? "";
                var marked = await session.QueryAsync($"SELECT person, seq FROM company_mark WHERE {Scope} LIMIT @limit", r => (Group: r.Key(0), Seq: r.GetInt64(1)), token, key);
                var due = await session.QueryAsync(
                    $"SELECT person FROM company WHERE {Scope} AND look_at <= @now ORDER BY look_at LIMIT @limit", r => (Group: r.Key(0), Seq: 0L), token, key);
                var states = new List<CompanyState>();
                var skipped = without.ToHashSet();
                foreach (var (group, seq) in marked.Concat(due).DistinctBy(g => g.Group).Where(g => !skipped.Contains(g.Group)).Take(limit))
                {
                    states.Add(await ReadAsync(session, scope, groupKey, group, seq, token));
                }

                return states;
            },
            cancellationToken);

    public Task<long> CountAsync(DeliveryScope scope, CancellationToken cancellationToken) =>
        database.ReadAsync((session, token) => session.ScalarAsync<long>($"SELECT count(*) FROM company_mark WHERE {Scope}", token, Key(scope)), cancellationToken);

    public Task<IReadOnlySet<string>> HeldAsync(DeliveryScope scope, PersonKey group, IReadOnlyCollection<string> remoteIds, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlySet<string>>(
            async (session, token) => (await session.QueryBatchAsync(
                """
                SELECT c.remote_id FROM {batch} JOIN company c
                ON c.project = {project} AND c.destination = {destination} AND c.remote_id = b.remote AND c.person <> {group}
                """,
                new Batch().Add("remote", ColumnType.Text, [.. remoteIds]), r => r.GetString(0), token, [.. Key(scope), ("group", group)])).ToHashSet(StringComparer.Ordinal),
            cancellationToken);

    public Task CommitAsync(DeliveryScope scope, Lease lease, CompanyChange? change, Run? run, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                await Leases.CheckAsync(session, lease, token);
                if (change is not null)
                {
                    await WriteAsync(session, scope, change, token);
                }

                var others = new LedgerChanges { Run = run };
                others.DeadLetters.AddRange(change?.Letter is { } letter ? [letter] : []);
                await new LedgerWriter(session, scope).WriteAsync(others, token);
            },
            cancellationToken);

    private static async Task<CompanyState> ReadAsync(
        Session session, DeliveryScope scope, string groupKey, PersonKey group, long seq, CancellationToken cancellationToken)
    {
        (string, object?)[] key = [.. Key(scope), ("group", groupKey), ("shard", session.Dialect.ShardOf(group)), ("person", group), ("limit", CompanyState.MaxMembers)];
        var profile = await session.FirstAsync(
            "SELECT group_id, props FROM group_profile WHERE project = @project AND group_key = @group AND shard = @shard AND person = @person",
            r => Tuple.Create(r.GetString(0), r.GetString(1)), cancellationToken, key);
        var known = await session.FirstAsync(
            $"SELECT remote_id, payload, linked, look_at FROM company WHERE {Scope} AND shard = @shard AND person = @person",
            r => new LedgerCompany(r.TextOrNull(0), r.Hash(1)!.Value, JsonSerializer.Deserialize(r.GetString(2), StorageJson.Default.Int64Array)!, r.Time(3)),
            cancellationToken, key);
        var members = profile is null ? [] : await session.QueryAsync(
            $"SELECT person FROM group_member WHERE {Scope} AND group_key = @group AND member_of = @person ORDER BY person LIMIT @limit", r => r.Key(0), cancellationToken, key);
        return new CompanyState(group, profile?.Item1, profile?.Item2 ?? "{}", members, known, seq);
    }

    private static async Task WriteAsync(Session session, DeliveryScope scope, CompanyChange change, CancellationToken cancellationToken)
    {
        (string, object?)[] key =
            [.. Key(scope), ("shard", session.Dialect.ShardOf(change.Group)), ("person", change.Group), ("now", await session.Dialect.NowAsync(session, cancellationToken))];
        const string row = $"{Scope} AND shard = @shard AND person = @person";
        if (change.Company is { } company)
        {
            await session.ExecuteAsync(
                """
                INSERT INTO company (shard, project, destination, person, remote_id, payload, linked, look_at, updated_at)
                VALUES (@shard, @project, @destination, @person, @remote, @payload, @linked, @look, @now)
                ON CONFLICT (project, destination, shard, person) DO UPDATE SET
                    remote_id = excluded.remote_id, payload = excluded.payload, linked = excluded.linked, look_at = excluded.look_at, updated_at = excluded.updated_at
                """,
                cancellationToken,
                [.. key, ("remote", company.RemoteId), ("payload", company.Payload), ("linked", JsonSerializer.Serialize([.. company.Linked], StorageJson.Default.Int64Array)),
                    ("look", company.LookAt)]);
        }
        else
        {
            await session.ExecuteAsync($"DELETE FROM company WHERE {row}", cancellationToken, key);
        }

        if (change.Seq is { } seq)
        {
            await session.ExecuteAsync($"DELETE FROM company_mark WHERE {row} AND seq = @seq", cancellationToken, [.. key, ("seq", seq)]);
        }

        await session.ExecuteBatchAsync(
            """
            UPDATE ledger_contact SET remote_id = b.remote FROM {batch}
            WHERE ledger_contact.project = {project} AND ledger_contact.destination = {destination} AND ledger_contact.shard = b.shard
                AND ledger_contact.person = b.person AND ledger_contact.remote_id IS NULL
            """,
            Batch.Of(session.Dialect, [.. change.Contacts.Select(c => c.Person)]).Add("remote", ColumnType.Long, change.Contacts.Select(c => c.RemoteId).ToArray()),
            cancellationToken, Key(scope));
    }

    private static (string Name, object? Value)[] Key(DeliveryScope scope) => [("project", scope.Project), ("destination", scope.Destination)];
}
