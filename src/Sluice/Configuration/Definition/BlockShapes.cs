using System.Text.Json.Nodes;
using Sluice.Configuration.Reading;
using Sluice.Configuration.Yaml;

namespace Sluice.Configuration.Definition;

/// <summary>A block with known keys.</summary>
internal sealed class BlockShape(params IReadOnlyList<Key> keys) : Shape<BlockReader>
{
    public IReadOnlyList<Key> Keys { get; } = keys;

    public override string TypeText => "block";

    public override string Accepted => $"a block with the keys {Shown.Choice(NamesInUse)}";

    /// <summary>The names of the keys that this version uses.</summary>
    public IReadOnlyList<string> NamesInUse => [.. Keys.Where(key => !key.IsUnused).Select(key => key.Name)];

    /// <summary>Whether keys that begin with <c>x-</c> are passed over; they are a place for anchors.</summary>
    public bool AllowsExtensions { get; init; }

    public override Found<BlockReader> Read(ConfigNode node, Place place, ReadContext context) => node switch
    {
        ScalarNode { IsNull: true } => Found<BlockReader>.Missing,
        MappingNode mapping => Found<BlockReader>.Of(BlockReader.Open(this, context.Entries(mapping, place), place, context)),
        _ => WrongKind(node, place, context),
    };

    public override JsonObject Schema()
    {
        var properties = new JsonObject();
        foreach (var key in Keys)
        {
            var schema = key.Shape.Schema();
            schema["description"] = Describe(key);
            properties[key.Name] = schema;
        }

        var block = new JsonObject { ["type"] = new JsonArray("object", "null"), ["properties"] = properties, ["additionalProperties"] = false };
        if (Keys.Any(key => key.IsRequired))
        {
            block["required"] = new JsonArray([.. Keys.Where(key => key.IsRequired).Select(key => (JsonNode)key.Name)]);
        }

        if (AllowsExtensions)
        {
            block["patternProperties"] = new JsonObject { ["^x-"] = new JsonObject() };
        }

        return block;
    }

    public override IEnumerable<(string Path, Key Key)> KeysBelow() =>
        Keys.SelectMany(key => key.Shape.KeysBelow()
            .Select(below => (below.Path.StartsWith('[') ? key.Name + below.Path : $"{key.Name}.{below.Path}", below.Key))
            .Prepend((key.Name, key)));

    private static string Describe(Key key) =>
        key.IsUnused ? $"Not used by this version. {key.Meaning}"
        : (key.DefaultText ?? key.Without) is { } absent ? $"{key.Meaning} Default: {absent}."
        : key.Meaning;
}

/// <summary>A block that may be written as the value of its first key alone: <c>15</c> for <c>{ list: 15 }</c>.</summary>
internal sealed class ShorthandShape(BlockShape block) : Shape<BlockReader>
{
    private readonly Key _first = block.Keys[0];

    public override string TypeText => $"{_first.Shape.TypeText}, or a block";

    public override string Accepted => $"{_first.Shape.Accepted}; or {block.Accepted}";

    public override Found<BlockReader> Read(ConfigNode node, Place place, ReadContext context) => node switch
    {
        ScalarNode { IsNull: true } => Found<BlockReader>.Missing,
        ScalarNode scalar => Found<BlockReader>.Of(
            BlockReader.Open(block, [new NamedEntry(_first.Name, scalar, scalar, place, place)], place, context)),
        SequenceNode => WrongKind(node, place, context),
        _ => block.Read(node, place, context),
    };

    public override JsonObject Schema()
    {
        var schema = block.Schema();
        schema["type"] = "object";
        return new JsonObject { ["anyOf"] = new JsonArray(_first.Shape.Schema(), schema) };
    }

    public override IEnumerable<(string Path, Key Key)> KeysBelow() => block.KeysBelow();
}

