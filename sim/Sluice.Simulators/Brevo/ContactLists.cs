namespace Sluice.Simulators.Brevo;

/// <summary>A folder of lists.</summary>
internal sealed class ContactFolder(long id, string name)
{
    public long Id => id;

    public string Name { get; set; } = name;
}

/// <summary>A list with its members and those who left it alone without leaving the account.</summary>
internal sealed class ContactList(long id, string name, long folderId, bool isDynamic, long createdTicks)
{
    public long Id => id;

    public string Name { get; set; } = name;

    public long FolderId { get; set; } = folderId;

    public bool IsDynamic => isDynamic;

    public long CreatedTicks => createdTicks;

    public IdSet Members { get; } = new();

    public IdSet Unsubscribed { get; } = new();
}

/// <summary>The account's folders and lists, in order of id.</summary>
internal sealed class ContactLists
{
    private long _lastFolder;
    private long _lastList;

    public SortedDictionary<long, ContactFolder> Folders { get; } = [];

    public SortedDictionary<long, ContactList> Lists { get; } = [];

    public ContactFolder AddFolder(string name)
    {
        var folder = new ContactFolder(++_lastFolder, name);
        Folders.Add(folder.Id, folder);
        return folder;
    }

    public ContactList AddList(string name, long folderId, long nowTicks, long? id = null, bool isDynamic = false)
    {
        var list = new ContactList(id ?? _lastList + 1, name, folderId, isDynamic, nowTicks);
        Lists.Add(list.Id, list);
        _lastList = Math.Max(_lastList, list.Id);
        return list;
    }

    public ContactList Get(long id) =>
        Lists.GetValueOrDefault(id) ?? throw BrevoRefusal.NotFound("List ID does not exist");

    public ContactFolder GetFolder(long id) =>
        Folders.GetValueOrDefault(id) ?? throw BrevoRefusal.NotFound("Folder ID does not exist");

    /// <summary>Lists named in a body: one that does not exist spoils the call.</summary>
    public List<ContactList> Resolve(IEnumerable<long>? ids)
    {
        List<ContactList> lists = [];
        foreach (var id in ids ?? [])
        {
            lists.Add(Lists.GetValueOrDefault(id) ?? throw BrevoRefusal.Invalid($"List ID {id} does not exist"));
        }

        return lists;
    }

    /// <summary>A folder takes its lists with it; their contacts stay.</summary>
    public void DeleteFolder(ContactFolder folder)
    {
        Folders.Remove(folder.Id);
        foreach (var list in Lists.Values.Where(list => list.FolderId == folder.Id).ToList())
        {
            Lists.Remove(list.Id);
        }
    }

    public void Forget(Contact contact)
    {
        foreach (var list in Lists.Values)
        {
            list.Members.Remove(contact.Id);
            list.Unsubscribed.Remove(contact.Id);
        }
    }
}
