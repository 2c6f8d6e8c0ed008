using System.Globalization;
using System.Text.Json.Nodes;
using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.App;

/// <summary>Annotations and their tags; written by analysts and up.</summary>
internal static class AnnotationEndpoints
{
    public static MixpanelAnswer Handle(AppCall call, string projectId, string[] path)
    {
        var project = call.Project(projectId, call.Request.Method == "GET" ? MixpanelRole.Consumer : MixpanelRole.Analyst);
        var book = project.Annotations;
        return (call.Request.Method, path) switch
        {
            ("GET", []) => AppAnswer.Ok(Between(book, call.Request.Parameter("fromDate") ?? "", call.Request.Parameter("toDate") ?? "9999")),
            ("POST", []) => Create(call, book),
            ("GET", ["tags"]) => AppAnswer.Ok(new JsonArray([.. book.Tags.Select(tag => Tag(tag.Key, tag.Value))])),
            ("POST", ["tags"]) => CreateTag(call, book),
            ("GET", [var id]) => AppAnswer.Ok(Describe(book, Find(book, id))),
            ("PATCH", [var id]) => Change(call, book, Find(book, id)),
            ("DELETE", [var id]) => Delete(book, Find(book, id)),
            _ => AppAnswer.Error(404, "Not found"),
        };
    }

    /// <summary>The annotations of some days, both included.</summary>
    public static JsonArray Between(AnnotationBook book, string from, string to) => new([.. book.Entries.Values
        .Where(entry => string.CompareOrdinal(entry.Date, from) >= 0 && string.CompareOrdinal(entry.Date[..10], to) <= 0)
        .Select(entry => Describe(book, entry))]);

    private static MixpanelAnswer Create(AppCall call, AnnotationBook book)
    {
        var body = call.Body();
        var entry = new Annotation(
            book.NextId(), Date(body["date"]), Text(body["description"]), call.Account?.UserName ?? "person", TagIds(book, body["tags"]));
        book.Entries.Add(entry.Id, entry);
        return AppAnswer.Ok(Describe(book, entry), 201);
    }

    private static MixpanelAnswer Change(AppCall call, AnnotationBook book, Annotation entry)
    {
        var body = call.Body();
        entry = entry with
        {
            Date = body.ContainsKey("date") ? Date(body["date"]) : entry.Date,
            Description = body.ContainsKey("description") ? Text(body["description"]) : entry.Description,
            Tags = body.ContainsKey("tags") ? TagIds(book, body["tags"]) : entry.Tags,
        };
        book.Entries[entry.Id] = entry;
        return AppAnswer.Ok(Describe(book, entry));
    }

    private static MixpanelAnswer Delete(AnnotationBook book, Annotation entry)
    {
        book.Entries.Remove(entry.Id);
        return AppAnswer.Ok(new JsonObject { ["id"] = entry.Id });
    }

    private static MixpanelAnswer CreateTag(AppCall call, AnnotationBook book)
    {
        var name = JsonTree.AsText(call.Body()["name"]) is { Length: > 0 } text ? text : throw AppAnswer.Refusal(400, "name is required");
        var id = book.NextId();
        book.Tags.Add(id, name);
        return AppAnswer.Ok(Tag(id, name), 201);
    }

    private static Annotation Find(AnnotationBook book, string id) =>
        book.Entries.GetValueOrDefault(AppCall.Id(id)) ?? throw AppAnswer.Refusal(404, $"Annotation {id} was not found");

    private static string Date(JsonNode? node) => JsonTree.AsText(node) is { } text
        && DateTime.TryParseExact(text, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? text
            : throw AppAnswer.Refusal(400, "date must look like 2026-02-15 12:00:00");

    private static string Text(JsonNode? node) => JsonTree.AsText(node) ?? throw AppAnswer.Refusal(400, "description is required");

    private static IReadOnlyList<long> TagIds(AnnotationBook book, JsonNode? node) => node is null ? []
        : node is JsonArray list && list.All(id => JsonTree.AsNumber(id) is { } number && book.Tags.ContainsKey((long)number))
            ? [.. list.Select(id => (long)JsonTree.AsNumber(id)!.Value)]
            : throw AppAnswer.Refusal(400, "tags must be ids of tags");

    private static JsonObject Tag(long id, string name) => new() { ["id"] = id, ["name"] = name };

    private static JsonObject Describe(AnnotationBook book, Annotation entry) => new()
    {
        ["id"] = entry.Id,
        ["date"] = entry.Date,
        ["description"] = entry.Description,
        ["user"] = new JsonObject { ["id"] = 9, ["first_name"] = entry.User, ["last_name"] = "" },
        ["tags"] = new JsonArray([.. entry.Tags.Select(id => Tag(id, book.Tags[id]))]),
    };
}
