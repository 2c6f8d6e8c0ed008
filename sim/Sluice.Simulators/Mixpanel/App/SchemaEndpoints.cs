using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.App;

/// <summary>Schemas: five calls a minute, so many entities a minute, so many deletions a call.</summary>
internal static class SchemaEndpoints
{
    public static MixpanelAnswer Handle(AppCall call, string projectId, string[] path)
    {
        var writes = call.Request.Method != "GET";
        var project = call.Project(projectId, writes ? MixpanelRole.Admin : MixpanelRole.Consumer);
        var book = project.Schemas;
        if (book.Calls.TryEnter(call.World.Now, out var wait) is not { } place)
        {
            return TooMany(wait);
        }

        using (place)
        {
            return (call.Request.Method, path) switch
            {
                ("GET", []) => List(book, _ => true),
                ("GET", [var type]) => List(book, entry => entry.Type == Type(type) && Named(call, entry.Name)),
                ("GET", [var type, var name]) => One(book, (Type(type), Name(name))),
                ("POST", []) => Write(call, book),
                ("POST", [var type, var name]) => WriteOne(call, book, (Type(type), Name(name))),
                ("DELETE", []) => Delete(call, book, _ => true),
                ("DELETE", [var type]) => Delete(call, book, entry => entry.Type == Type(type) && Named(call, entry.Name)),
                ("DELETE", [var type, var name]) => Delete(call, book, entry => entry == (Type(type), Name(name))),
                _ => AppAnswer.Error(404, "Not found"),
            };
        }
    }

    private static MixpanelAnswer TooMany(TimeSpan wait) => AppAnswer.Error(429, "Too many requests") with
    {
        OverBudget = true, RetryAfterSeconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)),
    };

    private static MixpanelAnswer List(SchemaBook book, Func<(string Type, string Name), bool> wanted) =>
        AppAnswer.Ok(new JsonArray([.. book.Entries.Where(entry => wanted(entry.Key)).Select(entry => Describe(entry.Key, entry.Value))]));

    private static MixpanelAnswer One(SchemaBook book, (string Type, string Name) key) => book.Entries.TryGetValue(key, out var schema)
        ? AppAnswer.Ok(schema.DeepClone())
        : AppAnswer.Error(404, $"There is no schema of {key.Type} {key.Name}");

    private static MixpanelAnswer Write(AppCall call, SchemaBook book)
    {
        var body = call.Body();
        var entries = (body["entries"] as JsonArray ?? throw AppAnswer.Refusal(400, "entries is required")).Select(Entry).ToArray();
        var truncates = JsonTree.IsTrue(body["truncate"]);
        var gone = truncates ? book.Entries.Keys.Where(known => entries.Any(entry => entry.Key.Type == known.Type)).ToArray() : [];
        Check(call, gone.Length);
        if (!book.Entities.TryTake(call.World.Now, entries.Sum(entry => Size(entry.Schema)), out var wait))
        {
            return TooMany(wait);
        }

        foreach (var key in gone)
        {
            book.Entries.Remove(key);
        }

        foreach (var (key, schema) in entries)
        {
            book.Put(key.Type, key.Name, schema);
        }

        return AppAnswer.Ok(new JsonObject { ["added"] = entries.Length, ["deleted"] = gone.Length });
    }

    private static MixpanelAnswer WriteOne(AppCall call, SchemaBook book, (string Type, string Name) key)
    {
        var schema = call.Body();
        if (!book.Entities.TryTake(call.World.Now, Size(schema), out var wait))
        {
            return TooMany(wait);
        }

        book.Put(key.Type, key.Name, schema);
        return AppAnswer.Ok(book.Entries[key].DeepClone());
    }

    private static MixpanelAnswer Delete(AppCall call, SchemaBook book, Func<(string Type, string Name), bool> wanted)
    {
        var gone = book.Entries.Keys.Where(wanted).ToArray();
        Check(call, gone.Length);
        foreach (var key in gone)
        {
            book.Entries.Remove(key);
        }

        return AppAnswer.Ok(new JsonObject { ["delete_count"] = gone.Length });
    }

    private static void Check(AppCall call, int deletions)
    {
        if (deletions > call.World.Limits.MaxSchemaDeletions)
        {
            throw AppAnswer.Refusal(400, $"one call deletes at most {call.World.Limits.MaxSchemaDeletions} schemas");
        }
    }

    // The limit counts events and properties alike.
    private static int Size(JsonObject schema) => 1 + ((schema["properties"] as JsonObject)?.Count ?? 0);

    private static ((string Type, string Name) Key, JsonObject Schema) Entry(JsonNode? node) =>
        node is JsonObject entry && JsonTree.AsText(entry["entityType"]) is { } type && JsonTree.AsText(entry["name"]) is { Length: > 0 } name
        && entry["schemaJson"] is JsonObject schema
            ? ((Type(type), name), schema)
            : throw AppAnswer.Refusal(400, "an entry has entityType, name and schemaJson");

    private static string Type(string type) => type is "event" or "profile" ? type : throw AppAnswer.Refusal(400, "entityType must be event or profile");

    private static string Name(string name) => Uri.UnescapeDataString(name);

    private static bool Named(AppCall call, string name) => call.Request.Parameter("entity_name") is not { Length: > 0 } wanted || wanted == name;

    private static JsonObject Describe((string Type, string Name) key, JsonObject schema) => new()
    {
        ["entityType"] = key.Type, ["name"] = key.Name, ["schemaJson"] = schema.DeepClone(),
    };
}
