namespace Sluice.Simulators.Brevo;

/// <summary>What a call or a row wants to be true of one contact. Absent means untouched.</summary>
internal sealed class ContactChange
{
    private readonly string?[] _identifiers = new string?[Identifiers.All.Length];
    private readonly bool[] _cleared = new bool[Identifiers.All.Length];

    public List<(AttributeDefinition Definition, object? Value)> Values { get; } = [];

    public bool? EmailBlacklisted { get; set; }

    public bool? SmsBlacklisted { get; set; }

    /// <summary>The wanted identifier in its stored form, or null when it is not mentioned.</summary>
    public string? this[IdentifierKind kind]
    {
        get => _identifiers[(int)kind];
        set => _identifiers[(int)kind] = value;
    }

    public bool HasIdentifier => Array.Exists(_identifiers, identifier => identifier is not null);

    public bool Clears(IdentifierKind kind) => _cleared[(int)kind];

    public void Clear(IdentifierKind kind) => _cleared[(int)kind] = true;

    public void Set(AttributeDefinition definition, object? value)
    {
        var index = Values.FindIndex(entry => ReferenceEquals(entry.Definition, definition));
        if (index >= 0)
        {
            Values[index] = (definition, value);
        }
        else
        {
            Values.Add((definition, value));
        }
    }

    public void Reset()
    {
        Array.Clear(_identifiers);
        Array.Clear(_cleared);
        Values.Clear();
        EmailBlacklisted = null;
        SmsBlacklisted = null;
    }
}
