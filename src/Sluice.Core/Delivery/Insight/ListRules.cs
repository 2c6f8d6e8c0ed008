using Sluice.Core.Cohorts;
using Sluice.Core.Delivery.Worker;

namespace Sluice.Core.Delivery.Insight;

/// <summary>Finds the cohorts of the config's lists as the worker does, without writing down what it found.</summary>
public static class ListRules
{
    /// <param name="bound">Keys that have found their cohort for good.</param>
    public static IReadOnlyList<ListRule> Of(
        IReadOnlyList<ListTarget> targets, IReadOnlyDictionary<string, string> bound, IReadOnlyList<UserGroup> groups) =>
        [.. targets.GroupBy(t => t.List).Select(list =>
        {
            var sources = list.Where(t => t.Source != ListTarget.AllUsers).Select(t => (t.Source, Cohort: Find(t.Source, bound, groups))).ToList();
            return new ListRule(
                list.Key,
                list.First().Mode,
                list.Any(t => t.Source == ListTarget.AllUsers),
                [.. sources.Where(s => s.Cohort is not null).Select(s => s.Cohort!).Distinct(StringComparer.Ordinal)],
                [.. sources.Where(s => s.Cohort is null).Select(s => s.Source)],
                list.Min(t => t.MaxRemoval));
        })];

    private static string? Find(string key, IReadOnlyDictionary<string, string> bound, IReadOnlyList<UserGroup> groups)
    {
        if (bound.TryGetValue(key, out var cohort))
        {
            return cohort;
        }

        // Two cohorts may share a name: the one that has been there longest is meant.
        var byAge = groups.OrderBy(g => g.CreatedAt).ThenBy(g => g.Cohort, StringComparer.Ordinal).ToList();
        return (byAge.FirstOrDefault(g => g.Cohort == key) ?? byAge.FirstOrDefault(g => g.Name == key) ?? byAge.FirstOrDefault(g => g.Slug == key))?.Cohort;
    }
}
