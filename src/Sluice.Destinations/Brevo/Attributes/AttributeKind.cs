namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>What values an attribute takes.</summary>
public enum AttributeKind
{
    /// <summary>Any text.</summary>
    Text = 0,

    /// <summary>A number, whole or with a fraction.</summary>
    Number = 1,

    /// <summary>A calendar day.</summary>
    Date = 2,

    /// <summary>True or false.</summary>
    Boolean = 3,

    /// <summary>One of the account's numbered choices.</summary>
    Category = 4,

    /// <summary>Any number of the account's options.</summary>
    MultipleChoice = 5,

    /// <summary>A user of the account, by e-mail address.</summary>
    User = 6,

    /// <summary>A phone number with country code. Not a type to choose: the names SMS, WHATSAPP and LANDLINE_NUMBER have it.</summary>
    Phone = 7,
}
