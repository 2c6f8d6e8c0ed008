using Sluice.Simulators.Mixpanel;
using Sluice.Simulators.People;

namespace Sluice.Bench;

/// <summary>Pages of a cohort, made before any clock starts.</summary>
internal static class BenchCohort
{
    private static readonly string[] Exported = ["plan", "$city", "$country_code", "signup_date", "total_revenue"];

    /// <param name="cohort">Each cohort id gives other pages for the same people.</param>
    public static List<byte[]> Pages(int members, string cohort = "7700123", int first = 0)
    {
        var people = new PersonDirectory(new PeopleGenerator(7), first + members);
        var simulator = new CohortSyncSimulator(new CohortSyncOptions { RunOnSchedule = false }, people, TimeProvider.System);
        simulator.AddCohort(cohort, "Bench " + cohort).AddRange(first, members);
        return [.. simulator.PreparePages(cohort, SyncAction.Members, Exported)];
    }
}
