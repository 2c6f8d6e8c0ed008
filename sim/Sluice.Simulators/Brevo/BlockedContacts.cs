namespace Sluice.Simulators.Brevo;

/// <summary>One entry of the transactional block list.</summary>
internal sealed record BlockedContact(string Email, string Sender, string Code, DateTimeOffset BlockedAt);

/// <summary>The transactional block list, newest first.</summary>
internal sealed class BlockedContacts
{
    private readonly List<BlockedContact> _entries = [];

    public IEnumerable<BlockedContact> NewestFirst => Enumerable.Reverse(_entries);

    public int Count => _entries.Count;

    public void Add(string email, string sender, string code, DateTimeOffset at) =>
        _entries.Add(new BlockedContact(email, sender, code, at));

    public void Remove(string email)
    {
        if (_entries.Count > 0)
        {
            _entries.RemoveAll(entry => entry.Email == email);
        }
    }

    public static string Message(string code) => code switch
    {
        "hardBounce" => "Mail to this address bounced",
        "contactFlaggedAsSpam" => "Recipient marked a mail as spam",
        "unsubscribedViaApi" => "Unsubscribed via API",
        "adminBlocked" => "Admin blocked",
        _ => "Unsubscribed via email",
    };
}
