namespace Sluice.Simulators.Mixpanel;

/// <summary>How a run ended.</summary>
public enum RunOutcome
{
    /// <summary>Every call was answered with success; the snapshot was advanced.</summary>
    Succeeded,

    /// <summary>A call failed, and so did its retries. The snapshot was kept and the next run tries again.</summary>
    Failed,

    /// <summary>The receiver refused for good. The snapshot was kept and the sync is paused.</summary>
    Paused,

    /// <summary>A fault ended the run half-way. The snapshot was kept.</summary>
    Abandoned,
}

/// <summary>One run of a sync.</summary>
/// <param name="CohortId">The cohort.</param>
/// <param name="SessionIds">The session of each action, in the order they were sent; usually one id for all.</param>
/// <param name="Full">Whether it sent the whole cohort and not a difference.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Pages">The pages that were answered with success.</param>
/// <param name="Entered">The members it had to send as entered: everybody, in a full run.</param>
/// <param name="Left">The members it had to send as left.</param>
/// <param name="Error">Why it did not succeed; null when it did.</param>
public sealed record SyncRun(
    string CohortId, IReadOnlyList<Guid> SessionIds, bool Full, DateTimeOffset StartedAt, DateTimeOffset EndedAt, RunOutcome Outcome,
    int Pages, int Entered, int Left, string? Error);
