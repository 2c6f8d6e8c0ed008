using System.Globalization;

namespace Sluice.Simulators.Brevo;

/// <summary>Contacts one by one.</summary>
internal static class ContactEndpoints
{
    /// <summary>201 with an id for a new contact, 204 without one for an update.</summary>
    public static BrevoAnswer Create(BrevoAccount account, BrevoRequest request)
    {
        var body = request.Body();
        var change = ContactReader.Read(account, body);
        var email = body.Text("email") is { Length: > 0 } text ? ContactReader.Email(text) : null;
        var updateEnabled = body.Flag("updateEnabled") ?? false;
        var lists = account.Lists.Resolve(body.Numbers("listIds"));
        if (email is null && change[IdentifierKind.ExtId] is null && change[IdentifierKind.Sms] is null)
        {
            throw BrevoRefusal.Missing("Please provide Email or SMS attribute value to create contact");
        }

        // The contact is found by the first of these that the call has; the others must then be free or its own.
        var key = email is not null ? IdentifierKind.Email
            : change[IdentifierKind.ExtId] is not null ? IdentifierKind.ExtId
            : IdentifierKind.Sms;
        var existing = account.Contacts.Find(key, email ?? change[key]!);
        if (existing is not null && !updateEnabled && body.Flag("forceMerge") is not true)
        {
            throw Conflict("create", [key]);
        }

        RefuseOwnEmail(existing, change);
        if (existing is null)
        {
            change[IdentifierKind.Email] = email ?? change[IdentifierKind.Email];
        }

        if (ResolveClashes(account, "create", existing, change, body.Flag("forceMerge") ?? false) is { } survivor)
        {
            account.Writer.Update(survivor, change);
            account.Writer.AddToLists(survivor, lists);
            BlockSenders(account, survivor, updateEnabled ? body.Texts("smtpBlacklistSender") : null);
            return body.Flag("getId") is true ? BrevoAnswer.Id(201, "id", survivor.Id) : BrevoAnswer.NoContent;
        }

        var contact = account.Writer.Create(change);
        account.Writer.AddToLists(contact, lists);
        return BrevoAnswer.Id(201, "id", contact.Id);
    }

    public static BrevoAnswer Update(BrevoAccount account, BrevoRequest request)
    {
        var contact = Find(account, request, guessPhone: false);
        var body = request.Body();
        var change = ContactReader.Read(account, body);
        var lists = account.Lists.Resolve(body.Numbers("listIds"));
        var unlink = account.Lists.Resolve(body.Numbers("unlinkListIds"));
        RefuseOwnEmail(contact, change);
        var survivor = ResolveClashes(account, "update", contact, change, body.Flag("forceMerge") ?? false)!;
        account.Writer.Update(survivor, change);
        account.Writer.AddToLists(survivor, lists);
        foreach (var list in unlink)
        {
            account.Writer.RemoveFromList(survivor, list);
        }

        BlockSenders(account, survivor, body.Texts("smtpBlacklistSender"));
        return BrevoAnswer.NoContent;
    }

    public static BrevoAnswer Get(BrevoAccount account, BrevoRequest request)
    {
        request.Range();
        var contact = Find(account, request, guessPhone: true);
        return BrevoAnswer.Json(200, json => ContactJson.Write(json, account, contact, withStatistics: true));
    }

    public static BrevoAnswer Delete(BrevoAccount account, BrevoRequest request)
    {
        var contact = Find(account, request, guessPhone: false);
        if (contact.Email == account.Options.AccountEmail)
        {
            throw BrevoRefusal.NotAllowed("You cannot delete the contact of your own account");
        }

        account.Writer.Delete(contact);
        return BrevoAnswer.NoContent;
    }

    /// <summary>The old bulk update is retired; import takes its place.</summary>
    public static BrevoAnswer Batch(BrevoAccount account, BrevoRequest request) =>
        throw BrevoRefusal.NotAllowed("This endpoint was retired on 2026-10-30, use POST /contacts/import");

    private static Contact Find(BrevoAccount account, BrevoRequest request, bool guessPhone)
    {
        var value = request.Value(0);
        if (request.Text("identifierType") is { } type)
        {
            var kind = Identifiers.FromType(type) ?? throw BrevoRefusal.Invalid("identifierType is invalid");
            return Existing(account.Contacts.Find(kind, LookupForm(kind, value)));
        }

        // Without a type the value is guessed: digits are read as an id before anything else.
        if (value.Contains('@', StringComparison.Ordinal))
        {
            return Existing(account.Contacts.Find(IdentifierKind.Email, value));
        }

        if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && (account.Contacts.Find(id) is not null || !guessPhone))
        {
            return Existing(account.Contacts.Find(id));
        }

        return guessPhone && Identifiers.Phone(value) is { } phone
            ? Existing(account.Contacts.Find(IdentifierKind.Sms, phone))
            : throw BrevoRefusal.Invalid("Invalid identifier, please pass identifierType");
    }

    private static string LookupForm(IdentifierKind kind, string value)
    {
        if (kind == IdentifierKind.ContactId && !long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw BrevoRefusal.Invalid("Contact id should be an integer");
        }

        return Identifiers.IsPhone(kind)
            ? Identifiers.Phone(value) ?? throw BrevoRefusal.Invalid("Invalid phone number")
            : value;
    }

    private static Contact Existing(Contact? contact) => contact ?? throw BrevoRefusal.NotFound("Contact does not exist");

    // Sending the unchanged address as the attribute that changes it is refused.
    private static void RefuseOwnEmail(Contact? contact, ContactChange change)
    {
        if (contact?.Email is { } own && change[IdentifierKind.Email] == own)
        {
            throw BrevoRefusal.Duplicate("Contact already exist", ["email"]);
        }
    }

    /// <summary>
    /// Wanted identifiers that other contacts have are a conflict, unless the call asked for a merge: then the contact
    /// modified last survives and the others are deleted.
    /// </summary>
    private static Contact? ResolveClashes(
        BrevoAccount account, string verb, Contact? contact, ContactChange change, bool forceMerge)
    {
        List<IdentifierKind> clashes = [];
        List<Contact> involved = contact is null ? [] : [contact];
        foreach (var kind in Identifiers.Assignable)
        {
            if (change[kind] is { } wanted && account.Contacts.Find(kind, wanted) is { } owner && !ReferenceEquals(owner, contact))
            {
                clashes.Add(kind);
                involved.Add(owner);
            }
        }

        if (clashes.Count == 0)
        {
            return contact;
        }

        if (!forceMerge)
        {
            throw Conflict(verb, clashes);
        }

        var survivor = involved.MaxBy(candidate => candidate.ModifiedTicks)!;
        foreach (var other in involved.Distinct().Where(other => !ReferenceEquals(other, survivor)))
        {
            account.Writer.Delete(other);
        }

        return survivor;
    }

    private static BrevoRefusal Conflict(string verb, IReadOnlyList<IdentifierKind> kinds)
    {
        var names = kinds.Select(Identifiers.ErrorName).ToArray();
        return BrevoRefusal.Duplicate(
            $"Unable to {verb} contact, {string.Join(", ", names)} {(names.Length == 1 ? "is" : "are")} already associated with another Contact",
            names);
    }

    private static void BlockSenders(BrevoAccount account, Contact contact, List<string>? senders)
    {
        if (contact.Email is not { } email)
        {
            return;
        }

        foreach (var sender in senders ?? [])
        {
            account.Blocked.Add(email, sender, "adminBlocked", account.Now);
        }
    }
}
