namespace Sluice.Simulators.Mixpanel;

/// <summary>What a call asks of the receiver.</summary>
public enum SyncAction
{
    /// <summary><c>members</c>: the pages of this session are the whole cohort.</summary>
    Members,

    /// <summary><c>add_members</c>: who entered since the last successful sync.</summary>
    AddMembers,

    /// <summary><c>remove_members</c>: who left since the last successful sync.</summary>
    RemoveMembers,
}

/// <summary>Why a request was sent.</summary>
public enum SendKind
{
    /// <summary>The first attempt.</summary>
    First,

    /// <summary>Another attempt after a transient failure.</summary>
    Retry,

    /// <summary>A second copy right after the first had been answered (a fault).</summary>
    Duplicate,

    /// <summary>A second copy while the first had not been answered (a fault).</summary>
    Overlap,

    /// <summary>A kept copy, sent when its time had passed (a fault).</summary>
    Late,
}

/// <summary>One request and what came of it.</summary>
/// <param name="Number">Counts the requests of this simulator, in the order of their answers, from 1.</param>
/// <param name="SentAt">When it was sent.</param>
/// <param name="Took">The time until the whole answer had been read.</param>
/// <param name="CohortId">The cohort.</param>
/// <param name="SessionId">The session.</param>
/// <param name="Action">The action.</param>
/// <param name="Page">The page, from 1.</param>
/// <param name="TotalPages">The pages of this action in this session.</param>
/// <param name="MemberCount">The members in the body.</param>
/// <param name="BodyBytes">The size of the body.</param>
/// <param name="Kind">Why it was sent.</param>
/// <param name="Attempt">1 for the first attempt, 2 for its first retry, and so on.</param>
/// <param name="Status">The HTTP status; null when no answer came.</param>
/// <param name="Error">The receiver's message, or what happened instead of an answer; null on success.</param>
public sealed record SentRequest(
    long Number, DateTimeOffset SentAt, TimeSpan Took, string CohortId, Guid SessionId, SyncAction Action, int Page, int TotalPages,
    int MemberCount, int BodyBytes, SendKind Kind, int Attempt, int? Status, string? Error);
