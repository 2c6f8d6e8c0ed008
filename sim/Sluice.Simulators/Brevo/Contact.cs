namespace Sluice.Simulators.Brevo;

/// <summary>A stored contact. Membership of lists lives with the lists.</summary>
internal sealed class Contact
{
    private KeyValuePair<AttributeDefinition, object>[] _values = [];

    public Contact(int id, long createdTicks)
    {
        Id = id;
        CreatedTicks = createdTicks;
        ModifiedTicks = createdTicks;
    }

    public int Id { get; }

    public string? ExtId { get; private set; }

    public string? Email { get; private set; }

    public string? Sms { get; private set; }

    public string? WhatsApp { get; private set; }

    public string? Landline { get; private set; }

    public long CreatedTicks { get; }

    public long ModifiedTicks { get; set; }

    public bool EmailBlacklisted { get; set; }

    public bool SmsBlacklisted { get; set; }

    public bool WhatsAppBlacklisted { get; set; }

    public IEnumerable<KeyValuePair<AttributeDefinition, object>> Values => _values.Where(value => !value.Key.Deleted);

    public string? Get(IdentifierKind kind) => kind switch
    {
        IdentifierKind.ExtId => ExtId,
        IdentifierKind.Email => Email,
        IdentifierKind.Sms => Sms,
        IdentifierKind.WhatsApp => WhatsApp,
        IdentifierKind.Landline => Landline,
        _ => null,
    };

    /// <summary>Sets an identifier; only the book does this, which keeps the index.</summary>
    public void Set(IdentifierKind kind, string? value)
    {
        switch (kind)
        {
            case IdentifierKind.ExtId:
                ExtId = value;
                break;
            case IdentifierKind.Email:
                Email = value;
                break;
            case IdentifierKind.Sms:
                Sms = value;
                break;
            case IdentifierKind.WhatsApp:
                WhatsApp = value;
                break;
            case IdentifierKind.Landline:
                Landline = value;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind));
        }
    }

    public object? Get(AttributeDefinition definition)
    {
        foreach (var (key, value) in _values)
        {
            if (ReferenceEquals(key, definition))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Stores a value, or clears it when null.</summary>
    /// <returns>Whether anything changed.</returns>
    public bool Set(AttributeDefinition definition, object? value)
    {
        var index = Array.FindIndex(_values, entry => ReferenceEquals(entry.Key, definition));
        if (index < 0)
        {
            if (value is null)
            {
                return false;
            }

            _values = [.. _values, new(definition, value)];
            return true;
        }

        if (value is null)
        {
            _values = [.. _values[..index], .. _values[(index + 1)..]];
            return true;
        }

        var old = _values[index].Value;
        var same = old is string[] left && value is string[] right ? left.AsSpan().SequenceEqual(right) : old.Equals(value);
        _values[index] = new(definition, value);
        return !same;
    }
}
