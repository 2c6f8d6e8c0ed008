namespace Sluice.Simulators.Brevo;

/// <summary>Changes contacts and lists, and tells the webhooks.</summary>
internal sealed class ContactWriter(BrevoAccount account)
{
    public Contact Create(ContactChange change)
    {
        var contact = account.Contacts.Create(account.Now.UtcTicks);
        foreach (var kind in Identifiers.Assignable)
        {
            if (change[kind] is { } value)
            {
                account.Contacts.SetIdentifier(contact, kind, value);
            }
        }

        // A contact that has only a phone gets an address made of its digits.
        if (contact.Email is null && (contact.Sms ?? contact.WhatsApp ?? contact.Landline) is { } digits
            && contact.ExtId is null && account.Contacts.Find(IdentifierKind.Email, digits + Identifiers.PhoneDomain) is null)
        {
            account.Contacts.SetIdentifier(contact, IdentifierKind.Email, digits + Identifiers.PhoneDomain);
        }

        foreach (var (definition, value) in change.Values)
        {
            contact.Set(definition, value);
        }

        SetFlags(contact, change);
        return contact;
    }

    /// <summary>Applies a change whose identifiers are known to be free.</summary>
    public void Update(Contact contact, ContactChange change)
    {
        List<(string Name, object? Value)> changed = [];
        foreach (var kind in Identifiers.Assignable)
        {
            var wanted = change[kind];
            if (wanted is null ? !change.Clears(kind) || contact.Get(kind) is null : wanted == contact.Get(kind))
            {
                continue;
            }

            if (kind == IdentifierKind.Email && contact.Email is { } old)
            {
                // Changing the address of a blocklisted contact lifts the blocklisting: a documented side effect.
                contact.EmailBlacklisted = false;
                account.Blocked.Remove(old);
            }

            account.Contacts.SetIdentifier(contact, kind, wanted);
            changed.Add((Identifiers.AttributeName(kind), wanted));
        }

        foreach (var (definition, value) in change.Values)
        {
            if (contact.Set(definition, value))
            {
                changed.Add((definition.Name, value));
            }
        }

        SetFlags(contact, change);
        contact.ModifiedTicks = account.Now.UtcTicks;
        if (changed.Count > 0)
        {
            account.Webhooks.ContactUpdated(contact, changed);
        }
    }

    /// <summary>Adds to lists. Neither the account's blocklist nor an earlier departure from the list is touched.</summary>
    public bool AddToLists(Contact contact, IReadOnlyList<ContactList> lists)
    {
        List<long>? added = null;
        foreach (var list in lists)
        {
            if (list.Members.Add(contact.Id))
            {
                (added ??= []).Add(list.Id);
            }
        }

        if (added is null)
        {
            return false;
        }

        contact.ModifiedTicks = account.Now.UtcTicks;
        account.Webhooks.ListAddition(contact, added);
        return true;
    }

    public bool RemoveFromList(Contact contact, ContactList list)
    {
        if (!list.Members.Remove(contact.Id))
        {
            return false;
        }

        contact.ModifiedTicks = account.Now.UtcTicks;
        return true;
    }

    /// <summary>Deletes for good: lists, events, blocklist entries.</summary>
    public void Delete(Contact contact)
    {
        account.Lists.Forget(contact);
        account.Contacts.Delete(contact);
        account.Events.Forget(contact.Id);
        if (contact.Email is { } email)
        {
            account.Blocked.Remove(email);
            account.Webhooks.ContactDeleted(email);
        }
    }

    public IEnumerable<ContactList> ListsOf(Contact contact) =>
        account.Lists.Lists.Values.Where(list => list.Members.Contains(contact.Id));

    private void SetFlags(Contact contact, ContactChange change)
    {
        if (change.EmailBlacklisted is { } email)
        {
            contact.EmailBlacklisted = email;
            if (contact.Email is { } address)
            {
                account.Blocked.Remove(address);
                if (email)
                {
                    account.Blocked.Add(address, "", "unsubscribedViaApi", account.Now);
                }
            }
        }

        contact.SmsBlacklisted = change.SmsBlacklisted ?? contact.SmsBlacklisted;
    }
}
