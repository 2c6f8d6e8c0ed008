using System.Text;

namespace Sluice.Core.People;

/// <summary>
/// A profile's properties while they are changed: by name, in their order, and how large they are. Changes since the last
/// <see cref="Begin"/> can be taken back, at the cost of those changes alone.
/// </summary>
internal sealed class PropertyMap
{
    private readonly Stack<Action> _undo = new();
    private List<(string Name, PropertyValue Value)?> _properties = [];
    private Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private long _lengthBefore;

    public PropertyMap(List<(string Name, ReadOnlyMemory<byte> Value)> properties)
    {
        // Of a name that stands twice in stored properties, the last counts, as for all who read them.
        foreach (var (name, value) in properties)
        {
            Put(name, new PropertyValue(value));
        }

        Begin();
        HasChanged = false;
    }

    public int Count => _places.Count;

    /// <summary>The bytes of the names and the values, with what stands between them: nearly those of the JSON.</summary>
    public long Length { get; private set; }

    public bool HasChanged { get; private set; }

    /// <summary>From here on changes can be taken back.</summary>
    public void Begin()
    {
        _undo.Clear();
        _lengthBefore = Length;
    }

    public void TakeBack()
    {
        while (_undo.TryPop(out var undo))
        {
            undo();
        }

        Length = _lengthBefore;
    }

    public bool Contains(string name) => _places.ContainsKey(name);

    public PropertyValue Get(string name) => _places.TryGetValue(name, out var place) ? _properties[place]!.Value.Value : default;

    public void Set(string name, ReadOnlyMemory<byte> value)
    {
        if (!Contains(name) || !Get(name).ToBytes().Span.SequenceEqual(value.Span))
        {
            Put(name, new PropertyValue(value));
        }
    }

    /// <summary>Changes a list; what is not there yet is an empty one.</summary>
    /// <param name="change">Returns how it is taken back; null when it changed nothing.</param>
    /// <returns>The list's bytes afterwards; null when nothing was changed.</returns>
    public int? Change(string name, Func<JsonList, Action?> change)
    {
        var value = Get(name);
        var list = value.List ?? (value.IsNothing ? new JsonList() : JsonList.Read(value.Bytes));
        if (value.List is null && !value.IsNothing)
        {
            // The same list, but read: it need not be read again, whatever becomes of this change.
            _properties[_places[name]] = (name, new PropertyValue(list));
        }

        var length = list.Length;
        if (change(list) is not { } undo)
        {
            return null;
        }

        HasChanged = true;
        _undo.Push(undo);
        if (value.IsNothing)
        {
            Put(name, new PropertyValue(list));
        }
        else
        {
            Length += list.Length - length;
        }

        return list.Length;
    }

    public void Remove(string name)
    {
        if (_places.Remove(name, out var place))
        {
            var before = _properties[place];
            _properties[place] = null;
            Length -= LengthOf(name, before!.Value.Value);
            HasChanged = true;
            _undo.Push(() =>
            {
                _places.Add(name, place);
                _properties[place] = before;
            });
        }
    }

    public void Clear()
    {
        var (properties, places) = (_properties, _places);
        HasChanged |= places.Count > 0;
        Length = 0;
        _properties = [];
        _places = new(StringComparer.Ordinal);
        _undo.Push(() => (_properties, _places) = (properties, places));
    }

    public List<(string Name, ReadOnlyMemory<byte> Value)> ToList() =>
        [.. _properties.OfType<(string Name, PropertyValue Value)>().Select(p => (p.Name, p.Value.ToBytes()))];

    private static long LengthOf(string name, PropertyValue value) => Encoding.UTF8.GetByteCount(name) + value.Length + "\"\":,".Length;

    private void Put(string name, PropertyValue value)
    {
        HasChanged = true;
        Length += LengthOf(name, value);
        if (_places.TryGetValue(name, out var place))
        {
            var before = _properties[place];
            Length -= LengthOf(name, before!.Value.Value);
            _properties[place] = (name, value);
            _undo.Push(() => _properties[place] = before);
            return;
        }

        _places.Add(name, _properties.Count);
        _properties.Add((name, value));
        _undo.Push(() =>
        {
            _places.Remove(name);
            _properties.RemoveAt(_properties.Count - 1);
        });
    }
}

/// <summary>The value of a property: its bytes, or a list that is being changed. The default is the value of what is not there.</summary>
internal readonly struct PropertyValue
{
    public PropertyValue(ReadOnlyMemory<byte> bytes) => Bytes = bytes;

    public PropertyValue(JsonList list) => List = list;

    public ReadOnlyMemory<byte> Bytes { get; }

    public JsonList? List { get; }

    public int Length => List?.Length ?? Bytes.Length;

    public bool IsNothing => List is null && (Bytes.IsEmpty || Bytes.Span[0] == 'n');

    public bool IsList => List is not null || Bytes.Span is [(byte)'[', ..];

    public ReadOnlyMemory<byte> ToBytes() => List?.Write() ?? Bytes;
}
