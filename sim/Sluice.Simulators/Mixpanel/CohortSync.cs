namespace Sluice.Simulators.Mixpanel;

/// <summary>A cohort's sync over one connection. Every field that changes is guarded by the simulator's lock.</summary>
internal sealed class CohortSync(SimulatedCohort cohort, CohortConnection connection, SyncKind kind, string[] exported)
{
    public SimulatedCohort Cohort { get; } = cohort;

    public CohortConnection Connection { get; } = connection;

    public SyncKind Kind { get; } = kind;

    public IReadOnlyList<string> Exported { get; } = exported;

    public SyncState State { get; set; }

    public string? LastError { get; set; }

    public DateTimeOffset? NextRunAt { get; set; }

    /// <summary>Who was in the cohort when the last successful sync read it.</summary>
    public MemberSet? Snapshot { get; set; }

    public DateTimeOffset? SnapshotAt { get; set; }

    /// <summary>The session ids of the last run, when it failed.</summary>
    public IReadOnlyList<Guid>? FailedSessions { get; set; }

    public SyncFaults? Faults { get; set; }

    public SyncRun? LastRun { get; set; }
}
