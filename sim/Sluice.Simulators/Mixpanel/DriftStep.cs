using Sluice.Simulators.People;

namespace Sluice.Simulators.Mixpanel;

/// <summary>What one tick changed.</summary>
/// <param name="Tick">The tick, from 1.</param>
/// <param name="Entered">The people who entered a cohort, as pairs of cohort id and distinct id.</param>
/// <param name="Left">The people who left one.</param>
/// <param name="Changed">The changed profiles, as they are now.</param>
public sealed record DriftStep(
    int Tick,
    IReadOnlyList<(string CohortId, string DistinctId)> Entered,
    IReadOnlyList<(string CohortId, string DistinctId)> Left,
    IReadOnlyList<Person> Changed);
