namespace Sluice.Core.Delivery.Enrichment;

/// <summary>What is added to people on their way to a destination: properties of their groups, and columns of lookup tables.</summary>
public sealed record EnrichmentRules(IReadOnlyList<GroupSource> Groups, IReadOnlyList<LookupJoin> Lookups)
{
    public static readonly EnrichmentRules None = new([], []);

    /// <summary>A further group key whose groups' members are to be known, whatever is added to them: those become companies.</summary>
    public string? Companies { get; init; }

    public bool IsEmpty => GroupKeys.Count + Lookups.Count == 0;

    /// <summary>The group keys that are followed, each once.</summary>
    public IReadOnlyList<string> GroupKeys =>
        [.. Groups.Select(g => g.GroupKey).Concat(Companies is { } key ? [key] : []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}

/// <summary>A property of the profile of a person's group.</summary>
/// <param name="GroupKey">The property that names the group on the person, for instance <c>company_id</c>.</param>
public sealed record GroupSource(string GroupKey, string Property)
{
    public const string Prefix = "group:";

    /// <summary>How the property is called beside a person's own: <c>group:company_id.plan</c>.</summary>
    public string Name => $"{Prefix}{GroupKey}.{Property}";

    /// <summary>Reads a name as above; the group key ends at the first dot. Null when it has another form.</summary>
    public static GroupSource? Parse(string name)
    {
        if (!name.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var dot = name.IndexOf('.', Prefix.Length);
        return dot > Prefix.Length && dot < name.Length - 1 ? new GroupSource(name[Prefix.Length..dot], name[(dot + 1)..]) : null;
    }
}

/// <summary>A lookup table that adds properties to whatever has a key of it.</summary>
/// <param name="Table">Its id or its name.</param>
/// <param name="Property">The property whose value is the key.</param>
/// <param name="Columns">Which column becomes which property.</param>
public sealed record LookupJoin(string Table, string Property, IReadOnlyList<LookupColumn> Columns);

/// <param name="Column">As the table's first row has it.</param>
/// <param name="Property">What it is called beside the record's own properties.</param>
public readonly record struct LookupColumn(string Column, string Property);

/// <summary>A group that a person says they belong to.</summary>
public readonly record struct GroupLink(string GroupKey, string GroupId);
