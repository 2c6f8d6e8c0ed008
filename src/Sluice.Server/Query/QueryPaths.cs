using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Sluice.Server.Query;

/// <summary>Which of our paths mean which of Mixpanel's: only those of the query API and the raw export go on.</summary>
internal static partial class QueryPaths
{
    private const string Query = "/api/query/";
    private const string Legacy = "/api/2.0/";

    /// <summary>What is mapped. The paths of ingestion (<c>/engage</c>, <c>/groups</c>) are not among them.</summary>
    public static readonly IReadOnlyList<string> Patterns =
    [
        Query + "{**rest}", Legacy + "{**rest}", "/export", "/cohorts/list", "/engage/query", "/jql", "/segmentation/{**rest}", "/retention/{**rest}", "/funnels/{**rest}",
    ];

    private static readonly FrozenSet<string> Families = FrozenSet.ToFrozenSet(
        ["export", "cohorts", "engage", "jql", "segmentation", "retention", "funnels", "insights", "events", "stream", "arb_funnels"], StringComparer.Ordinal);

    /// <summary>Mixpanel's path; null for one that is none of the query API.</summary>
    public static string? Find(string path)
    {
        var bare = path.TrimEnd('/');
        var (prefix, rest) = bare.StartsWith(Query, StringComparison.Ordinal) ? (Query, bare[Query.Length..])
            : bare.StartsWith(Legacy, StringComparison.Ordinal) ? (Legacy, bare[Legacy.Length..])
            : (Query, bare.TrimStart('/'));
        if (!Form().IsMatch(rest) || !Families.Contains(rest.Split('/')[0]))
        {
            return null;
        }

        // One client calls it so; Mixpanel's own name has one word.
        rest = rest == "engage/query" ? "engage" : rest;
        return rest == "export" ? Legacy + rest : prefix + rest;
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_-]*(/[a-z0-9_-]+){0,3}\z")]
    private static partial Regex Form();
}
