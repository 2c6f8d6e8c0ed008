using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>Lists, folders and segments.</summary>
internal static class ListEndpoints
{
    private const int DefaultPage = 10;
    private const int MaxPage = 50;

    public static BrevoAnswer Lists(BrevoAccount account, BrevoRequest request) =>
        Page(request, account.Lists.Lists.Values, "lists", WriteList);

    public static BrevoAnswer FolderLists(BrevoAccount account, BrevoRequest request)
    {
        var folder = account.Lists.GetFolder(request.Number(0));
        return Page(request, account.Lists.Lists.Values.Where(list => list.FolderId == folder.Id), "lists", WriteList);
    }

    public static BrevoAnswer CreateList(BrevoAccount account, BrevoRequest request)
    {
        var body = request.Body();
        var name = Name(body);
        var folderId = body.Number("folderId") ?? throw BrevoRefusal.Missing("folderId is missing");
        if (!account.Lists.Folders.ContainsKey(folderId))
        {
            throw BrevoRefusal.Of(400, "document_not_found", "Folder ID does not exist");
        }

        return BrevoAnswer.Id(201, "id", account.Lists.AddList(name, folderId, account.Now.UtcTicks).Id);
    }

    public static BrevoAnswer GetList(BrevoAccount account, BrevoRequest request)
    {
        request.Range();
        var list = account.Lists.Get(request.Number(0));
        return BrevoAnswer.Json(200, json =>
        {
            json.WriteStartObject();
            WriteListFields(json, list);
            json.WriteString("createdAt", ContactJson.Time(account, list.CreatedTicks));
            json.WriteBoolean("dynamicList", list.IsDynamic);
            json.WriteStartArray("campaignStats");
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public static BrevoAnswer UpdateList(BrevoAccount account, BrevoRequest request)
    {
        var list = account.Lists.Get(request.Number(0));
        var body = request.Body();
        var name = body.Text("name");
        var folderId = body.Number("folderId");
        if (name is not null == folderId is not null)
        {
            throw BrevoRefusal.Invalid("Either name or folderId should be passed");
        }

        if (folderId is { } id)
        {
            list.FolderId = account.Lists.GetFolder(id).Id;
        }
        else
        {
            list.Name = Name(body);
        }

        return BrevoAnswer.NoContent;
    }

    public static BrevoAnswer DeleteList(BrevoAccount account, BrevoRequest request)
    {
        account.Lists.Lists.Remove(account.Lists.Get(request.Number(0)).Id);
        return BrevoAnswer.NoContent;
    }

    public static BrevoAnswer Folders(BrevoAccount account, BrevoRequest request) =>
        Page(request, account.Lists.Folders.Values, "folders", (json, folder) => WriteFolder(json, account, folder));

    public static BrevoAnswer CreateFolder(BrevoAccount account, BrevoRequest request) =>
        BrevoAnswer.Id(201, "id", account.Lists.AddFolder(Name(request.Body())).Id);

    public static BrevoAnswer GetFolder(BrevoAccount account, BrevoRequest request)
    {
        var folder = account.Lists.GetFolder(request.Number(0));
        return BrevoAnswer.Json(200, json => WriteFolder(json, account, folder));
    }

    public static BrevoAnswer UpdateFolder(BrevoAccount account, BrevoRequest request)
    {
        account.Lists.GetFolder(request.Number(0)).Name = Name(request.Body());
        return BrevoAnswer.NoContent;
    }

    public static BrevoAnswer DeleteFolder(BrevoAccount account, BrevoRequest request)
    {
        account.Lists.DeleteFolder(account.Lists.GetFolder(request.Number(0)));
        return BrevoAnswer.NoContent;
    }

    /// <summary>The account has no segments.</summary>
    public static BrevoAnswer Segments(BrevoAccount account, BrevoRequest request) =>
        Page(request, Array.Empty<ContactList>(), "segments", WriteList);

    public static BrevoAnswer Page<T>(BrevoRequest request, IEnumerable<T> all, string name, Action<Utf8JsonWriter, T> write)
    {
        var (offset, limit) = request.Page(DefaultPage, MaxPage);
        var items = all.ToList();
        if (request.Descending())
        {
            items.Reverse();
        }

        return BrevoAnswer.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("count", items.Count);
            json.WriteStartArray(name);
            foreach (var item in items.Skip(offset).Take(limit))
            {
                write(json, item);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static string Name(JsonElement body) =>
        body.Text("name") is { Length: > 0 } name ? name : throw BrevoRefusal.Missing("name is missing");

    private static void WriteList(Utf8JsonWriter json, ContactList list)
    {
        json.WriteStartObject();
        WriteListFields(json, list);
        json.WriteEndObject();
    }

    // The two totals are being retired and answer 0.
    private static void WriteListFields(Utf8JsonWriter json, ContactList list)
    {
        json.WriteNumber("id", list.Id);
        json.WriteString("name", list.Name);
        json.WriteNumber("folderId", list.FolderId);
        json.WriteNumber("uniqueSubscribers", list.Members.Count);
        json.WriteNumber("totalSubscribers", 0);
        json.WriteNumber("totalBlacklisted", 0);
    }

    private static void WriteFolder(Utf8JsonWriter json, BrevoAccount account, ContactFolder folder)
    {
        var members = new IdSet();
        foreach (var list in account.Lists.Lists.Values.Where(list => list.FolderId == folder.Id))
        {
            members.UnionWith(list.Members);
        }

        json.WriteStartObject();
        json.WriteNumber("id", folder.Id);
        json.WriteString("name", folder.Name);
        json.WriteNumber("uniqueSubscribers", members.Count);
        json.WriteNumber("totalSubscribers", 0);
        json.WriteNumber("totalBlacklisted", 0);
        json.WriteEndObject();
    }
}
