using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>Import and export: the two calls that answer with a process.</summary>
internal static class TransferEndpoints
{
    private const char Separator = ';';

    public static BrevoAnswer Import(BrevoAccount account, BrevoRequest request) =>
        BrevoAnswer.Id(202, "processId", account.Processes.Import(ImportRequest.Read(account, request)).Id);

    public static BrevoAnswer Export(BrevoAccount account, BrevoRequest request)
    {
        var body = request.Body();
        var filter = body.Object("customContactFilter") ?? throw BrevoRefusal.Missing("customContactFilter is missing");
        var action = filter.Text("actionForContacts") ?? throw BrevoRefusal.Missing("actionForContacts is missing");
        if (action is not ("allContacts" or "subscribed" or "unsubscribed" or "unsubscribedPerList"))
        {
            throw BrevoRefusal.Invalid("actionForContacts is invalid");
        }

        if (filter.Number("segmentId") is not null)
        {
            throw BrevoRefusal.NotFound("Segment ID does not exist");
        }

        var list = account.Lists.Get(filter.Number("listId") ?? throw BrevoRefusal.Missing("listId or segmentId is required"));
        var columns = Columns(account, body);
        var notifyUrl = body.Text("notifyUrl") is { Length: > 0 } text
            ? Uri.TryCreate(text, UriKind.Absolute, out var url) ? url : throw BrevoRefusal.Invalid("notifyUrl is not a valid URL")
            : null;
        var process = account.Processes.Run(
            "CONTACT_EXPORT",
            done => done.ExportUrl = account.Files.Put("export", done.Id, Write(account, Select(account, list, action), columns)),
            notifyUrl);
        return BrevoAnswer.Id(202, "processId", process.Id);
    }

    private static IEnumerable<Contact> Select(BrevoAccount account, ContactList list, string action)
    {
        var ids = action == "unsubscribedPerList" ? list.Unsubscribed : list.Members;
        var contacts = ids.Enumerate().Select(id => account.Contacts.Find(id)!);
        return action switch
        {
            "subscribed" => contacts.Where(contact => !contact.EmailBlacklisted),
            "unsubscribed" => contacts.Where(contact => contact.EmailBlacklisted),
            _ => contacts,
        };
    }

    private static List<(string Name, Func<Contact, string> Read)> Columns(BrevoAccount account, JsonElement body)
    {
        List<(string Name, Func<Contact, string> Read)> columns = [];
        var attributes = body.Texts("exportAttributes") ?? [];
        if (body.Flag("exportMandatoryAttributes") ?? true)
        {
            columns.Add(("EMAIL", contact => contact.Email ?? ""));
            columns.Add(("ADDED_TIME", contact => Time(account, body, contact.CreatedTicks)));
            columns.Add(("MODIFIED_TIME", contact => Time(account, body, contact.ModifiedTicks)));
        }
        else if (attributes.Count == 0)
        {
            throw BrevoRefusal.Missing("exportAttributes is required without the mandatory attributes");
        }

        foreach (var name in attributes)
        {
            Add(name, Reader(account, name) ?? throw BrevoRefusal.Invalid($"Attribute {name} does not exist"));
        }

        foreach (var name in body.Texts("exportMetadata") ?? [])
        {
            Add(name, name switch
            {
                "_listIds" => contact => string.Join(',', account.Writer.ListsOf(contact).Select(list => list.Id)),
                "ADDED_TIME" => contact => Time(account, body, contact.CreatedTicks),
                "MODIFIED_TIME" => contact => Time(account, body, contact.ModifiedTicks),
                _ => throw BrevoRefusal.Invalid("exportMetadata is invalid"),
            });
        }

        foreach (var name in body.Texts("exportSubscriptionStatus") ?? [])
        {
            Add(name, name switch
            {
                "email_marketing" => contact => contact.EmailBlacklisted ? "Unsubscribed" : "Subscribed",
                "sms_marketing" => contact => contact.SmsBlacklisted ? "Unsubscribed" : "Subscribed",
                _ => throw BrevoRefusal.Invalid("exportSubscriptionStatus is invalid"),
            });
        }

        return columns;

        void Add(string name, Func<Contact, string> read)
        {
            if (!columns.Exists(column => column.Name == name))
            {
                columns.Add((name, read));
            }
        }
    }

    private static Func<Contact, string>? Reader(BrevoAccount account, string name)
    {
        if (Identifiers.FromAttribute(name) is { } kind)
        {
            return contact => contact.Get(kind) ?? "";
        }

        return account.Attributes.Find(name) is { } definition ? contact => Text(contact.Get(definition)) : null;
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        string[] options => string.Join(',', options),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Time(BrevoAccount account, JsonElement body, long ticks)
    {
        var time = new DateTimeOffset(ticks, TimeSpan.Zero);
        var shown = body.Flag("exportDateInUTC") is true ? time : TimeZoneInfo.ConvertTime(time, account.Options.AccountTimeZone);
        return shown.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }

    private static StringBuilder Write(
        BrevoAccount account, IEnumerable<Contact> contacts, List<(string Name, Func<Contact, string> Read)> columns)
    {
        var text = new StringBuilder();
        WriteRow(columns.Select(column => column.Name));
        foreach (var contact in contacts)
        {
            WriteRow(columns.Select(column => column.Read(contact)));
        }

        return text;

        void WriteRow(IEnumerable<string> cells) =>
            text.AppendJoin(Separator, cells.Select(cell => CsvText.Quote(cell, Separator))).Append('\n');
    }
}
