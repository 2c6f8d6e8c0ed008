namespace Sluice.Mixpanel.Cohorts;

/// <summary>Why a page was refused as a whole.</summary>
public enum CohortWebhookFailureKind
{
    /// <summary>The body is empty, is not JSON, or has something behind its JSON value.</summary>
    NotJson,

    /// <summary>The body is the beginning of a JSON object, and ends before the object does.</summary>
    Truncated,

    /// <summary>The body has more bytes than allowed.</summary>
    TooLarge,

    /// <summary>The body is nested deeper than allowed.</summary>
    TooDeep,

    /// <summary>The body is JSON, but something around the members is missing or wrong.</summary>
    WrongEnvelope,

    /// <summary>The page has more members than allowed.</summary>
    TooManyMembers,
}
