using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>An import that was accepted.</summary>
internal sealed record ImportRequest
{
    /// <summary>The rows of an inline import; null when they come from <see cref="FileUrl"/>.</summary>
    public ImportRows? Rows { get; init; }

    public Uri? FileUrl { get; init; }

    public required IReadOnlyList<long> ListIds { get; init; }

    public bool UpdateExisting { get; init; }

    public bool EmptyClears { get; init; }

    public bool EmailBlacklist { get; init; }

    public bool SmsBlacklist { get; init; }

    public Uri? NotifyUrl { get; init; }

    public BrevoFaultEffect? Fault { get; init; }

    public static ImportRequest Read(BrevoAccount account, BrevoRequest request)
    {
        var body = request.Body();
        var json = body.Field("jsonBody");
        var fileBody = body.Text("fileBody");
        var fileUrl = Address(body, "fileUrl");
        switch ((json is null ? 0 : 1) + (fileBody is null ? 0 : 1) + (fileUrl is null ? 0 : 1))
        {
            case 0:
                throw BrevoRefusal.Missing("One of fileUrl, fileBody or jsonBody is required");
            case > 1:
                throw BrevoRefusal.Invalid("Only one of fileUrl, fileBody or jsonBody is allowed");
        }

        if (fileUrl is not null && !HasKnownExtension(fileUrl))
        {
            throw BrevoRefusal.Invalid("fileUrl should be a .txt, .csv or .json file");
        }

        var update = body.Flag("updateExistingContacts") ?? true;
        var import = new ImportRequest
        {
            Rows = json is { } items ? Json(account, items)
                : fileBody is not null ? Csv(account, fileBody) : null,
            FileUrl = fileUrl,
            ListIds = [],
            UpdateExisting = update,
            EmptyClears = update && (body.Flag("emptyContactsAttributes") ?? false),
            EmailBlacklist = body.Flag("emailBlacklist") ?? false,
            SmsBlacklist = body.Flag("smsBlacklist") ?? false,
            NotifyUrl = Address(body, "notifyUrl"),
            Fault = request.ImportFault,
        };
        body.Flag("disableNotification");

        // The new list is made last, when nothing can be refused any more.
        return import with { ListIds = Lists(account, body) };
    }

    private static List<long> Lists(BrevoAccount account, JsonElement body)
    {
        var lists = account.Lists.Resolve(body.Numbers("listIds")).ConvertAll(list => list.Id);
        if (body.Object("newList") is { } newList)
        {
            var name = newList.Text("listName") is { Length: > 0 } text ? text : throw BrevoRefusal.Missing("listName is missing");
            var folder = newList.Number("folderId") ?? throw BrevoRefusal.Missing("folderId is missing");
            if (!account.Lists.Folders.ContainsKey(folder))
            {
                throw BrevoRefusal.Of(400, "document_not_found", "Folder ID does not exist");
            }

            lists.Add(account.Lists.AddList(name, folder, account.Now.UtcTicks).Id);
        }

        return lists.Count > 0 ? lists : throw BrevoRefusal.Missing("listIds or newList is required");
    }

    private static JsonImportRows Json(BrevoAccount account, JsonElement items)
    {
        RequireSize(account, JsonMarshal.GetRawUtf8Value(items).Length);
        if (items.ValueKind != JsonValueKind.Array)
        {
            throw BrevoRefusal.Invalid("jsonBody should be an array");
        }

        return items.GetArrayLength() > 0
            ? new JsonImportRows(items.Clone())
            : throw BrevoRefusal.Missing("jsonBody is empty");
    }

    private static CsvImportRows Csv(BrevoAccount account, string text)
    {
        RequireSize(account, Encoding.UTF8.GetByteCount(text));
        return text.Length > 0 ? new CsvImportRows(text) : throw BrevoRefusal.Missing("fileBody is empty");
    }

    private static void RequireSize(BrevoAccount account, int bytes)
    {
        if (bytes > account.Options.MaxInlineImportBytes)
        {
            throw BrevoRefusal.Invalid("Body of the import is larger than the maximum allowed size");
        }
    }

    private static Uri? Address(JsonElement body, string name)
    {
        if (body.Text(name) is not { Length: > 0 } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme is "http" or "https")
            ? url
            : throw BrevoRefusal.Invalid($"{name} is not a valid URL");
    }

    private static bool HasKnownExtension(Uri url) => Path.GetExtension(url.AbsolutePath) is ".txt" or ".csv" or ".json";
}
