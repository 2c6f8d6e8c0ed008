namespace Sluice.Core.Erasure;

public enum ErasureKind
{
    /// <summary>Everything about the people goes.</summary>
    Deletion = 0,

    /// <summary>Everything about the people is handed out.</summary>
    Retrieval = 1,
}

/// <summary>How far a request has come, in Mixpanel's words.</summary>
public static class ErasureStatus
{
    /// <summary>Can still be taken back.</summary>
    public const string Pending = "PENDING";

    public const string Started = "STARTED";

    public const string Success = "SUCCESS";

    /// <summary>Was taken back before it began.</summary>
    public const string Revoked = "REVOKED";
}

/// <summary>What an erasure is about to do. Each stage can be done again from its beginning.</summary>
public enum ErasureStage
{
    /// <summary>Finds out who is meant and writes the tombstones: from then on nothing more of them comes in.</summary>
    Gather = 0,
    Log = 1,
    Letters = 2,
    Tables = 3,

    /// <summary>Waits until what was under way has come to its end.</summary>
    Settle = 4,
    GatherAgain = 5,
    LogAgain = 6,
    LettersAgain = 7,
    TablesAgain = 8,

    /// <summary>Has the destinations delete their contacts.</summary>
    Contacts = 9,

    /// <summary>Passes the erasure on to Mixpanel.</summary>
    Forward = 10,

    /// <summary>Forgets the request's own particulars.</summary>
    Forget = 11,

    /// <summary>Overwrites what deleted rows leave in the files.</summary>
    Scrub = 12,
    Done = 13,
}

/// <param name="DistinctIds">Who is meant; other ids of the same people go with them.</param>
/// <param name="Compliance">The law that it was asked for under: <c>GDPR</c> or <c>CCPA</c>.</param>
/// <param name="Disclosure">What a retrieval under CCPA is to tell; null otherwise.</param>
/// <param name="Delay">How long it can be taken back.</param>
public sealed record ErasureRequest(
    string Project, ErasureKind Kind, IReadOnlyList<string> DistinctIds, string Compliance, string? Disclosure, string RequestedBy, TimeSpan Delay)
{
    /// <summary>The most ids of one request.</summary>
    public const int MaxIds = 2_000;
}

/// <param name="DistinctIds">The ids that were asked for; none once a deletion is done.</param>
/// <param name="Erased">How much was deleted, by kind.</param>
/// <param name="Note">What keeps it from going on, or what it could not do.</param>
/// <param name="Remote">What Mixpanel said last of its own deletion; null when it was not told.</param>
public sealed record ErasureState(
    string Id,
    ErasureKind Kind,
    string Status,
    ErasureStage Stage,
    string Compliance,
    string? Disclosure,
    string RequestedBy,
    DateTimeOffset RequestedAt,
    DateTimeOffset? EndedAt,
    IReadOnlyList<string> DistinctIds,
    int DistinctIdCount,
    IReadOnlyDictionary<string, long> Erased,
    string? Note,
    string? Remote);

public enum CancelOutcome
{
    Cancelled,

    /// <summary>It has begun, or is over.</summary>
    TooLate,
    Unknown,
}
