using System.Text;

namespace Sluice.Simulators.Brevo;

/// <summary>Applies the rows of an import at its end and collects what could not be used.</summary>
internal sealed class ImportRun(BrevoAccount account, ImportRequest request, long processId)
{
    private readonly Dictionary<string, StringBuilder> _reports = new(StringComparer.Ordinal);
    private readonly HashSet<string>?[] _seen = new HashSet<string>?[Identifiers.All.Length];
    private List<ContactList> _lists = [];
    private string _header = "";
    private int _rows;

    /// <summary>The names that <c>info.import</c> has for its reports.</summary>
    public static IReadOnlyList<string> ReportNames { get; } =
        ["invalid_emails", .. Identifiers.All.Select(DuplicateReport)];

    /// <summary>Applies all rows.</summary>
    /// <returns>The addresses of the reports that are not empty.</returns>
    public Dictionary<string, string> Apply(ImportRows rows)
    {
        // A list that was deleted meanwhile takes nobody.
        _lists = [.. request.ListIds.Where(account.Lists.Lists.ContainsKey).Select(id => account.Lists.Lists[id])];
        _header = rows.Header;
        _rows = rows.Count;
        account.Contacts.Expect(_rows);
        rows.ForEach(account, request.EmptyClears, Apply);
        return _reports.ToDictionary(report => report.Key, report => account.Files.Put(report.Key, processId, report.Value));
    }

    private void Apply(ImportRow row)
    {
        var change = row.Change;
        if (row.IsInvalid || !change.HasIdentifier || HasUnknownId(change))
        {
            Report("invalid_emails", row);
            return;
        }

        if (SeenBefore(change) is { } duplicate)
        {
            Report(DuplicateReport(duplicate), row);
            return;
        }

        if (request.EmailBlacklist)
        {
            change.EmailBlacklisted = true;
        }

        if (request.SmsBlacklist)
        {
            change.SmsBlacklisted = true;
        }

        var contact = Existing(change);
        if (contact is null)
        {
            contact = account.Writer.Create(change);
        }
        else if (request.UpdateExisting)
        {
            account.Writer.Update(contact, change);
        }
        else if (!account.Options.CreateOnlyImportAddsExistingToLists)
        {
            return;
        }

        account.Writer.AddToLists(contact, _lists);
    }

    // A row that names several contacts merges them: the one with the strongest identifier survives, the others go with
    // their history.
    private Contact? Existing(ContactChange change)
    {
        Contact? survivor = null;
        foreach (var kind in Identifiers.All)
        {
            if (change[kind] is not { } value || account.Contacts.Find(kind, value) is not { } found
                || ReferenceEquals(found, survivor))
            {
                continue;
            }

            if (survivor is null)
            {
                survivor = found;
            }
            else if (request.UpdateExisting)
            {
                account.Writer.Delete(found);
            }
        }

        return survivor;
    }

    private bool HasUnknownId(ContactChange change) =>
        change[IdentifierKind.ContactId] is { } id && account.Contacts.Find(IdentifierKind.ContactId, id) is null;

    // The first of several rows with a common identifier is taken, the others are only reported.
    private IdentifierKind? SeenBefore(ContactChange change)
    {
        foreach (var kind in Identifiers.All)
        {
            if (change[kind] is { } value && _seen[(int)kind]?.Contains(value) is true)
            {
                return kind;
            }
        }

        foreach (var kind in Identifiers.All)
        {
            if (change[kind] is { } value)
            {
                (_seen[(int)kind] ??= Expecting(kind)).Add(value);
            }
        }

        return null;
    }

    private HashSet<string> Expecting(IdentifierKind kind)
    {
        account.Contacts.Expect(kind, _rows);
        return new HashSet<string>(_rows, StringComparer.Ordinal);
    }

    private void Report(string name, ImportRow row)
    {
        if (!_reports.TryGetValue(name, out var report))
        {
            _reports[name] = report = new StringBuilder().Append(_header).Append('\n');
        }

        report.Append(row.Raw()).Append('\n');
    }

    private static string DuplicateReport(IdentifierKind kind) => kind switch
    {
        IdentifierKind.ExtId => "duplicate_ext_id",
        IdentifierKind.Email => "duplicate_email_id",
        IdentifierKind.Sms => "duplicate_phone_id",
        IdentifierKind.WhatsApp => "duplicate_whatsapp_id",
        IdentifierKind.Landline => "duplicate_landline_number_id",
        _ => "duplicate_contact_id",
    };
}
