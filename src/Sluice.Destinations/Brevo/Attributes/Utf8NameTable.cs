using System.Text;

namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>Finds a name's place by its UTF-8 bytes, without a string for it.</summary>
internal sealed class Utf8NameTable
{
    private readonly Dictionary<byte[], int> _places = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _find;

    public Utf8NameTable(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            _places.TryAdd(Encoding.UTF8.GetBytes(name), _places.Count);
        }

        _find = _places.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>The place of a name among the distinct names, or -1.</summary>
    public int Find(ReadOnlySpan<byte> name) => _find.TryGetValue(name, out var place) ? place : -1;

    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static BytesComparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
