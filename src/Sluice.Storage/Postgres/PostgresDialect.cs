using System.Data.Common;
using System.Net.Sockets;
using Npgsql;
using NpgsqlTypes;
using Sluice.Core.People;

namespace Sluice.Storage.Postgres;

internal sealed class PostgresDialect : Dialect
{
    public override string Name => "postgres";

    public override string Rows => "";

    public override string ForUpdate => "FOR UPDATE";

    public override bool RowByRow => false;

    public override string Source(Batch batch) =>
        "unnest(" + string.Join(", ", batch.Columns.Select(c => "@" + c.Parameter)) + ") AS b(" + string.Join(", ", batch.Columns.Select(c => c.Name)) + ")";

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

    public override short ShardOf(PersonKey key) => (short)(byte)(key.Value >> 120);

    // Serialisation failure, deadlock.
    public override bool IsTransient(Exception exception) => exception is PostgresException { SqlState: "40001" or "40P01" };

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

    private static NpgsqlDbType Type(ColumnType type) => type switch
    {
        ColumnType.Small => NpgsqlDbType.Smallint,
        ColumnType.Int => NpgsqlDbType.Integer,
        ColumnType.Bytes => NpgsqlDbType.Bytea,
        ColumnType.Text => NpgsqlDbType.Text,
        _ => NpgsqlDbType.Bigint,
    };
}
