namespace Sluice.Mixpanel.Json;

/// <summary>
/// The properties of one JSON object in the order of their first appearance, each name once, the last value wins. Names are
/// compared as they stand in the JSON. The hash is seeded anew in every process, so nobody can aim at one bucket.
/// </summary>
internal sealed class PropertyTable
{
    private Property[] _properties = new Property[32];
    private int[] _buckets = new int[64];

    public int Count { get; private set; }

    public Slice Name(int index) => _properties[index].Name;

    public Slice Value(int index) => _properties[index].Value;

    public void Clear()
    {
        if (Count < _buckets.Length / 8)
        {
            // One large object must not make each of the many small ones behind it pay for its buckets.
            for (var i = 0; i < Count; i++)
            {
                Bucket(_properties[i].Hash) = 0;
            }
        }
        else
        {
            Array.Clear(_buckets);
        }

        Count = 0;
    }

    /// <summary>The value of a name, or nothing.</summary>
    public Slice Find(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        var index = IndexOf(json, name, Hash(name));
        return index < 0 ? default : _properties[index].Value;
    }

    /// <summary>Sets a value. Returns false when the name is new and there are already as many as allowed.</summary>
    public bool Set(ReadOnlySpan<byte> json, Slice name, Slice value, int maxCount)
    {
        var hash = Hash(name.Of(json));
        var index = IndexOf(json, name.Of(json), hash);
        if (index >= 0)
        {
            _properties[index].Value = value;
            return true;
        }

        if (Count >= maxCount)
        {
            return false;
        }

        if (Count == _properties.Length)
        {
            Grow();
        }

        ref var head = ref Bucket(hash);
        _properties[Count] = new Property { Name = name, Value = value, Hash = hash, Next = head };
        head = ++Count;
        return true;
    }

    private static int Hash(ReadOnlySpan<byte> name)
    {
        var hash = default(HashCode);
        hash.AddBytes(name);
        return hash.ToHashCode();
    }

    private ref int Bucket(int hash) => ref _buckets[hash & (_buckets.Length - 1)];

    private int IndexOf(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, int hash)
    {
        for (var next = Bucket(hash); next > 0;)
        {
            ref readonly var property = ref _properties[next - 1];
            if (property.Hash == hash && name.SequenceEqual(property.Name.Of(json)))
            {
                return next - 1;
            }

            next = property.Next;
        }

        return -1;
    }

    private void Grow()
    {
        Array.Resize(ref _properties, 2 * _properties.Length);
        _buckets = new int[2 * _properties.Length];
        for (var i = 0; i < Count; i++)
        {
            ref var head = ref Bucket(_properties[i].Hash);
            _properties[i].Next = head;
            head = i + 1;
        }
    }

    private struct Property
    {
        public Slice Name;
        public Slice Value;
        public int Hash;

        /// <summary>The place, from 1, of the next property in the same bucket; 0 ends the chain.</summary>
        public int Next;
    }
}
