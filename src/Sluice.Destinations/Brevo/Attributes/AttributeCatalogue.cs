using Sluice.Brevo;

namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>The contact attributes that an account has.</summary>
public sealed class AttributeCatalogue
{
    private readonly Dictionary<string, BrevoAttributeInfo> _attributes = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Takes over the account's list.</summary>
    /// <param name="attributes">The attributes as listed. Of two with one name, the one that can be written for a contact counts.</param>
    public AttributeCatalogue(IEnumerable<BrevoAttributeInfo> attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        foreach (var attribute in attributes.Where(attribute => attribute.Name.Length > 0))
        {
            if (!_attributes.TryGetValue(attribute.Name, out var known) || (!IsWritable(known) && IsWritable(attribute)))
            {
                _attributes[attribute.Name] = attribute;
            }
        }
    }

    internal BrevoAttributeInfo? Find(string name) => _attributes.GetValueOrDefault(name);

    internal static bool IsWritable(BrevoAttributeInfo attribute) =>
        attribute.Category is null or BrevoAttributeCategories.Normal or BrevoAttributeCategories.Category && attribute.Type != BrevoAttributeTypes.Id;

    internal static AttributeKind? KindOf(BrevoAttributeInfo attribute) => attribute switch
    {
        { Category: BrevoAttributeCategories.Category } => AttributeKind.Category,
        { Type: BrevoAttributeTypes.Text } => AttributeKind.Text,
        { Type: BrevoAttributeTypes.Number } => AttributeKind.Number,
        { Type: BrevoAttributeTypes.Date } => AttributeKind.Date,
        { Type: BrevoAttributeTypes.Boolean } => AttributeKind.Boolean,
        { Type: BrevoAttributeTypes.MultipleChoice } => AttributeKind.MultipleChoice,
        { Type: BrevoAttributeTypes.User } => AttributeKind.User,
        _ => null,
    };

    internal static ChoiceTable? ChoicesOf(BrevoAttributeInfo attribute) => KindOf(attribute) switch
    {
        AttributeKind.MultipleChoice => new ChoiceTable(attribute.MultiCategoryOptions, []),
        AttributeKind.Category => OfEnumeration(attribute.Enumeration),
        _ => null,
    };

    private static ChoiceTable OfEnumeration(IReadOnlyList<BrevoCategoryOption> options)
    {
        // The account's own key is in the text; the number is 0 when the key is no number.
        var known = options.Where(option => option.ValueStr is { Length: > 0 } || option.Value is not null).ToArray();
        return new ChoiceTable(
            Array.ConvertAll(known, option => option.ValueStr is { Length: > 0 } key ? key : FormattableString.Invariant($"{option.Value}")),
            Array.ConvertAll(known, option => option.Label));
    }
}
