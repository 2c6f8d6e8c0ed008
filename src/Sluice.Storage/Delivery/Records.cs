using System.Text.Json;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Events;
using Sluice.Core.People;
using Sluice.Storage.Delivery.Events;
using Sluice.Storage.Forwarding;

namespace Sluice.Storage.Delivery;

/// <summary>Runs and dead letters, for the people who look at them.</summary>
internal sealed class Records(Database database) : IRuns, IDeadLetters
{
    async Task<IReadOnlyList<Run>> IRuns.ListAsync(string project, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.QueryAsync(
                "SELECT run, list, kind, state, started_at, ended_at, counts, note, destination FROM run WHERE project = @project ORDER BY started_at DESC, run DESC LIMIT @limit",
                r => new Run(
                    r.GetString(0), r.LongOrNull(1), r.GetString(2), r.GetString(3), r.Time(4), r.TimeOrNull(5),
                    JsonSerializer.Deserialize(r.GetString(6), StorageJson.Default.DictionaryStringInt64)!, r.TextOrNull(7))
                {
                    Destination = r.GetString(8),
                },
                token, ("project", project), ("limit", limit)),
            cancellationToken);

    public Task WriteAsync(string project, Run run, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (session, token) => new LedgerWriter(session, new DeliveryScope(project, run.Destination, [], GroupAttributes: false)).WriteAsync(new LedgerChanges { Run = run }, token),
            cancellationToken);

    async Task<IReadOnlyList<DeadLetter>> IDeadLetters.ListAsync(string project, string? state, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.QueryAsync(
                $"""
                SELECT letter, origin, reason, detail, person, subject, payload, state, created_at FROM dead_letter
                WHERE project = @project {(state is null ? "" : "AND state = @state")} ORDER BY created_at DESC, letter LIMIT @limit
                """,
                r => new DeadLetter(
                    r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.IsDBNull(4) ? null : r.Key(4), r.TextOrNull(5), r.GetString(6),
                    r.GetString(7), r.Time(8)),
                token, state is null ? [("project", project), ("limit", limit)] : [("project", project), ("limit", limit), ("state", state)]),
            cancellationToken);

    public Task<int> RetryAsync(string project, IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) =>
            {
                var open = await session.QueryAsync(
                    "SELECT letter, person FROM dead_letter WHERE project = @project AND state = 'open'",
                    r => (Letter: r.GetString(0), Person: r.IsDBNull(1) ? (PersonKey?)null : r.Key(1)), token, ("project", project));
                var wanted = open.Where(l => ids.Count == 0 || ids.Contains(l.Letter)).ToArray();
                if (wanted.Any(l => ForwardStore.IsOurs(l.Letter)) && !await ForwardStore.IsOnAsync(session, project, token))
                {
                    wanted = [.. wanted.Where(l => !ForwardStore.IsOurs(l.Letter))];
                }

                var now = await session.Dialect.NowAsync(session, token);
                await session.ExecuteBatchAsync(
                    "UPDATE dead_letter SET state = 'retried', updated_at = @now FROM {batch} WHERE project = {project} AND dead_letter.letter = b.letter",
                    new Batch().Add("letter", ColumnType.Text, wanted.Select(l => l.Letter).ToArray()), token, ("project", project), ("now", now));

                await EventOutbox.PutBackAsync(session, project, [.. wanted.Select(l => EventLetter.Read(l.Letter)).OfType<(string, LogPosition)>()], now, token);

                await Companies.PutBackAsync(session, project, wanted.Select(l => l.Letter), token);

                // What the ledger holds as refused is forgotten, so that the planner sees a person to be sent.
                var people = wanted.Where(l => l.Person is not null).Select(l => l.Person!.Value).Distinct().ToArray();
                await session.ExecuteBatchAsync(
                    """
                    DELETE FROM ledger_contact WHERE (project, destination, shard, person) IN (
                        SELECT c.project, c.destination, c.shard, c.person FROM {batch} JOIN destination d ON d.project = {project}
                        JOIN ledger_contact c ON c.project = d.project AND c.destination = d.destination AND c.shard = b.shard AND c.person = b.person AND c.state = 4)
                    """,
                    Batch.Of(session.Dialect, people), token, ("project", project));
                await Pending.MarkAsync(session, project, Batch.Of(session.Dialect, people), token);

                await ForwardStore.PutBackAsync(session, project, [.. wanted.Select(l => l.Letter)], now, token);
                return wanted.Length;
            },
            cancellationToken);

    public Task<int> DropAsync(string project, IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (session, token) => await session.ExecuteBatchAsync(
                """
                UPDATE dead_letter SET state = 'resolved', updated_at = @now FROM {batch}
                WHERE project = {project} AND dead_letter.letter = b.letter AND dead_letter.state = 'open'
                """,
                new Batch().Add("letter", ColumnType.Text, ids.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray()), token,
                ("project", project), ("now", await session.Dialect.NowAsync(session, token))),
            cancellationToken);
}
