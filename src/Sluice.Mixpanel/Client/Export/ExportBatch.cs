namespace Sluice.Mixpanel.Client;

/// <summary>Some records of an export, as they came over the wire. They are overwritten when the next batch is asked for: what is to stay is copied.</summary>
public sealed class ExportBatch
{
    private readonly List<ReadOnlyMemory<byte>> _records = new(512);
    private readonly List<ReadOnlyMemory<byte>> _damaged = [];

    internal ExportBatch(ExportWindow window) => Window = window;

    /// <summary>The window that was asked for.</summary>
    public ExportWindow Window { get; }

    /// <summary>The records in Mixpanel's order, which it does not promise: each one JSON object in UTF-8 with <c>event</c> and <c>properties</c>, without the line end.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Records => _records;

    /// <summary>Lines in the midst of the export that are no records and that others do not complete. There is nothing that could bring them back.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Damaged => _damaged;

    internal void Clear()
    {
        _records.Clear();
        _damaged.Clear();
    }

    internal void Add(ReadOnlyMemory<byte> record) => _records.Add(record);

    internal void AddDamaged(ReadOnlyMemory<byte> line) => _damaged.Add(line);
}
