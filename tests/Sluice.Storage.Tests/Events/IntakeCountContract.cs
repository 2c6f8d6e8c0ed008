using Sluice.Core.Events;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Events;

/// <summary>Counts add up, whoever gives them and however often.</summary>
public abstract class IntakeCountContract : StoreContract
{
    private DateTimeOffset _minute;

    [Fact]
    public async Task Counts_of_one_minute_way_outcome_and_name_add_up()
    {
        Begin();
        await Store.IntakeCounts.AddAsync([Count("Order", 2, 200), Count("Visit", 1, 10)], Token);
        await Store.IntakeCounts.AddAsync([Count("Visit", 4, 40), Count("Order", 3, 300), Count("", 1, 0, IntakeOutcome.Refused)], Token);

        Assert.Equal(
            [Count("Order", 5, 500), Count("Visit", 5, 50), Count("", 1, 0, IntakeOutcome.Refused)],
            await Store.IntakeCounts.ListAsync(Project, _minute, _minute.AddMinutes(1), Token));
    }

    [Fact]
    public async Task A_span_has_its_first_minute_and_not_its_last_and_no_other_projects()
    {
        Begin();
        await Store.IntakeCounts.AddAsync(
            [
                Count("a", 1, 1), Count("b", 1, 1) with { Minute = _minute.AddMinutes(1) }, Count("c", 1, 1) with { Minute = _minute.AddMinutes(2) },
                Count("d", 1, 1) with { Project = Project + "-neighbour" },
            ],
            Token);

        Assert.Equal(["a", "b"], (await Store.IntakeCounts.ListAsync(Project, _minute, _minute.AddMinutes(2), Token)).Select(c => c.Name));
    }

    [Fact]
    public async Task Counts_of_a_span_are_added_up_by_way_outcome_and_name()
    {
        Begin();
        await Store.IntakeCounts.AddAsync(
            [
                Count("a", 1, 10), Count("a", 2, 20) with { Minute = _minute.AddMinutes(1) }, Count("a", 4, 40) with { Minute = _minute.AddMinutes(2) },
                Count("a", 5, 50, IntakeOutcome.Refused), Count("a", 6, 60) with { Way = "track" }, Count("b", 7, 70),
                Count("a", 8, 80) with { Project = Project + "-neighbour" },
            ],
            Token);

        var sums = await Store.IntakeCounts.SumAsync(Project, _minute, _minute.AddMinutes(2), Token);
        Assert.Equal(
            [Count("a", 3, 30) with { Minute = _minute.AddMinutes(1) }, Count("a", 5, 50, IntakeOutcome.Refused), Count("a", 6, 60) with { Way = "track" }, Count("b", 7, 70)],
            sums.OrderBy(c => c.Records));
        Assert.Empty(await Store.IntakeCounts.SumAsync(Project, _minute.AddMinutes(5), _minute.AddMinutes(6), Token));
    }

    [Fact]
    public async Task What_is_older_than_a_month_is_forgotten_with_the_next_counts()
    {
        Begin();
        var old = _minute.AddDays(-32);
        await Store.IntakeCounts.AddAsync([Count("old", 1, 1) with { Minute = old }, Count("young", 1, 1) with { Minute = old.AddDays(3) }], Token);
        await Store.IntakeCounts.AddAsync([Count("new", 1, 1)], Token);

        Assert.Equal(["young", "new"], (await Store.IntakeCounts.ListAsync(Project, old, _minute.AddMinutes(1), Token)).Select(c => c.Name));
    }

    [Fact]
    public async Task Two_nodes_that_count_the_same_lose_nothing()
    {
        Begin();
        string[] names = [.. Enumerable.Range(0, 40).Select(i => $"event {i}")];
        await Parallel.ForAsync(0, 20, Token, async (i, token) =>
            await Store.IntakeCounts.AddAsync([.. (i % 2 == 0 ? names : names.Reverse()).Select(n => Count(n, 1, 7))], token));

        var counts = await Store.IntakeCounts.ListAsync(Project, _minute, _minute.AddMinutes(1), Token);
        Assert.Equal(names.Length, counts.Count);
        Assert.All(counts, c => Assert.Equal((20L, 140L), (c.Records, c.Bytes)));
    }

    // The store's clock is the engine's: the minutes are near its now.
    private void Begin()
    {
        var now = Home is SqliteHome sqlite ? sqlite.Time.GetUtcNow() : TimeProvider.System.GetUtcNow();
        _minute = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMinute));
    }

    private IntakeCount Count(string name, long records, long bytes, string outcome = IntakeOutcome.Accepted) =>
        new(Project, _minute, "import", outcome, name, records, bytes);
}

public sealed class SqliteIntakeCountTests : IntakeCountContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresIntakeCountTests : IntakeCountContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
