using Sluice.Core.People.Contact;

namespace Sluice.Destinations.Brevo.Attributes;

/// <summary>Why a value or a mapping does not fit. The codes are stored and shown; they never change.</summary>
public static class AttributeReason
{
    /// <summary>Value: not a finite number, nor a text that is one.</summary>
    public const string NotANumber = "not_a_number";

    /// <summary>Value: not an ISO date or date-time, nor a Unix time.</summary>
    public const string NotADate = "not_a_date";

    /// <summary>Value: not true, false, 0 or 1.</summary>
    public const string NotABoolean = "not_a_boolean";

    /// <summary>Value: neither a label nor a value of the category attribute.</summary>
    public const string UnknownCategory = "unknown_category";

    /// <summary>Value: not among the options of the multiple-choice attribute. Its other options are sent; one problem for each that is
    /// missing.</summary>
    public const string UnknownOption = "unknown_option";

    /// <summary>Value: not an e-mail address of a user.</summary>
    public const string NotAUser = "not_a_user";

    /// <summary>Value: bytes that are no text, such as half a character.</summary>
    public const string InvalidText = "invalid_text";

    /// <summary>Value: a phone number with letters or other characters in it.</summary>
    public const string PhoneMalformed = "phone_malformed";

    /// <summary>Value: a phone number with too few digits.</summary>
    public const string PhoneTooShort = "phone_too_short";

    /// <summary>Value: a phone number with too many digits.</summary>
    public const string PhoneTooLong = "phone_too_long";

    /// <summary>Value: a phone number whose country cannot be told.</summary>
    public const string PhoneNoCountryCode = "phone_no_country_code";

    /// <summary>Mapping: the name belongs to the marketing system or identifies contacts; it is not sent.</summary>
    public const string ReservedName = "reserved_name";

    /// <summary>Mapping: no attribute has the name, and none can be created with it.</summary>
    public const string InvalidName = "invalid_name";

    /// <summary>Mapping: an earlier line fills the same attribute; this one is not used.</summary>
    public const string DuplicateTarget = "duplicate_target";

    /// <summary>Mapping: the attribute is computed, or belongs to transactions; it is not sent.</summary>
    public const string NotWritable = "not_writable";

    /// <summary>Mapping: the account's attribute has a type that is not known here; it is not sent.</summary>
    public const string UnsupportedType = "unsupported_type";

    /// <summary>Mapping: the attribute exists with another type than the one asked for. Values are sent by the type that it has.</summary>
    public const string TypeDiffers = "type_differs";

    /// <summary>Mapping: a choice cannot be created because no value is known to offer; it is not sent.</summary>
    public const string NoOptions = "no_options";

    internal static string OfPhone(string contactReason) => contactReason switch
    {
        ContactReason.TooShort => PhoneTooShort,
        ContactReason.TooLong => PhoneTooLong,
        ContactReason.NoCountryCode => PhoneNoCountryCode,
        _ => PhoneMalformed,
    };
}
