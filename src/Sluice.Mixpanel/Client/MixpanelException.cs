namespace Sluice.Mixpanel.Client;

/// <summary>Mixpanel refused a call, or nobody knows what became of it.</summary>
public class MixpanelException : Exception
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

    /// <summary>Whether it is the OAuth tokens that could not be renewed: the call itself has not been judged.</summary>
    public bool ConcernsTokens { get; internal set; }

    /// <summary>
    /// Whether the same call, or a smaller one where <see cref="NeedsSmallerCall"/>, may succeed later without anybody changing anything. Who repeats a call that
    /// adds something looks at <see cref="IsOutcomeUnknown"/> first.
    /// </summary>
    public bool ShouldRetry => Kind is MixpanelFailureKind.RateLimited or MixpanelFailureKind.Unavailable or MixpanelFailureKind.GatewayFailed
        or MixpanelFailureKind.NoAnswer or MixpanelFailureKind.SessionLost or MixpanelFailureKind.Interrupted || NeedsSmallerCall;

    /// <summary>Whether only a smaller call may succeed: fewer records, a shorter time.</summary>
    public bool NeedsSmallerCall => Kind is MixpanelFailureKind.TooLarge or MixpanelFailureKind.QueryTimedOut;
}
