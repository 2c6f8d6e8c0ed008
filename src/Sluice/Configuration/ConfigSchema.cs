using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Configuration.Definition;

namespace Sluice.Configuration;

/// <summary>The JSON schema of the config file, for editors. It is written from the table that the loader reads with.</summary>
public static class ConfigSchema
{
    // Relaxed: the file is read by people and editors, never put into a page.
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The schema as a file's text. It checks form and range; what only the loader can judge (files, conflicts) is left to it.</summary>
    public static string ToJson()
    {
        var schema = new JsonObject
        {
            // Draft 7 is what YAML editors read most completely.
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "Sluice config file",
        };
        foreach (var (name, value) in ConfigDefinition.Root.Schema().ToList())
        {
            schema[name] = value?.DeepClone();
        }

        return schema.ToJsonString(Indented) + "\n";
    }
}
