using System.Data.Common;
using System.Text.Json;
using Sluice.Core.Delivery;
using Sluice.Core.Management;
using Sluice.Core.People;
using Sluice.Storage.Delivery;

namespace Sluice.Storage.Management;

/// <inheritdoc cref="IRecordPages"/>
internal sealed class RecordPages(Database database) : IRecordPages
{
    public async Task<IReadOnlyList<Run>> RunsAsync(string project, RecordPosition? after, int limit, CancellationToken cancellationToken) =>
        await PageAsync(
            $"""
            SELECT run, list, kind, state, started_at, ended_at, counts, note, destination FROM run
            WHERE project = @project {After(after, "started_at", "run")} ORDER BY started_at DESC, run DESC LIMIT @limit
            """,
            ReadRun, project, after, limit, [], cancellationToken);

    public async Task<IReadOnlyList<DeadLetter>> DeadLettersAsync(
        string project, string? state, RecordPosition? after, int limit, CancellationToken cancellationToken) =>
        await PageAsync(
            $"""
            SELECT letter, origin, reason, detail, person, subject, payload, state, created_at FROM dead_letter
            WHERE project = @project {(state is null ? "" : "AND state = @state")} {After(after, "created_at", "letter")}
            ORDER BY created_at DESC, letter DESC LIMIT @limit
            """,
            r => new DeadLetter(
                r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.IsDBNull(4) ? null : r.Key(4), r.TextOrNull(5), r.GetString(6),
                r.GetString(7), r.Time(8)),
            project, after, limit, state is null ? [] : [("state", state)], cancellationToken);

    public async Task<IReadOnlyList<SuppressionRecord>> SuppressionsAsync(string project, SuppressionPosition? after, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.QueryAsync(
                $"""
                SELECT kind, list, value, reason, source, created_at, subject FROM suppression
                WHERE project = @project AND kind <> 'person' {(after is null ? "" : "AND (created_at, subject, list) < (@at, @subject, @list)")}
                ORDER BY created_at DESC, subject DESC, list DESC LIMIT @limit
                """,
                r => new SuppressionRecord(Entry(r), new SuppressionPosition(r.Time(5), r.Key(6), r.GetInt64(1))),
                token,
                [
                    ("project", project), ("limit", limit),
                    .. after is null ? Array.Empty<(string, object?)>() : [("at", after.At), ("subject", after.Subject), ("list", after.List)],
                ]),
            cancellationToken);

    public async Task<IReadOnlyList<GroupStay>> StaysAsync(
        string project, string cohort, (PersonKey Person, DateTimeOffset EnteredAt)? after, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async (session, token) => await session.QueryAsync(
                $"""
                SELECT s.person, p.distinct_id, s.entered_at, s.left_at FROM (
                    SELECT shard, person, entered_at, left_at FROM membership_span WHERE project = @project AND cohort = @cohort
                    {(after is null ? "" : "AND (shard, person, entered_at) > (@shard, @person, @entered)")}
                    ORDER BY shard, person, entered_at LIMIT @limit) s
                LEFT JOIN profile p ON p.project = @project AND p.shard = s.shard AND p.person = s.person
                ORDER BY s.shard, s.person, s.entered_at
                """,
                r => new GroupStay(r.Key(0), r.TextOrNull(1), r.Time(2), r.TimeOrNull(3)),
                token,
                [
                    ("project", project), ("cohort", cohort), ("limit", limit),
                    .. after is { } last
                        ? new (string, object?)[] { ("shard", session.Dialect.ShardOf(last.Person)), ("person", last.Person), ("entered", last.EnteredAt) }
                        : [],
                ]),
            cancellationToken);

    private static string After(RecordPosition? after, string time, string id) => after is null ? "" : $"AND ({time}, {id}) < (@at, @id)";

    private async Task<List<T>> PageAsync<T>(
        string sql, Func<DbDataReader, T> read, string project, RecordPosition? after, int limit, (string, object?)[] more, CancellationToken cancellationToken) =>
        await database.ReadAsync(
            (session, token) => session.QueryAsync(
                sql, read, token,
                [
                    ("project", project), ("limit", limit), .. more,
                    .. after is null ? Array.Empty<(string, object?)>() : [("at", after.At), ("id", after.Id)],
                ]),
            cancellationToken);

    private static Run ReadRun(DbDataReader r) => new(
        r.GetString(0), r.LongOrNull(1), r.GetString(2), r.GetString(3), r.Time(4), r.TimeOrNull(5),
        JsonSerializer.Deserialize(r.GetString(6), StorageJson.Default.DictionaryStringInt64)!, r.TextOrNull(7))
    {
        Destination = r.GetString(8),
    };

    private static SuppressionEntry Entry(DbDataReader r)
    {
        var isPhone = r.GetString(0) == SuppressionKind.Phone;
        var value = r.TextOrNull(2);
        return new SuppressionEntry(isPhone ? null : value, null, r.GetInt64(1), r.GetString(3), r.GetString(4), r.Time(5)) { Phone = isPhone ? value : null };
    }
}
