using System.Text.RegularExpressions;
using Sluice.Configuration.Reading;

namespace Sluice.Configuration.Definition;

internal static partial class MappingKeys
{
    /// <summary>As a Mixpanel event it stands for every event without a line of its own, as a Brevo name for the event's own.</summary>
    public const string Any = "*";

    public static readonly Key<string> Attribute = new(
        "attribute",
        new TextShape("text", AttributeForm(), "email, SMS, or an attribute name: a letter, then up to 49 letters, digits or _"),
        "`email`, `SMS`, or the name of a Brevo contact attribute: a letter, then up to 49 letters, digits or `_`; written in upper case, as Brevo does.")
    {
        IsRequired = true,
        Example = "LTV",
    };

    public static readonly Key<BrevoAttributeType> Type = new(
        "type",
        new ChoiceShape<BrevoAttributeType>(
            ("text", BrevoAttributeType.Text),
            ("float", BrevoAttributeType.Number),
            ("date", BrevoAttributeType.Date),
            ("boolean", BrevoAttributeType.Boolean),
            ("category", BrevoAttributeType.Category),
            ("multiple-choice", BrevoAttributeType.MultipleChoice)),
        "Type that the attribute must have, when the one that fits its values is not wanted.")
    {
        Without = "the attribute's own; for a new attribute, what fits",
        Example = "float",
    };

    public static readonly Key<IReadOnlyList<MapEntry<string>>> EventMapping = new(
        "event_mapping",
        new MapShape<string>(
            "Mixpanel event", new TextShape("Brevo event", EventForm(), "a Brevo event name: 1 to 255 letters, digits, _ or - (or, for the event *, the name *)")),
        "Which events are sent, and under which name. With the block only the events in it are sent; the line `\"*\": \"*\"` sends all others under their own name.")
    {
        Without = "every event under its own name",
        Example = "{ \"Purchase\": \"order_completed\" }",
    };

    public static readonly Key<IReadOnlyList<MapEntry<BlockReader>>> PropertyMapping = new(
        "property_mapping",
        new MapShape<BlockReader>("Mixpanel property", new ShorthandShape(new BlockShape(Attribute, Type))),
        "Which profile properties are sent, and into which field of the contact. `user_groups` (ids of the person's user groups) and `user_group:<cohort id>` (true or false) are properties too; `group:<group key>.<property>` is a property of the profile of the person's group, which the profile property of the group key's name tells (of a list the first).")
    {
        DefaultText = "{ $email: email }",
        Example = "{ $email: email, $first_name: FIRSTNAME, total_revenue: { attribute: LTV, type: float } }",
    };

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_]{0,49}\z")]
    private static partial Regex AttributeForm();

    [GeneratedRegex(@"^(\*|[A-Za-z0-9_-]{1,255})\z")]
    private static partial Regex EventForm();
}
