using System.Globalization;
using System.Text;

namespace Sluice.Bench;

/// <summary>Pages of cohorts whose people can all be contacted, so that a list is full when it has as many.</summary>
internal static class LatencyCohort
{
    private const int PageSize = 1_000;
    private static int _sessions;

    public static string DistinctId(int person) => string.Create(CultureInfo.InvariantCulture, $"person-{person}");

    public static async Task FullAsync(BenchServer server, string cohort, int first, int members)
    {
        var session = NextSession();
        var pages = (members + PageSize - 1) / PageSize;
        for (var page = 0; page < pages; page++)
        {
            var people = Enumerable.Range(first + (page * PageSize), Math.Min(PageSize, members - (page * PageSize)));
            await server.SendAsync(Page("members", cohort, session, page + 1, pages, people));
        }
    }

    /// <summary>The page of a small difference.</summary>
    public static byte[] Difference(bool enter, string cohort, IEnumerable<int> people) =>
        Page(enter ? "add_members" : "remove_members", cohort, NextSession(), 1, 1, people);

    private static byte[] Page(string action, string cohort, string session, int page, int pages, IEnumerable<int> people)
    {
        var members = string.Join(',', people.Select(p => string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"mixpanel_distinct_id":"{{DistinctId(p)}}","email":"person-{{p}}@bench.example","first_name":"Nobody","plan":"plan {{p % 5}}","$city":"Seoul"}""")));
        return Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $$$"""
            {"action":"{{{action}}}","parameters":{"mixpanel_project_id":"4100200","mixpanel_cohort_id":"{{{CohortId(cohort)}}}","mixpanel_cohort_name":"{{{cohort}}}",
            "mixpanel_cohort_description":"","mixpanel_session_id":"{{{session}}}","page_info":{"total_pages":{{{pages}}},"page_count":{{{page}}}},"members":[{{{members}}}]}}
            """));
    }

    /// <summary>Cohort ids are numbers; the same name has the same one.</summary>
    private static long CohortId(string cohort) => 1_000_000 + Encoding.UTF8.GetBytes(cohort).Aggregate(0L, (id, b) => ((id * 131) + b) % 1_000_000_007);

    private static string NextSession() => string.Create(CultureInfo.InvariantCulture, $"session-{Interlocked.Increment(ref _sessions)}");
}