/// <summary>A block whose keys are names of the user's own.</summary>
/// <param name="keyName">What a key stands for.</param>
/// <param name="value">What each key's value is.</param>
internal sealed class MapShape<T>(string keyName, Shape<T> value) : Shape<IReadOnlyList<MapEntry<T>>>
{
    public override string TypeText => $"{keyName} → {value.TypeText}";

    public override string Accepted => $"a block with one line for each {keyName}";

    public override Found<IReadOnlyList<MapEntry<T>>> Read(ConfigNode node, Place place, ReadContext context)
    {
        if (node is ScalarNode { IsNull: true })
        {
            // A block whose lines are all commented out is there, with nothing in it.
            return Found<IReadOnlyList<MapEntry<T>>>.Of([]);
        }

        return node is MappingNode mapping
            ? Found<IReadOnlyList<MapEntry<T>>>.Of([.. context.Entries(mapping, place).Select(entry => ReadEntry(entry, context))])
            : WrongKind(node, place, context);
    }

    public override JsonObject Schema() =>
        new() { ["type"] = new JsonArray("object", "null"), ["additionalProperties"] = value.Schema() };

    public override IEnumerable<(string Path, Key Key)> KeysBelow() =>
        value.KeysBelow().Select(below => ($"<{keyName}>.{below.Path}", below.Key));

    private MapEntry<T> ReadEntry(NamedEntry entry, ReadContext context)
    {
        var found = value.Read(entry.Value, entry.Place, context);
        if (found.IsMissing)
        {
            context.Problem(entry.KeyPlace, "has no value", value.Remedy);
        }

        return new MapEntry<T>(entry.Name, entry.KeyPlace, entry.Place, found);
    }
}

/// <summary>One line of a <see cref="MapShape{T}"/>, its name not judged yet.</summary>
internal sealed record MapEntry<T>(string Name, Place KeyPlace, Place Place, Found<T> Value);

/// <summary>A list of blocks.</summary>
internal sealed class BlockListShape(BlockShape block) : Shape<IReadOnlyList<BlockReader>>
{
    public override string TypeText => "list of blocks";

    public override string Accepted => $"a list, each item {block.Accepted}";

    public override Found<IReadOnlyList<BlockReader>> Read(ConfigNode node, Place place, ReadContext context)
    {
        if (node is ScalarNode { IsNull: true })
        {
            return Found<IReadOnlyList<BlockReader>>.Missing;
        }

        if (node is not SequenceNode sequence)
        {
            return WrongKind(node, place, context);
        }

        if (sequence.Items.Count == 0)
        {
            context.Problem(place, "is empty", "write at least one item, or remove the key");
            return Found<IReadOnlyList<BlockReader>>.Invalid;
        }

        var blocks = new List<BlockReader>();
        foreach (var (index, item) in context.Items(sequence, place).Index())
        {
            var found = block.Read(item, place.Item(index, item), context);
            if (found.IsMissing)
            {
                context.Problem(place.Item(index, item), "is empty", block.Remedy);
            }

            if (found.IsValid)
            {
                blocks.Add(found.Content);
            }
        }

        return Found<IReadOnlyList<BlockReader>>.Of(blocks);
    }

    public override JsonObject Schema()
    {
        var items = block.Schema();
        items["type"] = "object";
        return new JsonObject { ["type"] = new JsonArray("array", "null"), ["items"] = items, ["minItems"] = 1 };
    }

    public override IEnumerable<(string Path, Key Key)> KeysBelow() =>
        block.KeysBelow().Select(below => ($"[].{below.Path}", below.Key));
}

/// <summary>Whatever it is, this version passes over it with a warning.</summary>
internal sealed class UnusedShape : Shape<object>
{
    public override string TypeText => "anything";

    public override string Accepted => "anything";

    public override Found<object> Read(ConfigNode node, Place place, ReadContext context)
    {
        context.Warn(place, "is not used by this version", "remove it, or leave it for a later version");
        return Found<object>.Missing;
    }

    public override JsonObject Schema() => [];

    /// <summary>A key that a later version will use.</summary>
    public static Key<object> Key(string name, string meaning) => new(name, new UnusedShape(), meaning);
}
