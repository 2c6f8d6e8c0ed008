using System.Globalization;
using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>One attribute of the account. Deleting it makes every stored value unreachable.</summary>
internal sealed class AttributeDefinition(string name, string category, string? type)
{
    public string Name => name;

    public string Category => category;

    public string? Type => type;

    /// <summary>Formula of calculated and global attributes.</summary>
    public string? Formula { get; set; }

    /// <summary>Raw key and label of each option of a category attribute.</summary>
    public List<(string Value, string Label)> Enumeration { get; set; } = [];

    /// <summary>Options of a multiple-choice attribute.</summary>
    public List<string> Options { get; } = [];

    public bool Deleted { get; set; }

    /// <summary>The value to store, null to clear, or <see langword="false"/> when the value does not fit and is dropped.</summary>
    public bool TryRead(JsonElement json, out object? value)
    {
        value = null;
        if (json.ValueKind == JsonValueKind.String && json.ValueEquals("") && IsWritable)
        {
            return true;
        }

        value = (category, type, json.ValueKind) switch
        {
            ("normal" or "transactional", "text" or "user" or "id", JsonValueKind.String) => json.GetString(),
            ("normal" or "transactional", "id", JsonValueKind.Number) => json.GetRawText(),
            ("normal" or "transactional", "date", JsonValueKind.String) => IsoDate(json.GetString()!),
            ("normal" or "transactional", "float", JsonValueKind.Number) => Finite(json.GetDouble()),
            ("normal" or "transactional", "boolean", JsonValueKind.True) => BoxedBoolean.True,
            ("normal" or "transactional", "boolean", JsonValueKind.False) => BoxedBoolean.False,
            ("normal", "multiple-choice", JsonValueKind.Array) => Choices(json),
            ("category", _, JsonValueKind.String) => CategoryKey(json.GetString()!),
            ("category", _, JsonValueKind.Number) => CategoryKey(json.GetRawText()),
            _ => null,
        };
        return value is not null;
    }

    /// <summary>The same for a cell of a CSV file, where everything is text; an empty cell is the caller's to handle.</summary>
    public object? ReadCell(string cell) => (category, type) switch
    {
        ("normal" or "transactional", "text" or "user" or "id") => cell,
        ("normal" or "transactional", "date") => IsoDate(cell) ?? LocalDate(cell),
        ("normal" or "transactional", "float") =>
            double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? Finite(number) : null,
        ("normal" or "transactional", "boolean") => cell.ToUpperInvariant() switch
        {
            "TRUE" or "YES" or "1" => BoxedBoolean.True,
            "FALSE" or "NO" or "0" => BoxedBoolean.False,
            _ => null,
        },
        ("normal", "multiple-choice") => Known(cell.Trim('[', ']').Split(',').Select(option => option.Trim(' ', '"', '\''))),
        ("category", _) => CategoryKey(cell),
        _ => null,
    };

    public bool IsWritable => category is "normal" or "category" or "transactional";

    /// <summary>A category value by its raw key or its label, as its raw key.</summary>
    public string? CategoryKey(string text)
    {
        foreach (var (value, label) in Enumeration)
        {
            if (value == text || label == text)
            {
                return value;
            }
        }

        return null;
    }

    private static double? Finite(double number) => double.IsFinite(number) ? number : null;

    private static string? IsoDate(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? text : null;

    // Files may carry the account's own day-month-year; what is stored and answered is ISO.
    private static string? LocalDate(string text) =>
        DateOnly.TryParseExact(text, ["dd/MM/yyyy", "dd-MM-yyyy"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : null;

    private string[]? Choices(JsonElement array) =>
        Known(array.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!));

    private string[]? Known(IEnumerable<string> options)
    {
        var known = options.Where(Options.Contains).Distinct(StringComparer.Ordinal).ToArray();
        return known.Length > 0 ? known : null;
    }
}

/// <summary>Two shared boxes instead of one a contact.</summary>
internal static class BoxedBoolean
{
    public static readonly object True = true;
    public static readonly object False = false;
}

/// <summary>The attributes of the account, by name; names are unique across categories and case-sensitive.</summary>
internal sealed class AttributeCatalog
{
    private readonly Dictionary<string, AttributeDefinition> _byName = new(StringComparer.Ordinal);
    private readonly List<AttributeDefinition> _all = [];

    public AttributeCatalog(string firstName, string lastName)
    {
        Add(new AttributeDefinition("EMAIL", "normal", "text"));
        Add(new AttributeDefinition("SMS", "normal", "text"));
        Add(new AttributeDefinition(firstName, "normal", "text"));
        Add(new AttributeDefinition(lastName, "normal", "text"));
    }

    public IReadOnlyList<AttributeDefinition> All => _all;

    public AttributeDefinition? Find(string name) => _byName.GetValueOrDefault(name);

    public AttributeDefinition? Find(string category, string name) =>
        Find(name) is { } definition && definition.Category == category ? definition : null;

    public bool Add(AttributeDefinition definition)
    {
        if (!_byName.TryAdd(definition.Name, definition))
        {
            return false;
        }

        _all.Add(definition);
        return true;
    }

    public void Remove(AttributeDefinition definition)
    {
        definition.Deleted = true;
        _byName.Remove(definition.Name);
        _all.Remove(definition);
    }

    /// <summary>Names that identify contacts or belong to the system: nobody can create them.</summary>
    public static bool IsReserved(string name) =>
        Identifiers.FromAttribute(name) is not null || name is "ADDED_TIME" or "MODIFIED_TIME" or "BLACKLISTED";
}
