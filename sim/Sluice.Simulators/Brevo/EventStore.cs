namespace Sluice.Simulators.Brevo;

/// <summary>A stored event. The same event sent twice is stored twice.</summary>
internal sealed record StoredEvent(
    long ContactId, string Name, DateTimeOffset Date, string? ObjectType, byte[] EventProperties, byte[] ContactProperties);

/// <summary>Events in order of arrival.</summary>
internal sealed class EventStore
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<StoredEvent> _events = [];
    private readonly HashSet<long> _contacts = [];

    public IReadOnlyList<StoredEvent> All => _events;

    /// <summary>Events that were accepted and led nowhere because no contact has their identifiers.</summary>
    public long Dropped { get; set; }

    public void Add(StoredEvent stored)
    {
        if (!_names.TryGetValue(stored.Name, out var name))
        {
            _names.Add(name = stored.Name);
        }

        _contacts.Add(stored.ContactId);
        _events.Add(stored with { Name = name });
    }

    /// <summary>The history of a deleted or merged contact is lost.</summary>
    public void Forget(long contactId)
    {
        if (_contacts.Remove(contactId))
        {
            _events.RemoveAll(stored => stored.ContactId == contactId);
        }
    }
}
