using System.Text.Json;
using Sluice.Core.Cohorts;
using Sluice.Core.Pull;

namespace Sluice.Core.Doctor;

/// <summary>Tells the cohorts that Sluice fetches from those that Mixpanel sends: what is stored of both is the same.</summary>
public sealed class PulledCohorts
{
    private readonly CohortPlace _place;

    private PulledCohorts(CohortPlace place) => _place = place;

    /// <param name="jobs">The project's jobs.</param>
    public static PulledCohorts Of(IReadOnlyList<PullJob> jobs) => new(
        jobs.FirstOrDefault(j => j.Name == CohortPull.JobName) is { Cursor: { } cursor } && JsonSerializer.Deserialize(cursor, PullJson.Default.CohortPlace) is { } place
            ? place
            : new CohortPlace());

    /// <summary>Whether the newest page of the cohort was fetched.</summary>
    public bool Contains(UserGroup group) =>
        (_place.Fetched.TryGetValue(group.Cohort, out var fetched) && group.LastPageAt <= fetched)
        || (_place is { Session: not null, Round: { } round } && _place.Next < round.Count && round[_place.Next].Id == group.Cohort);
}
