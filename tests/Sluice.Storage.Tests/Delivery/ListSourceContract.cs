using Sluice.Core.Cohorts;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>Which cohort a key of the config's lists means.</summary>
public abstract class ListSourceContract : DeliveryContract
{
    [Fact]
    public async Task A_key_is_a_cohorts_id_its_name_or_its_slug()
    {
        await NamedAsync("7", "Engaged users!");
        await NamedAsync("8", "At risk");

        var found = await FindAsync("7", "At risk", "at_risk", "engaged_users", "unknown");
        Assert.Equal(4, found.Count);
        Assert.Equal(("7", "8", "8", "7"), (found["7"], found["At risk"], found["at_risk"], found["engaged_users"]));
    }

    [Fact]
    public async Task An_id_goes_before_a_name_and_a_name_before_a_slug()
    {
        await NamedAsync("1", "8");
        await NamedAsync("2", "At  Risk");
        await NamedAsync("3", "at_risk");
        await NamedAsync("8", "Anything");

        Assert.Equal("8", (await FindAsync("8"))["8"]);
        Assert.Equal("3", (await FindAsync("at_risk"))["at_risk"]);
    }

    [Fact]
    public async Task A_key_stays_with_its_cohort_when_that_is_renamed()
    {
        await NamedAsync("7", "At risk");
        await FindAsync("at_risk");
        await NamedAsync("7", "Something else");
        await NamedAsync("8", "At risk");

        Assert.Equal("7", (await FindAsync("at_risk"))["at_risk"]);
        await ReopenAsync();
        Assert.Equal("7", (await FindAsync("at_risk"))["at_risk"]);
    }

    [Fact]
    public async Task A_waiting_key_is_filled_when_an_empty_difference_brings_its_name()
    {
        await NamedAsync("7", "Old name");
        Assert.Empty(await FindAsync("at_risk"));
        var rename = Added("s9");
        await rename.SendAsync(rename.Page(1, 1) with { Name = "At risk" });

        Assert.Equal("7", (await FindAsync("at_risk"))["at_risk"]);
    }

    [Fact]
    public async Task Of_two_cohorts_with_one_name_the_older_is_meant()
    {
        await NamedAsync("9", "At risk");
        Home.Advance(TimeSpan.FromSeconds(1));
        await NamedAsync("10", "At risk");

        Assert.Equal("9", (await FindAsync("At risk"))["At risk"]);
    }

    [Fact]
    public async Task Destinations_choose_for_themselves()
    {
        await NamedAsync("7", "At risk");
        await FindAsync("at_risk");
        await NamedAsync("7", "Something else");

        Assert.Empty(await Store.Ledger.FindSourcesAsync(Project, "other", ["at_risk"], Token));
        Assert.Empty(await Store.Ledger.FindSourcesAsync(Project + "x", Brevo, ["at_risk"], Token));
    }

    [Fact]
    public async Task The_bases_of_all_cohorts_tell_when_something_was_replaced()
    {
        Assert.Empty(await Store.Ledger.BasesAsync(Project, Token));
        await Added("s1", "8").SendAsync(1, of: 1, "ana");
        var full = await Full("s1", "7").SendAsync(1, of: 1, "ana");

        var bases = await Store.Ledger.BasesAsync(Project, Token);
        Assert.Equal([("7", full.Number), ("8", 0L)], bases.Select(b => (b.Key, b.Value)).OrderBy(b => b.Key, StringComparer.Ordinal));
    }

    private Task<CohortPageOutcome> NamedAsync(string cohort, string name)
    {
        var sync = Full(Guid.NewGuid().ToString(), cohort);
        return sync.SendAsync(sync.Page(1, 1, "ana") with { Name = name });
    }

    private Task<IReadOnlyDictionary<string, string>> FindAsync(params string[] keys) => Store.Ledger.FindSourcesAsync(Project, Brevo, keys, Token);
}

public sealed class SqliteListSourceTests : ListSourceContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresListSourceTests : ListSourceContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
