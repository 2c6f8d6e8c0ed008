namespace Sluice.Simulators.Mixpanel;

/// <summary>How much changes at every tick.</summary>
public sealed record CohortDriftOptions
{
    /// <summary>At most so many people enter each cohort.</summary>
    public int MaxEntering { get; init; } = 5;

    /// <summary>At most so many people leave each cohort.</summary>
    public int MaxLeaving { get; init; } = 3;

    /// <summary>At most so many profiles change.</summary>
    public int MaxChanging { get; init; } = 5;
}
