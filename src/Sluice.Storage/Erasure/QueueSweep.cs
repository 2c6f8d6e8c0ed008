using System.Data.Common;
using Sluice.Core.Delivery;
using Sluice.Core.Erasure;
using Sluice.Core.People;

namespace Sluice.Storage.Erasure;

/// <summary>
/// Deletes what waits to be sent of some people: operations, and events that a destination took over while they were being deleted, to
/// which nothing in the log leads any more. What waits is kept in its order, so all of it is looked at.
/// </summary>
internal sealed class QueueSweep(Database database, Lease lease, ErasureJob job, HashSet<PersonKey> people)
{
    private const int LookAtOnce = 20_000;

    /// <param name="first">The column that the table's key begins with, behind the project.</param>
    /// <param name="before">A value of it that comes before all others.</param>
    public async Task RunAsync<T>(
        string table, string first, ColumnType type, T before, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        var place = new Row<T>(before, 0, 0, 0, default);
        while (true)
        {
            var from = place;
            var rows = await database.ReadAsync(
                (session, token) => session.QueryAsync(
                    $"""
                    SELECT {first}, batch, n, shard, person FROM {table}
                    WHERE project = @project AND ({first}, batch, n) > (@first, @batch, @n) ORDER BY {first}, batch, n LIMIT {LookAtOnce}
                    """,
                    r => new Row<T>(read(r), r.GetInt64(1), r.GetInt32(2), r.GetInt16(3), r.Key(4)), token,
                    ("project", job.Project), ("first", from.First), ("batch", from.Batch), ("n", from.Number)),
                cancellationToken);
            var found = rows.Where(r => people.Contains(r.Person)).ToArray();
            if (found.Length > 0)
            {
                await ErasureWork.WriteAsync(
                    database, lease,
                    async (session, token) => await session.ExecuteBatchAsync(
                        $"DELETE FROM {table} WHERE (project, {first}, batch, n, shard) IN (SELECT {{project}}, b.first, b.batch, b.n, b.shard FROM {{batch}})",
                        new Batch()
                            .Add("first", type, found.Select(f => f.First).ToArray())
                            .Add("batch", ColumnType.Long, found.Select(f => f.Batch).ToArray())
                            .Add("n", ColumnType.Int, found.Select(f => f.Number).ToArray())
                            .Add("shard", ColumnType.Small, found.Select(f => f.Shard).ToArray()),
                        token, ("project", job.Project)),
                    cancellationToken);
            }

            if (rows.Count < LookAtOnce)
            {
                return;
            }

            place = rows[^1];
        }
    }

    private readonly record struct Row<T>(T First, long Batch, int Number, short Shard, PersonKey Person);
}
