using System.Text.RegularExpressions;
using Sluice.Configuration.Reading;

namespace Sluice.Configuration.Definition;

internal static partial class CompanyKeys
{
    public static readonly Key<string> GroupKey = new(
        "group_key", new TextShape("text", pattern: null, "a group key of Mixpanel, on one line"), "The group key whose groups are companies.")
    {
        IsRequired = true,
        Example = "company_id",
    };

    public static readonly Key<IReadOnlyList<MapEntry<string>>> Attributes = new(
        "attributes",
        new MapShape<string>(
            "group property",
            new TextShape("company attribute", AttributeForm(), "the internal name of a company attribute: a lower-case letter, then up to 49 lower-case letters, digits or _")),
        "Which properties of the group go into which attributes of the company, by their internal names; `name` is the company's name. Without one, or without a value, it is the group's id.")
    {
        DefaultText = "{ $name: name }",
        Example = "{ $name: name, domain: domain, seats: number_of_employees }",
    };

    public static readonly Key<BlockReader> Companies = new(
        "companies",
        new BlockShape(GroupKey, Attributes),
        "How groups become companies in Brevo, while `connectors.mixpanel.sync.groups` is true.")
    {
        Without = "no group is a company",
    };

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,49}\z")]
    private static partial Regex AttributeForm();
}
