namespace Sluice.Core.People.Contact;

/// <summary>Why a person cannot be reached by an e-mail address or a phone number. The codes are stored and shown; they never
/// change.</summary>
public static class ContactReason
{
    /// <summary>There is no value, or only blanks.</summary>
    public const string Missing = "missing";

    /// <summary>The value has not the form of an address or of a number.</summary>
    public const string Malformed = "malformed";

    /// <summary>The value is shorter than any number with a country code.</summary>
    public const string TooShort = "too_short";

    /// <summary>The value, or a part of it, is longer than mail or telephony allow.</summary>
    public const string TooLong = "too_long";

    /// <summary>The part before the @ has letters outside ASCII, which most mail systems refuse.</summary>
    public const string NonAsciiLocalPart = "non_ascii_local_part";

    /// <summary>The number may be a national one; its country cannot be told.</summary>
    public const string NoCountryCode = "no_country_code";
}
