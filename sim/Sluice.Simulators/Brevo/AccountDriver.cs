using System.Globalization;

namespace Sluice.Simulators.Brevo;

/// <summary>What happens in an account without its API being called: people leave, mail bounces, somebody works by hand.</summary>
internal sealed class AccountDriver(BrevoAccount account)
{
    public int AddForeignContacts(int count, long? listId, string prefix)
    {
        var list = listId is { } id ? account.Lists.Get(id) : null;
        for (var number = 1; number <= count; number++)
        {
            var contact = GetOrCreate(string.Create(CultureInfo.InvariantCulture, $"{prefix}{number}@foreign.test"));
            if (list is not null)
            {
                account.Writer.AddToLists(contact, [list]);
            }
        }

        return count;
    }

    public bool AddToList(long listId, string email) =>
        account.Writer.AddToLists(GetOrCreate(email), [account.Lists.Get(listId)]);

    public bool RemoveFromList(long listId, string email) =>
        Find(email) is { } contact && account.Writer.RemoveFromList(contact, account.Lists.Get(listId));

    public bool Unsubscribe(string email, long? listId)
    {
        if (Find(email) is not { } contact)
        {
            return false;
        }

        contact.ModifiedTicks = account.Now.UtcTicks;
        if (listId is { } id)
        {
            var list = account.Lists.Get(id);
            list.Members.Remove(contact.Id);
            list.Unsubscribed.Add(contact.Id);
            account.Webhooks.Unsubscribed(email, [id]);
            return true;
        }

        contact.EmailBlacklisted = true;
        Block(email, "unsubscribedViaEmail");
        account.Webhooks.Unsubscribed(email, [.. account.Writer.ListsOf(contact).Select(list => list.Id)]);
        return true;
    }

    public bool HardBounce(string email) => Blocklist(email, "hardBounce", account.Webhooks.HardBounce);

    public bool Spam(string email) => Blocklist(email, "contactFlaggedAsSpam", account.Webhooks.Spam);

    public bool SoftBounce(string email)
    {
        if (Find(email) is null)
        {
            return false;
        }

        account.Webhooks.SoftBounce(email);
        return true;
    }

    public bool Delete(string email)
    {
        if (Find(email) is not { } contact)
        {
            return false;
        }

        account.Writer.Delete(contact);
        return true;
    }

    private bool Blocklist(string email, string code, Action<string> tell)
    {
        if (Find(email) is not { } contact)
        {
            return false;
        }

        contact.ModifiedTicks = account.Now.UtcTicks;
        contact.EmailBlacklisted = true;
        Block(email, code);
        tell(email);
        return true;
    }

    private void Block(string email, string code)
    {
        account.Blocked.Remove(email);
        account.Blocked.Add(email, "", code, account.Now);
    }

    private Contact? Find(string email) => account.Contacts.Find(IdentifierKind.Email, email);

    private Contact GetOrCreate(string email)
    {
        if (Find(email) is { } existing)
        {
            return existing;
        }

        var change = new ContactChange { [IdentifierKind.Email] = ContactReader.Email(email) };
        return account.Writer.Create(change);
    }
}
