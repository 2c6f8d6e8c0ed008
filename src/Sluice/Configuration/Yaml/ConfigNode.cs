namespace Sluice.Configuration.Yaml;

/// <summary>A node of the file with its place. Aliases point at the very node they name.</summary>
internal abstract class ConfigNode(int line, int column)
{
    public int Line { get; } = line;

    public int Column { get; } = column;
}

/// <summary>A scalar, as text: what it means is for the key to say, not for YAML.</summary>
internal sealed class ScalarNode(string text, bool isPlain, int line, int column) : ConfigNode(line, column)
{
    public string Text { get; } = text;

    /// <summary>Written without quotes and without a tag.</summary>
    public bool IsPlain { get; } = isPlain;

    public bool IsNull => IsPlain && (Text is "" or "~" or "null" or "Null" or "NULL");
}

internal sealed class SequenceNode(IReadOnlyList<ConfigNode> items, int line, int column) : ConfigNode(line, column)
{
    public IReadOnlyList<ConfigNode> Items { get; } = items;
}

/// <summary>A mapping with its entries as written: duplicates and merge keys included.</summary>
internal sealed class MappingNode(IReadOnlyList<(ConfigNode Key, ConfigNode Value)> entries, int line, int column) : ConfigNode(line, column)
{
    public IReadOnlyList<(ConfigNode Key, ConfigNode Value)> Entries { get; } = entries;
}
