using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;
using Sluice.Simulators.Mixpanel.Query;

namespace Sluice.Simulators.Mixpanel.App;

/// <summary>The data dictionary of a project, and the allowances of its API. Callers hold the simulator's lock.</summary>
internal sealed class SchemaBook(Lock gate, MixpanelLimits limits, VolumeWindow entities)
{
    public SortedDictionary<(string Type, string Name), JsonObject> Entries { get; } = [];

    public CallBudget Calls { get; } = new(gate, int.MaxValue, new CallWindow(limits.SchemaCallsPerMinute, TimeSpan.FromMinutes(1)));

    /// <summary>Events and properties written, of all projects of the organization together.</summary>
    public VolumeWindow Entities => entities;

    /// <summary>Whether events of a name are thrown away when they come.</summary>
    public bool Drops(string eventName) =>
        Entries.TryGetValue(("event", eventName), out var schema) && Metadata(schema) is { } metadata && JsonTree.IsTrue(metadata["dropped"]);

    /// <summary>Writes one; metadata that the new text does not name stay, and those that it sets to null go.</summary>
    public void Put(string type, string name, JsonObject schema)
    {
        var next = (JsonObject)schema.DeepClone();
        if (Entries.TryGetValue((type, name), out var old) && Metadata(old) is { } before)
        {
            if (next["metadata"] is not JsonObject metadata)
            {
                next["metadata"] = metadata = [];
            }

            if (metadata["com.mixpanel"] is not JsonObject ours)
            {
                metadata["com.mixpanel"] = ours = [];
            }

            foreach (var (key, value) in before.Where(entry => !ours.ContainsKey(entry.Key)))
            {
                ours[key] = value?.DeepClone();
            }
        }

        if (Metadata(next) is { } written)
        {
            foreach (var key in written.Where(entry => entry.Value is null).Select(entry => entry.Key).ToArray())
            {
                written.Remove(key);
            }
        }

        Entries[(type, name)] = next;
    }

    private static JsonObject? Metadata(JsonObject schema) => (schema["metadata"] as JsonObject)?["com.mixpanel"] as JsonObject;
}
