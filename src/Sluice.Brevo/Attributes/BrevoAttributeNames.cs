using System.Text.RegularExpressions;

namespace Sluice.Brevo;

/// <summary>The categories of contact attributes.</summary>
public static class BrevoAttributeCategories
{
    /// <summary>An ordinary attribute with a value per contact.</summary>
    public const string Normal = "normal";

    /// <summary>An attribute of transactions.</summary>
    public const string Transactional = "transactional";

    /// <summary>One choice out of an enumeration.</summary>
    public const string Category = "category";

    /// <summary>Computed per contact by a formula.</summary>
    public const string Calculated = "calculated";

    /// <summary>Computed over all contacts by a formula.</summary>
    public const string Global = "global";
}

/// <summary>The types of contact attributes. A type cannot be changed after creation.</summary>
public static class BrevoAttributeTypes
{
    /// <summary>A text.</summary>
    public const string Text = "text";

    /// <summary>A calendar day, sent as <c>YYYY-MM-DD</c>.</summary>
    public const string Date = "date";

    /// <summary>A number, whole or with a fraction (<c>float</c>).</summary>
    public const string Number = "float";

    /// <summary>True or false.</summary>
    public const string Boolean = "boolean";

    /// <summary>An id, in transactional attributes only.</summary>
    public const string Id = "id";

    /// <summary>Any number of choices out of a list of texts.</summary>
    public const string MultipleChoice = "multiple-choice";

    /// <summary>A user of the account, sent as their e-mail address.</summary>
    public const string User = "user";
}

/// <summary>Names of contact attributes.</summary>
public static partial class BrevoAttributeNames
{
    /// <summary>The e-mail address. In a body it has a field of its own; as an attribute it changes the address.</summary>
    public const string Email = "EMAIL";

    /// <summary>The mobile number, with country code.</summary>
    public const string Sms = "SMS";

    /// <summary>The WhatsApp number, with country code.</summary>
    public const string WhatsApp = "WHATSAPP";

    /// <summary>The landline number, with country code.</summary>
    public const string LandlineNumber = "LANDLINE_NUMBER";

    /// <summary>The external id, as a column of imports and as an attribute of contacts that are read.</summary>
    public const string ExternalId = "EXT_ID";

    /// <summary>The five names that identify a contact.</summary>
    public static IReadOnlyList<string> Identifiers { get; } = [Email, Sms, WhatsApp, LandlineNumber, ExternalId];

    // Columns that Brevo keeps itself. Writing them is at best ignored; for the last ones it must not even be tried, whatever the value.
    private static readonly HashSet<string> System = new(StringComparer.Ordinal)
    {
        "ADDED_TIME", "MODIFIED_TIME", "BLACKLISTED", "EMAILBLACKLISTED", "SMSBLACKLISTED", "EMAIL_BLACKLISTED", "SMS_BLACKLISTED",
    };

    /// <summary>
    /// Whether a new attribute may safely get this name: a capital letter, then up to 49 capital letters, digits or underscores, and not
    /// one that identifies
    /// contacts or belongs to the system. Brevo publishes no rule; this is what it is known to take.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <returns>True when it may.</returns>
    public static bool IsSafeForCreation(string? name) =>
        name is not null && Safe().IsMatch(name) && !System.Contains(name) && !Identifiers.Contains(name);

    /// <summary>The form in which names are sent: without white space around it, in capitals.</summary>
    internal static string Normalize(string? name, string parameter)
    {
        var normal = name?.Trim().ToUpperInvariant();
        if (string.IsNullOrEmpty(normal))
        {
            throw new ArgumentException("An attribute's name is empty.", parameter);
        }

        if (System.Contains(normal))
        {
            throw new ArgumentException($"{normal} is kept by Brevo and cannot be written.", parameter);
        }

        return normal;
    }

    [GeneratedRegex("^[A-Z][A-Z0-9_]{0,49}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Safe();
}
