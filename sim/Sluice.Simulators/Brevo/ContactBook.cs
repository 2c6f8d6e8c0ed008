using System.Globalization;

namespace Sluice.Simulators.Brevo;

/// <summary>All contacts with an index for each identifier. Ids are given in order of creation and never again.</summary>
internal sealed class ContactBook
{
    private readonly List<Contact?> _byId = [null];
    private readonly Dictionary<string, Contact>[] _index =
        Array.ConvertAll(Identifiers.All, _ => new Dictionary<string, Contact>(StringComparer.Ordinal));

    public IdSet All { get; } = new();

    /// <summary>Makes room for many contacts at once.</summary>
    public void Expect(int contacts) => _byId.EnsureCapacity(_byId.Count + contacts);

    /// <summary>Makes room in the index of one identifier.</summary>
    public void Expect(IdentifierKind kind, int contacts) => _index[(int)kind].EnsureCapacity(_index[(int)kind].Count + contacts);

    public Contact? Find(long id) => id > 0 && id < _byId.Count ? _byId[(int)id] : null;

    /// <summary>Looks a contact up by the stored form, case-sensitively.</summary>
    public Contact? Find(IdentifierKind kind, string value) => kind == IdentifierKind.ContactId
        ? long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? Find(id) : null
        : _index[(int)kind].GetValueOrDefault(value);

    public Contact Create(long nowTicks)
    {
        var contact = new Contact(_byId.Count, nowTicks);
        _byId.Add(contact);
        All.Add(contact.Id);
        return contact;
    }

    public void SetIdentifier(Contact contact, IdentifierKind kind, string? value)
    {
        if (contact.Get(kind) is { } old)
        {
            _index[(int)kind].Remove(old);
        }

        contact.Set(kind, value);
        if (value is not null)
        {
            _index[(int)kind].Add(value, contact);
        }
    }

    public void Delete(Contact contact)
    {
        foreach (var kind in Identifiers.Assignable)
        {
            if (contact.Get(kind) is { } value)
            {
                _index[(int)kind].Remove(value);
            }
        }

        _byId[contact.Id] = null;
        All.Remove(contact.Id);
    }
}
