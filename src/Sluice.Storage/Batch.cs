using Sluice.Core.People;
using SQLitePCL;

namespace Sluice.Storage;

internal enum ColumnType
{
    Small,
    Int,
    Long,
    Bytes,
    Text,
}

/// <summary>Rows that go into one statement together.</summary>
internal sealed class Batch
{
    private readonly List<Column> _columns = [];

    public int Count { get; private set; } = -1;

    public IReadOnlyList<Column> Columns => _columns;

    public Batch Add<T>(string name, ColumnType type, T[] values)
    {
        if (Count >= 0 && Count != values.Length)
        {
            throw new ArgumentException($"Column {name} has {values.Length} rows, the others {Count}.", nameof(values));
        }

        Count = values.Length;
        _columns.Add(new Column<T>(name, type, values));
        return this;
    }

    /// <summary>People: their shard and key.</summary>
    public static Batch Of(Dialect dialect, IReadOnlyList<PersonKey> people)
    {
        var shards = new short[people.Count];
        var keys = new byte[people.Count][];
        for (var i = 0; i < people.Count; i++)
        {
            shards[i] = dialect.ShardOf(people[i]);
            keys[i] = people[i].ToBytes();
        }

        return new Batch().Add("shard", ColumnType.Small, shards).Add("person", ColumnType.Bytes, keys);
    }

    internal abstract class Column(string name, ColumnType type)
    {
        public string Name { get; } = name;

        public ColumnType Type { get; } = type;

        public string Parameter { get; } = "b_" + name;

        public abstract Array Values { get; }

        public abstract object At(int row);

        /// <summary>Binds a row's value to a parameter of a SQLite statement; gives SQLite's code.</summary>
        public abstract int Bind(sqlite3_stmt statement, int place, int row);
    }

    private sealed class Column<T>(string name, ColumnType type, T[] values) : Column(name, type)
    {
        public override Array Values => values;

        public override object At(int row) => values[row] is { } value ? value : DBNull.Value;

        public override int Bind(sqlite3_stmt statement, int place, int row) => values switch
        {
            short[] numbers => raw.sqlite3_bind_int(statement, place, numbers[row]),
            int[] numbers => raw.sqlite3_bind_int(statement, place, numbers[row]),
            long[] numbers => raw.sqlite3_bind_int64(statement, place, numbers[row]),
            ReadOnlyMemory<byte>[] slices => raw.sqlite3_bind_blob(statement, place, slices[row].Span),
            byte[]?[] blobs => blobs[row] is { } blob ? raw.sqlite3_bind_blob(statement, place, blob) : raw.sqlite3_bind_null(statement, place),
            string?[] texts => texts[row] is { } text ? raw.sqlite3_bind_text(statement, place, text) : raw.sqlite3_bind_null(statement, place),
            long?[] numbers => numbers[row] is { } number ? raw.sqlite3_bind_int64(statement, place, number) : raw.sqlite3_bind_null(statement, place),
            _ => throw new NotSupportedException($"Columns of {typeof(T).Name} are not written."),
        };
    }
}
