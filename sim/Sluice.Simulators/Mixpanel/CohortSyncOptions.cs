namespace Sluice.Simulators.Mixpanel;

/// <summary>How the simulated Mixpanel project sends its cohorts. A new instance behaves as Mixpanel documents it.</summary>
public sealed record CohortSyncOptions
{
    /// <summary>The project's id, as it stands in every body.</summary>
    public string ProjectId { get; init; } = "4100200";

    /// <summary>Whether the plan is a paid one: on a free one no cohort can be saved.</summary>
    public bool PaidPlan { get; init; } = true;

    /// <summary>The time between two runs of a recurring sync.</summary>
    /// <value>30 minutes: the cadence of webhook destinations.</value>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Whether syncs run by themselves. When false only <see cref="CohortSyncSimulator.RunNowAsync"/> runs them.</summary>
    public bool RunOnSchedule { get; init; } = true;

    /// <summary>Members in one call.</summary>
    /// <value>1 … 10,000; default 1,000, as Mixpanel documents.</value>
    public int MembersPerCall { get; init; } = 1000;

    /// <summary>How long the snapshot of the last successful sync lives. Later than that the next sync is a full one.</summary>
    public TimeSpan SnapshotLife { get; init; } = TimeSpan.FromDays(3);

    /// <summary>The pauses before the retries of a call that failed transiently.</summary>
    /// <value>
    /// Five doubling pauses that add up to 60 seconds: Mixpanel documents the count, the sum and "exponential", not the steps.
    /// </value>
    public IReadOnlyList<TimeSpan> RetryDelays { get; init; } =
        [TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(16), TimeSpan.FromSeconds(30)];

    /// <summary>How long an answer may take.</summary>
    /// <value>60 seconds. Mixpanel does not publish its own.</value>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The form of the bodies.</summary>
    public CohortWireOptions Wire { get; init; } = new();

    /// <summary>
    /// The very first sync of a cohort says <c>add_members</c>, as the timeline in Mixpanel's documentation shows, and not <c>members</c>,
    /// as its text does.
    /// </summary>
    public bool FirstCallIsAddMembers { get; init; }

    /// <summary>Sends who left before who entered. The documentation shows the other order and promises none.</summary>
    public bool RemoveBeforeAdd { get; init; }

    /// <summary>Gives the adds and the removes of one run a session id each.</summary>
    public bool SeparateSessions { get; init; }

    /// <summary>A run after a failed one takes the failed one's session id again.</summary>
    public bool ReuseSessionAfterFailure { get; init; }

    /// <summary>Where session ids come from.</summary>
    public Func<Guid> NewSessionId { get; init; } = Guid.NewGuid;

    /// <summary>How many sent requests, runs and violations are kept; the oldest are forgotten first.</summary>
    /// <value>At least 1; default 10,000.</value>
    public int LogCapacity { get; init; } = 10_000;
}
