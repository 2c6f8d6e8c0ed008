namespace Sluice.Mixpanel.Client;

/// <summary>What a failed call failed of.</summary>
public enum MixpanelFailureKind
{
    /// <summary>A status that says nothing else.</summary>
    Refused,

    /// <summary>401: the credentials are wrong, or the project lies with another residency.</summary>
    Unauthorized,

    /// <summary>402: the plan does not cover it.</summary>
    PaymentRequired,

    /// <summary>403: a permission is missing.</summary>
    Forbidden,

    /// <summary>404: what is named is not there.</summary>
    NotFound,

    /// <summary>413: too many records or bytes.</summary>
    TooLarge,

    /// <summary>429: too much within a minute or a day.</summary>
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
}

/// <summary>Mixpanel refused a call, or nobody knows what became of it.</summary>
public sealed class MixpanelException : Exception
{
    /// <summary>Makes an empty one.</summary>
    public MixpanelException()
        : this("The call to Mixpanel failed.")
    {
    }

    /// <summary>Makes one of unknown cause.</summary>
    /// <param name="message">What happened.</param>
    public MixpanelException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one of unknown cause.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">What caused it.</param>
    public MixpanelException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal MixpanelException(MixpanelFailureKind kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    /// <summary>What the call failed of.</summary>
    public MixpanelFailureKind Kind { get; }

    /// <summary>The status of the answer; 0 when there was none.</summary>
    public int Status { get; internal init; }

    /// <summary>How long Mixpanel asks to wait, where it says so; an hour at most.</summary>
    public TimeSpan? RetryAfter { get; internal init; }

    /// <summary>What Mixpanel's answer said, in its own words, shortened; never records.</summary>
    public string? RemoteMessage { get; internal init; }

    /// <summary>Whether the call may have been done all the same.</summary>
    public bool IsOutcomeUnknown { get; internal init; }
}
