using Sluice.Core.Delivery.Enrichment;

namespace Sluice.Configuration;

/// <summary>The block <c>property_mapping</c>.</summary>
/// <param name="Entries">In the order of the file; no two with the same target.</param>
public sealed record PropertyMapping(IReadOnlyList<PropertyMappingEntry> Entries)
{
    /// <summary>What holds without the block: <c>$email: email</c>.</summary>
    public static PropertyMapping EmailOnly { get; } =
        new([new PropertyMappingEntry(new PropertySource.ProfileProperty("$email"), BrevoField.Email, Type: null)]);
}

/// <summary>One entry of <c>property_mapping</c>.</summary>
/// <param name="Source">What is read from the profile.</param>
/// <param name="Target">Where it goes in the contact.</param>
/// <param name="Type">Type of a Brevo attribute that Sluice must use. Null: the attribute's own, or one that fits the values when it is created.</param>
public sealed record PropertyMappingEntry(PropertySource Source, BrevoField Target, BrevoAttributeType? Type);

/// <summary>The key of an entry of <c>property_mapping</c>.</summary>
public abstract record PropertySource
{
    private PropertySource()
    {
    }

    /// <summary>A Mixpanel profile property.</summary>
    /// <param name="Name">As Mixpanel spells it, such as <c>$first_name</c>.</param>
    public sealed record ProfileProperty(string Name) : PropertySource;

    /// <summary><c>user_groups</c>: the ids of the person's user groups, as a list.</summary>
    public sealed record UserGroups : PropertySource;

    /// <summary><c>user_group:&lt;cohort id&gt;</c>: whether the person is in that user group.</summary>
    /// <param name="CohortId">Mixpanel's number of the cohort, at least 1.</param>
    public sealed record UserGroup(long CohortId) : PropertySource;

    /// <summary><c>group:&lt;group key&gt;.&lt;property&gt;</c>: a property of the profile of the person's group.</summary>
    public sealed record GroupProperty(GroupSource Source) : PropertySource;
}

/// <summary>A field of a Brevo contact.</summary>
/// <param name="Kind">What kind of field it is.</param>
/// <param name="Name">Brevo's name, always in upper case.</param>
public sealed record BrevoField(BrevoFieldKind Kind, string Name)
{
    /// <summary>The contact's e-mail address.</summary>
    public static BrevoField Email { get; } = new(BrevoFieldKind.Email, "EMAIL");

    /// <summary>The contact's mobile number.</summary>
    public static BrevoField Sms { get; } = new(BrevoFieldKind.Sms, "SMS");
}

/// <summary>Kinds of field of a Brevo contact.</summary>
public enum BrevoFieldKind
{
    /// <summary>Identifies the contact and makes it contactable.</summary>
    Email,

    /// <summary>Identifies the contact and makes it contactable.</summary>
    Sms,

    /// <summary>Anything else.</summary>
    Attribute,
}

/// <summary>Types of a Brevo contact attribute.</summary>
public enum BrevoAttributeType
{
    Text,

    /// <summary>Written <c>float</c>.</summary>
    Number,
    Date,
    Boolean,
    Category,
    MultipleChoice,
}
