namespace Sluice.Core.People;

/// <summary>A profile's properties while they are changed: by name, in their order, and whether anything did change.</summary>
internal sealed class PropertyMap
{
    private readonly List<(string Name, ReadOnlyMemory<byte> Value)?> _properties;
    private readonly Dictionary<string, int> _places;

    public PropertyMap(List<(string Name, ReadOnlyMemory<byte> Value)> properties)
    {
        _properties = new(properties.Count);
        _places = new(properties.Count, StringComparer.Ordinal);
        foreach (var property in properties)
        {
            // Of a name that stands twice in stored properties, the last counts, as for all who read them.
            if (_places.TryGetValue(property.Name, out var place))
            {
                _properties[place] = property;
            }
            else
            {
                _places.Add(property.Name, _properties.Count);
                _properties.Add(property);
            }
        }
    }

    public int Count => _places.Count;

    public bool HasChanged { get; private set; }

    public bool TryGet(string name, out ReadOnlyMemory<byte> value)
    {
        var isThere = _places.TryGetValue(name, out var place);
        value = isThere ? _properties[place]!.Value.Value : default;
        return isThere;
    }

    public void Set(string name, ReadOnlyMemory<byte> value)
    {
        if (!_places.TryGetValue(name, out var place))
        {
            _places.Add(name, _properties.Count);
            _properties.Add((name, value));
            HasChanged = true;
        }
        else if (!_properties[place]!.Value.Value.Span.SequenceEqual(value.Span))
        {
            _properties[place] = (name, value);
            HasChanged = true;
        }
    }

    public void Remove(string name)
    {
        if (_places.Remove(name, out var place))
        {
            _properties[place] = null;
            HasChanged = true;
        }
    }

    public void Clear()
    {
        HasChanged |= _places.Count > 0;
        _places.Clear();
        _properties.Clear();
    }

    public List<(string Name, ReadOnlyMemory<byte> Value)> ToList() => [.. _properties.OfType<(string, ReadOnlyMemory<byte>)>()];
}
