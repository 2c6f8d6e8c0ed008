using Sluice.Storage.Postgres;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Plans;

/// <summary>
/// PostgreSQL plans by its statistics, and of a cohort or a list that is new they know nothing. What is counted here is what the
/// server really read: it must stay in proportion to the people, and not to their square.
/// </summary>
public sealed class PostgresPlanTests
{
    private const int People = 8_000;

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
        if (othersAreKnown)
        {
            await RunAsync(home, "older", People);
            await home.ExecuteAsync("ANALYZE", Token);
        }

        var before = await ReadAsync(home);
        await RunAsync(home, "newer", People);
        var read = await ReadAsync(home) - before;

        // Each person is touched by some forty statements; each with each would be millions more.
        Assert.InRange(read, People, 200L * People);
    }

    private static async Task RunAsync(PostgresHome home, string project, int people)
    {
        // Closed at the end, so that the server has counted what its connections did.
        await using var database = PostgresDatabase.Open(home.ConnectionString);
        await new EveryStatement(database, project, people).RunAsync(Token);
    }

    private static Task<long> ReadAsync(PostgresHome home) => home.CountAsync(
        """
        SELECT (SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes) + (SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables)
        """,
        Token);
}
