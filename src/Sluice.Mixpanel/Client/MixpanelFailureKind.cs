namespace Sluice.Mixpanel.Client;

/// <summary>What a failed call failed of.</summary>
public enum MixpanelFailureKind
{
    /// <summary>A status that says nothing else: a parameter or an expression is wrong.</summary>
    Refused,

    /// <summary>401, or a 400 that says so: the credentials are wrong or have expired, or the project lies with another residency.</summary>
    Unauthorized,

    /// <summary>402: the plan does not cover it.</summary>
    PaymentRequired,

    /// <summary>403: a permission is missing, or the time asked for lies before the plan's history.</summary>
    Forbidden,

    /// <summary>404: what is named is not there.</summary>
    NotFound,

    /// <summary>413: too many records or bytes.</summary>
    TooLarge,

    /// <summary>429: too much within a second, an hour or a day.</summary>
    RateLimited,

    /// <summary>3xx: not followed, for the credentials would go along.</summary>
    Redirected,

    /// <summary>503: the server's own word that it did not do it.</summary>
    Unavailable,

    /// <summary>408, 500, 502, 504, 524 and other 5xx: a gateway gave up, which cannot know, or the server broke in the midst of it.</summary>
    GatewayFailed,

    /// <summary>No connection, a cut one, or no answer in time.</summary>
    NoAnswer,

    /// <summary>A success that cannot be read.</summary>
    Unreadable,

    /// <summary>Mixpanel gave up on a query that took too long: a smaller one may be answered.</summary>
    QueryTimedOut,

    /// <summary>The last day asked for has not begun in the project's time zone (UTC for projects made since 2023).</summary>
    DateNotReached,

    /// <summary>412: a script failed; the message holds its error and where.</summary>
    ScriptFailed,

    /// <summary>A success whose body says that the query failed.</summary>
    QueryFailed,

    /// <summary>Mixpanel no longer knows the session that the pages of a query belong to: the query begins again.</summary>
    SessionLost,

    /// <summary>405: what should be cancelled has begun already.</summary>
    AlreadyStarted,

    /// <summary>A stream of records ended before its end.</summary>
    Interrupted,
}
