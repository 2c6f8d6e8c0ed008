using Sluice.Core.People;

namespace Sluice.Storage;

/// <summary>A range of keys in SQL. The shard is the key's first byte (or constant), so a range of keys is a range of shards too.</summary>
/// <remarks>
/// Compared as rows, not column by column: both engines then go straight to the range within the primary key. Two BETWEENs would
/// read all of a shard, which on SQLite is the whole table, for each slice.
/// </remarks>
internal static class RangeSql
{
    public static string Where(string alias) => $"({alias}shard, {alias}person) >= (@s0, @k0) AND ({alias}shard, {alias}person) <= (@s1, @k1)";

    public static (string Name, object? Value)[] Parameters(Dialect dialect, KeyRange range, params (string Name, object? Value)[] others) =>
        [("s0", dialect.ShardOf(range.From)), ("s1", dialect.ShardOf(range.To)), ("k0", range.From), ("k1", range.To), .. others];
}
