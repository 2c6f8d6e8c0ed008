using System.Data.Common;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;
using Sluice.Core.People;

namespace Sluice.Storage.Postgres;

internal sealed partial class PostgresDialect : Dialect
{
    public override string Name => "postgres";

    public override string Rows => "";

    public override string ForUpdate => "FOR UPDATE";

    public override bool RowByRow => false;

    public override string Render(string sql, Batch batch)
    {
        var rows = $"unnest({string.Join(", ", batch.Columns.Select(c => "@" + c.Parameter))}) AS u({string.Join(", ", batch.Columns.Select(c => c.Name))})";
        var scope = Place().Matches(sql).Select(p => p.Groups[1].Value).Where(n => n != "batch").Distinct().ToArray();

        // Of a cohort or a list that is new to its statistics the planner expects one row, and would read all of it for each row of the
        // batch rather than go from the batch into the primary key. So it is not told: behind OFFSET 0 a parameter is as unknown to it
        // as any column, and the key is the only way in.
        var source = scope.Length == 0
            ? rows.Replace(" AS u(", " AS b(", StringComparison.Ordinal)
            : $"(SELECT u.*, {string.Join(", ", scope.Select(n => $"@{n} AS in_{n}"))} FROM {rows} OFFSET 0) b";
        return Place().Replace(sql, place => place.Value == "{batch}" ? source : "b.in_" + place.Groups[1].Value);
    }

    public override void BindColumns(DbCommand command, Batch batch)
    {
        var parameters = (NpgsqlParameterCollection)command.Parameters;
        foreach (var column in batch.Columns)
        {
            if (parameters.TryGetValue(column.Parameter, out var parameter))
            {
                parameter.Value = column.Values;
            }
            else
            {
                parameters.Add(new NpgsqlParameter(column.Parameter, NpgsqlDbType.Array | Type(column.Type)) { Value = column.Values });
            }
        }
    }

    public override async Task<DateTimeOffset> ClockAsync(Session session, CancellationToken cancellationToken) =>
        await session.FirstAsync("SELECT clock_timestamp()", r => r.GetFieldValue<DateTimeOffset>(0), cancellationToken);

    public override Task<(long Now, long Stamp)> NowAsync(Session session, string project, CancellationToken cancellationToken) => session.FirstAsync(
        "SELECT clock_timestamp(), (SELECT stamp FROM tombstone_stamp WHERE project = @project)",
        r => (r.GetFieldValue<DateTimeOffset>(0).ToUnixTimeMilliseconds(), r.LongOrNull(1) ?? 0), cancellationToken, ("project", project));

    public override short ShardOf(PersonKey key) => (short)(byte)(key.Value >> 120);

    public override string ShardOf(string column) => $"get_byte({column}, 0)";

    public override async Task<bool> TryCopyAsync(
        Session session, string table, Batch batch, IReadOnlyList<(string Column, ColumnType Type, object Value)> constants, CancellationToken cancellationToken)
    {
        if (batch.Count == 0)
        {
            return true;
        }

        await session.ExecuteAsync("SAVEPOINT copy", cancellationToken);
        try
        {
            await CopyAsync(session, table, batch, constants, cancellationToken);
            await session.ExecuteAsync("RELEASE SAVEPOINT copy", cancellationToken);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            await session.ExecuteAsync("ROLLBACK TO SAVEPOINT copy", cancellationToken);
            return false;
        }
    }

    /// <summary>Writes rows by COPY; one that is there already fails the transaction.</summary>
    public static async Task CopyAsync(
        Session session, string table, Batch batch, IReadOnlyList<(string Column, ColumnType Type, object Value)> constants, CancellationToken cancellationToken)
    {
        var columns = string.Join(", ", batch.Columns.Select(c => c.Name).Concat(constants.Select(c => c.Column)));
        await using var copy = await ((NpgsqlConnection)session.Connection).BeginBinaryImportAsync(
            $"COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)", cancellationToken);
        for (var row = 0; row < batch.Count; row++)
        {
            await copy.StartRowAsync(cancellationToken);
            foreach (var column in batch.Columns)
            {
                await WriteAsync(copy, column.At(row), column.Type, cancellationToken);
            }

            foreach (var (_, type, value) in constants)
            {
                await WriteAsync(copy, value, type, cancellationToken);
            }
        }

        await copy.CompleteAsync(cancellationToken);
    }

    // Serialisation failure, deadlock, and what the work itself found to have changed under it.
    public override bool IsTransient(Exception exception) => exception is PostgresException { SqlState: "40001" or "40P01" } or ChangedMeanwhileException;

    public override bool IsUnavailable(Exception exception) => exception switch
    {
        // Connection trouble, no room, too many connections, shutting down, read only, cancelled by the server.
        PostgresException postgres => postgres.SqlState[..2] is "08" or "53" or "57" or "58" or "25" or "40",
        NpgsqlException or SocketException or TimeoutException => true,
        _ => false,
    };

    public override string EffectiveMembers(string project, string cohort, string baseNumber, string where) => $"""
        SELECT m.shard, m.person FROM (
            SELECT DISTINCT ON (shard, person) shard, person, kind FROM membership
            WHERE project = {project} AND cohort = {cohort} AND {where} AND (number = {baseNumber} OR (number > {baseNumber} AND kind < 2))
            ORDER BY shard DESC, person DESC, number DESC) m
        WHERE m.kind > 0
        """;

    [GeneratedRegex(@"\{([a-z]+)\}")]
    private static partial Regex Place();

    private static Task WriteAsync(NpgsqlBinaryImporter copy, object value, ColumnType type, CancellationToken cancellationToken) =>
        value is DBNull ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(value, Type(type), cancellationToken);

    private static NpgsqlDbType Type(ColumnType type) => type switch
    {
        ColumnType.Small => NpgsqlDbType.Smallint,
        ColumnType.Int => NpgsqlDbType.Integer,
        ColumnType.Bytes => NpgsqlDbType.Bytea,
        ColumnType.Text => NpgsqlDbType.Text,
        _ => NpgsqlDbType.Bigint,
    };
}
