namespace Sluice.Mixpanel.Cohorts;

/// <summary>The codes of why a member cannot be used. A code never changes its meaning.</summary>
public static class CohortRejectionReasons
{
    /// <summary>The member is null, a number, a text, a boolean or a list.</summary>
    public const string NotAnObject = "not_an_object";

    /// <summary>The member has no id that is a number or a text of at least one character.</summary>
    public const string NoDistinctId = "no_distinct_id";

    /// <summary>The id is longer than <see cref="CohortWebhookParserOptions.MaxDistinctIdBytes"/>.</summary>
    public const string DistinctIdTooLong = "distinct_id_too_long";

    /// <summary>A name or a text holds the character U+0000, which databases cannot keep.</summary>
    public const string NulCharacter = "nul_character";

    /// <summary>The bytes of a name or a text are not UTF-8.</summary>
    public const string InvalidUtf8 = "invalid_utf8";

    /// <summary>A name or a text holds one half of a surrogate pair, which is no character.</summary>
    public const string LoneSurrogate = "lone_surrogate";

    /// <summary>A number is not a finite double, or is written with more than 400 characters.</summary>
    public const string NumberOutOfRange = "number_out_of_range";

    /// <summary>
    /// A text is longer than <see cref="CohortWebhookParserOptions.MaxStringBytes"/>, or a list or object larger than
    /// <see cref="CohortWebhookParserOptions.MaxContainerBytes"/>.
    /// </summary>
    public const string PropertyTooLong = "property_too_long";

    /// <summary>A name is longer than <see cref="CohortWebhookParserOptions.MaxPropertyNameCharacters"/>.</summary>
    public const string PropertyNameTooLong = "property_name_too_long";

    /// <summary>There are more properties than <see cref="CohortWebhookParserOptions.MaxProperties"/>.</summary>
    public const string TooManyProperties = "too_many_properties";

    /// <summary>A value is nested deeper than <see cref="CohortWebhookParserOptions.MaxPropertyDepth"/>.</summary>
    public const string TooDeep = "too_deep";

    /// <summary>The member is larger than <see cref="CohortWebhookParserOptions.MaxMemberBytes"/>.</summary>
    public const string MemberTooLarge = "member_too_large";
}
