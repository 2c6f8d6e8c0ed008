using System.Data.Common;
using System.Text.Json;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Insight;
using Sluice.Core.People;

namespace Sluice.Storage.Delivery;

/// <inheritdoc cref="IInsight"/>
internal sealed class InsightStore(Database database) : IInsight
{
    private const string Scope = "project = @project AND destination = @destination";
    private const string Letter = "letter, origin, reason, detail, person, subject, payload, state, created_at";
    private const int HoldersToTell = 16;

    public Task<DestinationState?> DestinationAsync(string project, string destination, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) =>
            {
                (string, object?)[] key = [("project", project), ("destination", destination)];
                var lists = await session.QueryAsync(
                    $"""
                    SELECT list, name, sources, foreign_read, walk_slice, walk_slices, walk_sources, walked_at, held, held_since, allow_removals_until, kept
                    FROM list WHERE {Scope} ORDER BY list
                    """,
                    Ledger.ReadList, token, key);
                return await session.FirstAsync(
                    $"SELECT mapping, prepared_at, changes_read_until, paused_reason, paused_until FROM destination WHERE {Scope}",
                    r => new DestinationState(r.Hash(0), r.TimeOrNull(1), r.TimeOrNull(2), r.TextOrNull(3), r.TimeOrNull(4), lists.ToDictionary(l => l.List)),
                    token, key);
            },
            cancellationToken);

    public async Task<IReadOnlyDictionary<string, string>> SourcesAsync(string project, string destination, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => (await session.QueryAsync(
                $"SELECT source, cohort FROM list_source WHERE {Scope}", r => (r.GetString(0), r.GetString(1)), token,
                ("project", project), ("destination", destination))).ToDictionary(s => s.Item1, s => s.Item2, StringComparer.Ordinal),
            cancellationToken);

    public Task<string?> HolderAsync(string lease, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (session, token) => await session.ScalarAsync<string>(
                "SELECT owner FROM lease WHERE name = @name AND expires_at > @now", token,
                ("name", lease), ("now", await session.Dialect.NowAsync(session, token))),
            cancellationToken);

    public Task RequestWalkAsync(DeliveryScope scope, long list, string lease, TimeSpan? allowRemovals, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                // First the lease, as every step of a worker does: whatever it had in hand is then refused, and cannot undo this.
                await session.ExecuteAsync("UPDATE lease SET fence = fence + 1, owner = '', expires_at = 0 WHERE name = @name", token, ("name", lease));
                (string, object?)[] key = [("project", scope.Project), ("destination", scope.Destination), ("list", list)];
                await session.ExecuteAsync($"UPDATE list SET sources = NULL WHERE {Scope} AND list = @list", token, key);
                if (allowRemovals is { } length)
                {
                    var until = await session.Dialect.NowAsync(session, token) + (long)length.TotalMilliseconds;
                    await session.ExecuteAsync($"UPDATE list SET allow_removals_until = @until WHERE {Scope} AND list = @list", token, [.. key, ("until", until)]);
                }
            },
            cancellationToken);

    public Task<long> CountInListAsync(DeliveryScope scope, long list, string cohort, CancellationToken cancellationToken) =>
        database.ReadAsync((session, token) => ListCounts.InListAsync(session, scope, list, cohort, token), cancellationToken);

    public Task<long> CountRefusedAsync(string project, string cohort, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (session, token) => session.ScalarAsync<long>(
                "SELECT count(*) FROM dead_letter WHERE project = @project AND origin = 'cohort' AND subject = @cohort AND state = 'open'", token,
                ("project", project), ("cohort", cohort)),
            cancellationToken);

    public async Task<IReadOnlyList<DeadLetter>> RefusedAsync(string project, string cohort, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.QueryAsync(
                $"""
                SELECT {Letter} FROM dead_letter WHERE project = @project AND origin = 'cohort' AND subject = @cohort AND state = 'open'
                ORDER BY created_at DESC, letter LIMIT @limit
                """,
                ReadLetter, token, ("project", project), ("cohort", cohort), ("limit", limit)),
            cancellationToken);

    public async Task<IReadOnlyList<SharedAddress>> SharedAddressesAsync(string project, IReadOnlyList<PersonKey> people, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) =>
            {
                var shared = await session.QueryBatchAsync(
                    """
                    SELECT p.person, p.email FROM {batch} JOIN profile p ON p.project = {project} AND p.shard = b.shard AND p.person = b.person
                    WHERE p.email IS NOT NULL
                        AND EXISTS (SELECT 1 FROM profile o WHERE o.project = {project} AND o.email = p.email AND o.person <> p.person)
                    """,
                    Batch.Of(session.Dialect, people), r => (Person: r.Key(0), Email: r.Hash(1)!.Value), token, ("project", project));
                var answers = new List<SharedAddress>(shared.Count);
                foreach (var address in shared.GroupBy(s => s.Email))
                {
                    // However many have it, only the first few can be the one who gets it. The join with itself lets the index on
                    // addresses answer alone: SQLite would otherwise go through the whole project.
                    var holders = await session.QueryAsync(
                        """
                        SELECT o.person FROM profile k JOIN profile o ON o.project = k.project AND o.shard = k.shard AND o.person = k.person
                        WHERE k.project = @project AND k.email = @email AND k.email IS NOT NULL ORDER BY o.first_seen, o.distinct_id LIMIT @limit
                        """,
                        r => r.Key(0), token, ("project", project), ("email", address.Key), ("limit", HoldersToTell));
                    answers.AddRange(address.Select(a => new SharedAddress(a.Person, holders)));
                }

                return answers;
            },
            cancellationToken);

    public Task<Run?> FindRunAsync(string project, string run, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (session, token) => session.FirstAsync(
                "SELECT run, list, kind, state, started_at, ended_at, counts, note, destination FROM run WHERE project = @project AND run = @run",
                r => new Run(
                    r.GetString(0), r.LongOrNull(1), r.GetString(2), r.GetString(3), r.Time(4), r.TimeOrNull(5),
                    JsonSerializer.Deserialize(r.GetString(6), StorageJson.Default.DictionaryStringInt64)!, r.TextOrNull(7))
                {
                    Destination = r.GetString(8),
                },
                token, ("project", project), ("run", run)),
            cancellationToken);

    public async Task<IReadOnlyList<SuppressionEntry>> SuppressionsOfAsync(string project, PersonKey person, CancellationToken cancellationToken) =>
        await database.ReadAsync((session, token) => SuppressionStore.OfAsync(session, project, person, token), cancellationToken);

    public async Task<IReadOnlyList<DeadLetter>> LettersOfAsync(string project, PersonKey person, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.QueryAsync(
                $"SELECT {Letter} FROM dead_letter WHERE project = @project AND person = @person ORDER BY created_at DESC, letter",
                ReadLetter, token, ("project", project), ("person", person)),
            cancellationToken);

    private static DeadLetter ReadLetter(DbDataReader r) => new(
        r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.IsDBNull(4) ? null : r.Key(4), r.TextOrNull(5), r.GetString(6), r.GetString(7), r.Time(8));
}
