using System.Data.Common;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using Sluice.Core.People;

namespace Sluice.Storage.Sqlite;

internal sealed partial class SqliteDialect(TimeProvider time) : Dialect
{
    public override string Name => "sqlite";

    public override string Rows => "WITHOUT ROWID";

    public override string ForUpdate => "";

    public override bool RowByRow => true;

    public override string Render(string sql, Batch batch)
    {
        var rows = "(SELECT " + string.Join(", ", batch.Columns.Select(c => $"@{c.Parameter} AS {c.Name}")) + ") b";
        return Place().Replace(sql, place => place.Value == "{batch}" ? rows : "@" + place.Groups[1].Value);
    }

    public override void BindColumns(DbCommand command, Batch batch)
    {
        var parameters = (SqliteParameterCollection)command.Parameters;
        foreach (var column in batch.Columns)
        {
            if (!parameters.Contains(column.Parameter))
            {
                parameters.Add(new SqliteParameter(column.Parameter, Type(column.Type)));
            }
        }
    }

    public override Task<DateTimeOffset> ClockAsync(Session session, CancellationToken cancellationToken) => Task.FromResult(time.GetUtcNow());

    public override async Task<(long Now, long Stamp)> NowAsync(Session session, string project, CancellationToken cancellationToken) => (
        time.GetUtcNow().ToUnixTimeMilliseconds(),
        await session.ScalarAsync<long>("SELECT stamp FROM tombstone_stamp WHERE project = @project", cancellationToken, ("project", project)));

    // One machine: nothing to distribute, and a constant costs no room.
    public override short ShardOf(PersonKey key) => 0;

    public override string ShardOf(string column) => "0";

    public override Task<bool> TryCopyAsync(
        Session session, string table, Batch batch, IReadOnlyList<(string Column, ColumnType Type, object Value)> constants, CancellationToken cancellationToken) =>
        Task.FromResult(false);

    public override bool IsTransient(Exception exception) => false;

    public override bool IsUnavailable(Exception exception) => exception is SqliteException
    {
        // BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN
        SqliteErrorCode: 5 or 6 or 8 or 10 or 11 or 13 or 14,
    };

    // A bare column beside max() comes from the row that holds the maximum: SQLite promises that, and it needs one pass in key order.
    public override string EffectiveMembers(string project, string cohort, string baseNumber, string where) => $"""
        SELECT m.shard, m.person FROM (
            SELECT shard, person, kind, max(number) FROM membership
            WHERE project = {project} AND cohort = {cohort} AND {where} AND (number = {baseNumber} OR (number > {baseNumber} AND kind < 2))
            GROUP BY shard, person) m
        WHERE m.kind > 0
        """;

    [GeneratedRegex(@"\{([a-z]+)\}")]
    private static partial Regex Place();

    private static SqliteType Type(ColumnType type) => type switch
    {
        ColumnType.Bytes => SqliteType.Blob,
        ColumnType.Text => SqliteType.Text,
        _ => SqliteType.Integer,
    };
}
