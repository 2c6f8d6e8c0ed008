using Sluice.Core.Cohorts;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Cohorts;

/// <summary>Two nodes on one PostgreSQL: any node takes any page.</summary>
public sealed class TwoNodesTests : StoreContract
{
    private const int Rounds = 50;

    [Fact]
    public async Task The_last_two_pages_on_two_nodes_at_one_time_end_the_session_once()
    {
        await using var other = await Home.OpenAsync(Token);
        for (var round = 0; round < Rounds; round++)
        {
            var full = Full($"s{round}");
            await full.SendAsync(1, of: 3, $"{round}-1");
            var outcomes = await AtOneTimeAsync(
                () => Store.Intake.ApplyAsync(full.Page(2, 3, $"{round}-2"), Token), () => other.Intake.ApplyAsync(full.Page(3, 3, $"{round}-3"), Token));

            Assert.Single(outcomes, o => o.Swapped);
            await AssertMembersAsync([$"{round}-1", $"{round}-2", $"{round}-3"]);
        }
    }

    [Fact]
    public async Task The_first_two_pages_of_an_unknown_cohort_on_two_nodes_at_one_time_are_one_session()
    {
        await using var other = await Home.OpenAsync(Token);
        for (var round = 0; round < Rounds; round++)
        {
            var cohort = $"c{round}";
            var full = Full("s1", cohort);
            var outcomes = await AtOneTimeAsync(
                () => Store.Intake.ApplyAsync(full.Page(1, 2, "ana"), Token), () => other.Intake.ApplyAsync(full.Page(2, 2, "bo"), Token));

            Assert.Single(outcomes.Select(o => o.Number).Distinct());
            Assert.Single(outcomes, o => o.Swapped);
            await AssertMembersAsync(["ana", "bo"], cohort);
        }
    }

    [Fact]
    public async Task A_page_repeated_on_another_node_at_one_time_counts_once()
    {
        await using var other = await Home.OpenAsync(Token);
        for (var round = 0; round < Rounds; round++)
        {
            var page = Full($"s{round}").Page(1, 2, "ana", "bo");
            var outcomes = await AtOneTimeAsync(() => Store.Intake.ApplyAsync(page, Token), () => other.Intake.ApplyAsync(page, Token));

            Assert.Equal([CohortPageEffect.Applied, CohortPageEffect.Repeated], outcomes.Select(o => o.Effect).Order());
        }
    }

    [Fact]
    public async Task Nodes_that_settle_at_one_time_settle_once()
    {
        await using var other = await Home.OpenAsync(Token);
        var ids = Enumerable.Range(0, 6_000).Select(i => $"u-{i}").ToArray();
        await Full("s1").SendAsync(1, of: 1, ids);
        await Removed("s2").SendAsync(1, of: 1, ids[..500]);
        await Task.WhenAll(SettleOnAsync(Store), SettleOnAsync(other), SettleOnAsync(other));

        Assert.Equal(5_500, (await GroupAsync()).Members);
        Assert.Equal(5_500, await Home.CountAsync("SELECT count(*) FROM membership_span WHERE project = @project AND left_at IS NULL", Token));
        Assert.False(await Store.Settling.SettleAsync(Project, Token));
    }

    [Fact]
    public async Task Nodes_that_start_at_one_time_on_an_empty_database_make_it_once()
    {
        var server = await Testing.PostgresServer.SharedAsync(Token);
        await using var database = await server.CreateDatabaseAsync(Token);
        var stores = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Store.OpenPostgresAsync(database.ConnectionString, Token)));
        foreach (var store in stores)
        {
            Assert.True(await store.PingAsync(Token));
            await store.DisposeAsync();
        }
    }

    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);

    private static async Task<CohortPageOutcome[]> AtOneTimeAsync(Func<Task<CohortPageOutcome>> one, Func<Task<CohortPageOutcome>> two)
    {
        using var both = new Barrier(2);
        return await Task.WhenAll(new[] { one, two }.Select(send => Task.Run(
            () =>
            {
                both.SignalAndWait(TimeSpan.FromSeconds(30), Token);
                return send();
            },
            Token)));
    }

    private async Task SettleOnAsync(Store store)
    {
        while (await store.Settling.SettleAsync(Project, Token))
        {
        }
    }
}
