using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Storage.Cohorts;

namespace Sluice.Storage.Delivery;

/// <summary>The sets of a list within a range of keys, as SQL: who is wanted, who is there by the ledger.</summary>
internal sealed class ListSets
{
    private const string List = "project = @project AND destination = @destination AND list = @list";

    /// <summary>
    /// Keeps PostgreSQL from turning a look at one person into a join over all of them, for which it would hold a table in memory.
    /// </summary>
    internal const string OneByOne = "LIMIT 1 OFFSET 0";

    // Where the alias of a profile stands in a condition on it.
    private const string Profile = "§";

    private static readonly string MembersInRange = $"SELECT shard, person FROM ledger_member WHERE {List} AND {RangeSql.Where("")}";
    private static readonly string PresentInRange = $"{MembersInRange} AND state = 2";

    private readonly Dialect _dialect;
    private readonly ListRule _rule;
    private readonly List<string> _wants;
    private readonly bool _merged;
    private readonly (string Name, object? Value)[] _parameters;

    private ListSets(Dialect dialect, ListRule rule, List<string> wanted, List<string> wants, bool merged, (string Name, object? Value)[] parameters)
    {
        _dialect = dialect;
        _rule = rule;
        _wants = wants;
        _merged = merged;
        _parameters = parameters;

        // A list whose sources are all still waiting wants nobody.
        Wanted = wanted.Count == 0
            ? "SELECT shard, person FROM ledger_member WHERE 1 = 0"
            : $"SELECT shard, person FROM ({string.Join(" UNION ", wanted)}) wanted";
    }

    public string Wanted { get; }

    /// <summary>There, and no longer wanted.</summary>
    public string Unwanted => (_rule.Mode, _merged) switch
    {
        (ListMode.Remove, _) => $"{MembersInRange} INTERSECT {Wanted}",
        (_, false) => $"{MembersInRange} EXCEPT {Wanted}",

        // Whoever is wanted under another of their ids is wanted.
        _ => $"""
            SELECT u.shard, u.person FROM ({MembersInRange} EXCEPT {Wanted}) u WHERE NOT EXISTS (
                SELECT 1 FROM identity i JOIN profile q ON q.project = i.project AND q.shard = i.shard AND q.person = i.person
                WHERE i.project = @project AND i.canonical = u.person AND ({WantsOf("q", _wants.Skip(1))}) {OneByOne})
            """,
    };

    /// <summary>
    /// There before us, and wanted by nobody. Whom the ledger has in the list is not among them: they are looked at as people. Each
    /// address goes by the index to those who have it, and from them by their keys to what is known of them.
    /// </summary>
    public string UnwantedForeign => $"""
        FROM ledger_foreign f WHERE f.project = @project AND f.destination = @destination AND f.list = @list
            AND (f.shard, f.email_key) >= (@s0, @k0) AND (f.shard, f.email_key) <= (@s1, @k1)
            AND NOT EXISTS (SELECT 1 FROM profile p WHERE p.project = @project AND p.email = f.email_key AND ({ForeignWants}) {OneByOne})
        """;

    private string ForeignWants => _merged
        ? $"""
            {WantsOf("p", _wants)} OR EXISTS (
                SELECT 1 FROM identity a JOIN identity i ON i.project = a.project AND i.canonical = a.canonical
                JOIN profile q ON q.project = i.project AND q.shard = i.shard AND q.person = i.person
                WHERE a.project = @project AND a.shard = p.shard AND a.person = p.person AND ({WantsOf("q", _wants)}) {OneByOne})
            """
        : WantsOf("p", _wants);

    public static async Task<ListSets> OfAsync(Session session, DeliveryScope scope, ListRule rule, CancellationToken cancellationToken)
    {
        var wanted = new List<string>();
        var wants = new List<string>
        {
            $"""
            EXISTS (SELECT 1 FROM ledger_member l WHERE l.project = @project AND l.destination = @destination AND l.list = @list
                AND l.shard = {Profile}.shard AND l.person = {Profile}.person {OneByOne})
            """,
        };
        var parameters = new List<(string, object?)> { ("project", scope.Project), ("destination", scope.Destination), ("list", rule.List) };
        foreach (var (i, cohort) in rule.Cohorts.Index())
        {
            wanted.Add($"SELECT shard, person FROM ({session.Dialect.EffectiveMembers("@project", $"@c{i}", $"@n{i}", RangeSql.Where(""))}) e{i}");
            wants.Add($"""
                coalesce((SELECT m.kind FROM membership m WHERE m.project = @project AND m.cohort = @c{i} AND m.shard = {Profile}.shard AND m.person = {Profile}.person
                    AND (m.number = @n{i} OR (m.number > @n{i} AND m.kind < 2)) ORDER BY m.number DESC LIMIT 1), 0) > 0
                """);
            parameters.Add(($"c{i}", cohort));
            parameters.Add(($"n{i}", await UserGroups.BaseAsync(session, scope.Project, cohort, cancellationToken)));
        }

        if (rule.AllUsers)
        {
            wanted.Add($"SELECT shard, person FROM profile WHERE project = @project AND {RangeSql.Where("")} AND props <> '{{}}'");
            wants.Add($"{Profile}.props <> '{{}}'");
        }

        var merged = await session.ScalarAsync<int?>("SELECT 1 FROM identity WHERE project = @project LIMIT 1", cancellationToken, ("project", scope.Project)) is not null;
        return new ListSets(session.Dialect, rule, wanted, wants, merged, [.. parameters]);
    }

    public (string Name, object? Value)[] In(KeyRange range) => RangeSql.Parameters(_dialect, range, _parameters);

    private static string WantsOf(string alias, IEnumerable<string> wants) =>
        string.Join(" OR ", wants.Select(w => w.Replace(Profile, alias, StringComparison.Ordinal)).DefaultIfEmpty("1 = 0"));

    /// <summary>Where the wanted and the ledger differ, in the sense of the list's mode.</summary>
    public string Difference(bool all)
    {
        if (all)
        {
            return $"SELECT shard, person FROM ({Wanted} UNION {MembersInRange}) d ORDER BY shard, person";
        }

        var difference = _rule.Mode switch
        {
            ListMode.Mirror or ListMode.Exclusive =>
                $"SELECT shard, person FROM ({Wanted} EXCEPT {PresentInRange}) a UNION ALL SELECT shard, person FROM ({Unwanted}) r",
            ListMode.Add => $"SELECT shard, person FROM ({Wanted} EXCEPT {PresentInRange}) a",
            // Whom the list held before us is not told by the person but by the address: all who are wanted are looked at.
            _ => Wanted,
        };
        return $"SELECT shard, person FROM ({difference}) d ORDER BY shard, person";
    }
}
