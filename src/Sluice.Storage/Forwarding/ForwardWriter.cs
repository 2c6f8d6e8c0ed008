using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.People;

namespace Sluice.Storage.Forwarding;

/// <summary>Writes what is to be passed on, in the transaction that takes it.</summary>
internal static class ForwardWriter
{
    private const string Insert = """
        INSERT INTO forward_waiting (shard, project, way, batch, n, person, repeatable, state, taken_at, record)
        SELECT b.shard, @project, @way, @batch, b.n, b.person, b.repeatable, @state, @taken_at, b.record FROM {batch}
        """;

    private const string InsertAddress = """
        INSERT INTO forward_address (shard, project, batch, n, address)
        SELECT b.shard, @project, @batch, b.n, b.address FROM {batch}
        """;

    private const string NextBatch = """
        INSERT INTO forward_clock (project, batch) VALUES (@project, 1)
        ON CONFLICT (project) DO UPDATE SET batch = forward_clock.batch + 1 RETURNING batch
        """;

    /// <summary>Comes last in its transaction: the project's clock stays locked until the commit.</summary>
    /// <param name="refused">Places of updates that were not applied.</param>
    /// <param name="owners">By places: whose profiles they were applied to, where that is not whom they name.</param>
    public static Task AddAsync(
        Session session, string project, ForwardWay way, IReadOnlyList<ForwardedOperation>? operations, IReadOnlyList<RefusedUpdate> refused, long now,
        CancellationToken cancellationToken, IReadOnlyDictionary<int, PersonKey>? owners = null)
    {
        if (operations is null)
        {
            return Task.CompletedTask;
        }

        var without = refused.Select(r => r.Index).ToHashSet();
        return AddAsync(
            session, project, way,
            [
                .. operations.Where(o => !without.Contains(o.Index)).Select(o => new Row(
                    owners is not null && owners.TryGetValue(o.Index, out var owner) ? owner : PersonKey.Of(project, o.Owner), o.IsRepeatable, o.Json)),
            ],
            now, cancellationToken);
    }

    public static async Task AddAsync(Session session, string project, ForwardWay way, IReadOnlyList<Row> rows, long now, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return;
        }

        var number = await session.ScalarAsync<long>(NextBatch, cancellationToken, ("project", project));
        await session.AppendAsync(
            "forward_waiting", Insert,
            Batch.Of(session.Dialect, [.. rows.Select(r => r.Owner)])
                .Add("n", ColumnType.Int, Enumerable.Range(1, rows.Count).ToArray())
                .Add("repeatable", ColumnType.Small, rows.Select(r => (short)(r.IsRepeatable ? 1 : 0)).ToArray())
                .Add("record", ColumnType.Bytes, rows.Select(r => r.Record).ToArray()),
            cancellationToken, ("project", ColumnType.Text, project), ("way", ColumnType.Small, (short)way), ("batch", ColumnType.Long, number), ("state", ColumnType.Small, (short)0),
            ("taken_at", ColumnType.Long, now));
    }

    /// <summary>Keeps the addresses of events until they are passed on.</summary>
    /// <param name="addresses">By the events' numbers in their batch.</param>
    public static Task AddAddressesAsync(
        Session session, string project, long batch, IReadOnlyList<(short Shard, int Number, string Address)> addresses, CancellationToken cancellationToken) =>
        addresses.Count == 0
            ? Task.CompletedTask
            : session.AppendAsync(
                "forward_address", InsertAddress,
                new Batch()
                    .Add("shard", ColumnType.Small, addresses.Select(a => a.Shard).ToArray())
                    .Add("n", ColumnType.Int, addresses.Select(a => a.Number).ToArray())
                    .Add("address", ColumnType.Text, addresses.Select(a => a.Address).ToArray()),
                cancellationToken, ("project", ColumnType.Text, project), ("batch", ColumnType.Long, batch));

    /// <param name="Owner">The key of whose it is.</param>
    internal readonly record struct Row(PersonKey Owner, bool IsRepeatable, ReadOnlyMemory<byte> Record);
}
