using System.Text;
using Sluice.Configuration.Definition;

namespace Sluice.Configuration;

/// <summary>The reference of all keys. It is written from the table that the loader reads with.</summary>
public static class ConfigReference
{
    /// <summary>Path of every key, such as <c>server.urls</c> or <c>connectors.mixpanel.lists.&lt;source&gt;.mode</c>.</summary>
    public static IReadOnlyList<string> Keys { get; } = [.. ConfigDefinition.All.Select(entry => entry.Path)];

    /// <summary>One Markdown table for each top-level block, and one for the keys that later versions will use.</summary>
    public static string ToMarkdown()
    {
        var markdown = new StringBuilder();
        foreach (var top in ConfigDefinition.Root.Keys.Where(key => !key.IsUnused))
        {
            // What a project holds is described once, at the root.
            var below = top == ConfigDefinition.Projects ? [] : top.Shape.KeysBelow().Where(entry => !entry.Key.IsUnused);
            markdown.Append("### `").Append(top.Name).Append("`\n\n");
            AppendTable(markdown, [(top.Name, top), .. below.Select(entry => (entry.Path.StartsWith('[') ? top.Name + entry.Path : $"{top.Name}.{entry.Path}", entry.Key))]);
        }

        markdown.Append("### Not used by this version\n\nThese keys are known and passed over with a warning.\n\n| key | meaning |\n| --- | --- |\n");
        foreach (var (path, key) in ConfigDefinition.All.Where(entry => entry.Key.IsUnused))
        {
            markdown.Append("| `").Append(path).Append("` | ").Append(key.Meaning).Append(" |\n");
        }

        return markdown.ToString();
    }

    private static void AppendTable(StringBuilder markdown, IEnumerable<(string Path, Key Key)> rows)
    {
        markdown.Append("| key | type | default | meaning | example |\n| --- | --- | --- | --- | --- |\n");
        foreach (var (path, key) in rows)
        {
            markdown.Append("| `").Append(path).Append("` | ").Append(key.Shape.TypeText).Append(" | ")
                .Append(key.IsRequired ? "required" : key.Without ?? Code(key.DefaultText)).Append(" | ")
                .Append(key.Meaning).Append(" | ").Append(Code(key.Example)).Append(" |\n");
        }

        markdown.Append('\n');
    }

    private static string Code(string? text) => text is null ? "" : $"`{text}`";
}
