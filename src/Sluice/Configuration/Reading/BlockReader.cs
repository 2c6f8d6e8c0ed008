using Sluice.Configuration.Definition;
using Sluice.Configuration.Yaml;

namespace Sluice.Configuration.Reading;

/// <summary>A block of the file, opened: unknown and absent keys have been reported, the values wait to be read.</summary>
internal sealed class BlockReader
{
    private readonly Dictionary<string, NamedEntry> _entries;
    private readonly Dictionary<string, object> _read = new(StringComparer.Ordinal);
    private readonly ReadContext _context;

    private BlockReader(Dictionary<string, NamedEntry> entries, Place place, ReadContext context)
    {
        _entries = entries;
        _context = context;
        Place = place;
    }

    public Place Place { get; }

    public static BlockReader Open(BlockShape shape, IReadOnlyList<NamedEntry> written, Place place, ReadContext context)
    {
        var reader = new BlockReader(written.ToDictionary(entry => entry.Name, StringComparer.Ordinal), place, context);
        var known = shape.Keys.ToDictionary(key => key.Name, StringComparer.Ordinal);
        foreach (var entry in written)
        {
            if (!known.TryGetValue(entry.Name, out var key))
            {
                if (!shape.AllowsExtensions || !entry.Name.StartsWith("x-", StringComparison.Ordinal))
                {
                    context.Problem(entry.KeyPlace, "is not a known key", RemedyForUnknown(entry.Name, shape, place));
                }
            }
            else if (key is Key<object> unused)
            {
                unused.Reader.Read(entry.Value, entry.KeyPlace, context);
            }
        }

        foreach (var key in shape.Keys.Where(key => key.IsRequired && !reader.Has(key)))
        {
            context.Problem(reader.PlaceOf(key), "is required", key.Shape.Remedy);
        }

        return reader;
    }

    /// <summary>Whether the key is there with a value, right or wrong.</summary>
    public bool Has(Key key) => _entries.TryGetValue(key.Name, out var entry) && entry.Value is not ScalarNode { IsNull: true };

    /// <summary>Whether the key is there, if only to say that it holds nothing.</summary>
    public bool Mentions(Key key) => _entries.ContainsKey(key.Name);

    /// <summary>Where the key's value stands; when there is none, where the block does.</summary>
    public Place PlaceOf(Key key) => _entries.TryGetValue(key.Name, out var entry) ? entry.Place : Place.Child(key.Name);

    /// <summary>Reads a key. However often it is asked for, its problems are reported once.</summary>
    public Found<T> Read<T>(Key<T> key)
    {
        if (_read.TryGetValue(key.Name, out var before))
        {
            return (Found<T>)before;
        }

        var found = _entries.TryGetValue(key.Name, out var entry) ? key.Reader.Read(entry.Value, entry.Place, _context) : Found<T>.Missing;
        _read.Add(key.Name, found);
        return found;
    }

    /// <summary>Reads a key; the default when it is not there or not valid.</summary>
    public T? Get<T>(Key<T> key) => Read(key) is { IsValid: true } found ? found.Content : key.Default;

    /// <summary>Opens a block of keys below; a block that is not there is opened as an empty one, so that defaults have one path.</summary>
    public BlockReader Section(Key<BlockReader> key) =>
        Read(key) is { IsValid: true } found ? found.Content : new BlockReader([], PlaceOf(key), _context);

    private static string RemedyForUnknown(string name, BlockShape shape, Place place)
    {
        const string InProjects = "projects[";
        var isInProjects = place.Path.StartsWith(InProjects, StringComparison.Ordinal);
        var elsewhere = ConfigDefinition.All
            .Where(known => known.Key.Name == name && known.Path.StartsWith(InProjects, StringComparison.Ordinal) == isInProjects)
            .Select(known => known.Path)
            .ToList();
        return elsewhere.Count > 0 ? $"a key of this name belongs at {Shown.Choice(elsewhere)}; check the indentation"
            : CloseName.Find(name, shape.Keys.Select(key => key.Name)) is { } close ? $"did you mean {close}?"
            : $"known here: {Shown.Choice(shape.NamesInUse)}";
    }
}
