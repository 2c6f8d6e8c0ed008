using System.Text.RegularExpressions;
using Sluice.Storage.Postgres;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Plans;

/// <summary>
/// PostgreSQL plans by its statistics, and of a cohort or a list that is new they know nothing: it then expects one row. No plan may
/// rest on that, or a page of a large cohort compares each of its members with each.
/// </summary>
public sealed partial class PostgresPlanTests
{
    private const int People = 4_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cohort_that_the_statistics_do_not_know_is_served_by_the_keys(bool othersAreKnown)
    {
        await using var home = await PostgresHome.CreateOwnAsync(Token);
        await (await home.OpenAsync(Token)).DisposeAsync();
        await home.ExecuteAsync(
            """
            DO $$ DECLARE t text; BEGIN FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
                EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = false)', t); END LOOP; END $$
            """,
            Token);
        await using var database = PostgresDatabase.Open(home.ConnectionString);
        if (othersAreKnown)
        {
            await new EveryStatement(database, "older", People).RunAsync(Token);
            await home.ExecuteAsync("ANALYZE membership, membership_span, profile, ledger_contact, ledger_member, cohort, cohort_session", Token);
        }

        await new EveryStatement(database, "newer", People).RunAsync(Token);
        var plans = await database.ReadAsync(PlansAsync, Token);
        Assert.InRange(plans.Count, 30, 200);
        var wrong = plans.Where(p => EachWithEach().IsMatch(p.Plan) && WholeRange().IsMatch(p.Plan)).Select(p => $"{p.Statement}\n{p.Plan}").ToList();
        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
    }

    /// <summary>The plans of everything that was run more than once, as the server has them for any parameters.</summary>
    private static async Task<List<(string Statement, string Plan)>> PlansAsync(Session session, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync("SET LOCAL plan_cache_mode = force_generic_plan", cancellationToken);
        var prepared = await session.QueryAsync(
            "SELECT name, statement, cardinality(parameter_types) FROM pg_prepared_statements WHERE statement ~ '^(SELECT|INSERT|UPDATE|DELETE)'",
            r => (Name: r.GetString(0), Text: r.GetString(1), Parameters: r.GetInt32(2)), cancellationToken);
        var plans = new List<(string, string)>();
        foreach (var (name, text, parameters) in prepared)
        {
            var values = parameters == 0 ? "" : $"({string.Join(", ", Enumerable.Repeat("NULL", parameters))})";
            var lines = await session.QueryAsync($"EXPLAIN (COSTS OFF) EXECUTE \"{name}\"{values}", r => r.GetString(0), cancellationToken);
            plans.Add((text, string.Join('\n', lines)));
        }

        return plans;
    }

    // A join that looks at each pair and then asks whether it is the same person,
    [GeneratedRegex(@"Join Filter: .*\b(person|email|phone|email_key|subject)\b = ")]
    private static partial Regex EachWithEach();

    // over all that a table has of a cohort or a list.
    [GeneratedRegex(@"Scan using \w+ on [^\n]*\n(?!\s*Index Cond: [^\n]*\b(person|email|phone|email_key|subject)\b)")]
    private static partial Regex WholeRange();
}
