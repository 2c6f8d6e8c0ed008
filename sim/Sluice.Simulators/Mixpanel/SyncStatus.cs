namespace Sluice.Simulators.Mixpanel;

/// <summary>How often a cohort is exported.</summary>
public enum SyncKind
{
    /// <summary>Every <see cref="CohortSyncOptions.Interval"/>, as differences.</summary>
    Recurring,

    /// <summary>One full export, and nothing afterwards. If it fails it waits for <see cref="CohortSyncSimulator.RunNowAsync"/>.</summary>
    OneTime,
}

/// <summary>Whether a sync still runs.</summary>
public enum SyncState
{
    /// <summary>It runs, or waits for its next run.</summary>
    Active,

    /// <summary>An answer 400, 401, 403 or 404 stopped it, and a person must resume it.</summary>
    Paused,

    /// <summary>A one-time export has been made.</summary>
    Finished,
}

/// <summary>A sync as Mixpanel's own page would show it.</summary>
/// <param name="CohortId">The cohort.</param>
/// <param name="CohortName">Its name now.</param>
/// <param name="Connection">The connection's name.</param>
/// <param name="Kind">Recurring or one-time.</param>
/// <param name="State">Whether it still runs.</param>
/// <param name="LastError">The error text of the last run ("View Error"); null after a success.</param>
/// <param name="NextRunAt">When it runs by itself the next time; null when it does not.</param>
/// <param name="SnapshotAt">When the last successful sync ended; null before the first.</param>
/// <param name="LastRun">The last run; null before the first.</param>
public sealed record SyncStatus(
    string CohortId, string CohortName, string Connection, SyncKind Kind, SyncState State, string? LastError,
    DateTimeOffset? NextRunAt, DateTimeOffset? SnapshotAt, SyncRun? LastRun);
