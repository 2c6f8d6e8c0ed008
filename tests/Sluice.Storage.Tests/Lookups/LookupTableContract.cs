using Sluice.Core.Cohorts;
using Sluice.Core.Lookups;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Lookups;

/// <summary>A lookup table is replaced whole or not at all.</summary>
public abstract class LookupTableContract : StoreContract
{
    protected const string Products = "6f1f0d2e-0000-4000-8000-000000000001";

    [Fact]
    public async Task A_table_is_there_when_it_is_finished()
    {
        var load = await Store.Lookups.BeginAsync(Project, Products, Token);
        await Store.Lookups.AddAsync(load, [new("p1", """{"name":"One"}"""), new("p2", """{"name":"Two"}""")], Token);

        Assert.Empty(await Store.Lookups.ListAsync(Project, Token));
        Assert.Empty(await Store.Lookups.FindAsync(Project, Products, ["p1"], Token));

        Assert.True(await Store.Lookups.FinishAsync(load, ["id", "name"], 2, Token));
        var table = Assert.Single(await Store.Lookups.ListAsync(Project, Token));
        Assert.Equal((Products, 2L), (table.Id, table.Rows));
        Assert.Equal(["id", "name"], table.Columns);
        var found = await Store.Lookups.FindAsync(Project, Products, ["p2", "p9", "p2"], Token);
        Assert.Equal("""{"name":"Two"}""", Assert.Single(found).Value);
    }

    [Fact]
    public async Task A_newer_table_takes_the_place_of_the_older_one_in_one_step()
    {
        await ReplaceAsync("p1", "p2");
        var load = await Store.Lookups.BeginAsync(Project, Products, Token);
        await Store.Lookups.AddAsync(load, [new("p3", "{}")], Token);

        Assert.Equal(2, (await Store.Lookups.FindAsync(Project, Products, ["p1", "p2", "p3"], Token)).Count);
        await Store.Lookups.FinishAsync(load, ["id"], 1, Token);
        Assert.Equal(["p3"], (await Store.Lookups.FindAsync(Project, Products, ["p1", "p2", "p3"], Token)).Keys);
    }

    [Fact]
    public async Task Whoever_did_not_hear_that_a_load_was_finished_finishes_it_again()
    {
        var load = await Store.Lookups.BeginAsync(Project, Products, Token);
        await Store.Lookups.AddAsync(load, [new("p1", "{}")], Token);
        Assert.True(await Store.Lookups.FinishAsync(load, ["id"], 1, Token));
        var finished = Assert.Single(await Store.Lookups.ListAsync(Project, Token));
        Assert.True(await Store.Lookups.FinishAsync(load, ["id"], 1, Token));
        Assert.Equal(finished.UpdatedAt, Assert.Single(await Store.Lookups.ListAsync(Project, Token)).UpdatedAt);
        Assert.Equal(["p1"], (await Store.Lookups.FindAsync(Project, Products, ["p1"], Token)).Keys);
    }

    [Fact]
    public async Task A_load_that_another_one_has_overtaken_has_no_say()
    {
        var slow = await Store.Lookups.BeginAsync(Project, Products, Token);
        await Store.Lookups.AddAsync(slow, [new("old", "{}")], Token);
        await ReplaceAsync("new");

        Assert.False(await Store.Lookups.FinishAsync(slow, ["id"], 1, Token));
        Assert.False(await Store.Lookups.FinishAsync(slow, ["id"], 1, Token));
        Assert.Equal(["new"], (await Store.Lookups.FindAsync(Project, Products, ["old", "new"], Token)).Keys);
    }

    [Fact]
    public async Task What_nobody_sees_any_more_is_deleted_and_nothing_else()
    {
        await ReplaceAsync("p1", "p2");
        await ReplaceAsync("p3");
        while (await Store.Lookups.ClearAsync(Project, Token))
        {
        }

        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM lookup_row WHERE project = @project", Token));
        Assert.Equal(["p3"], (await Store.Lookups.FindAsync(Project, Products, ["p1", "p3"], Token)).Keys);
    }

    [Fact]
    public async Task A_load_that_is_abandoned_leaves_nothing_and_the_table_as_it_was()
    {
        await ReplaceAsync("p1");
        var load = await Store.Lookups.BeginAsync(Project, Products, Token);
        await Store.Lookups.AddAsync(load, [.. Enumerable.Range(0, 12_000).Select(i => new LookupRow($"k{i}", "{}"))], Token);
        await Store.Lookups.AbandonAsync(load, Token);

        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM lookup_row WHERE project = @project", Token));
        Assert.Equal(["p1"], (await Store.Lookups.FindAsync(Project, Products, ["p1", "k1"], Token)).Keys);
    }

    [Fact]
    public async Task A_load_that_was_finished_cannot_be_abandoned()
    {
        var load = await Store.Lookups.BeginAsync(Project, Products, Token);
        await Store.Lookups.AddAsync(load, [new("p1", "{}")], Token);
        await Store.Lookups.FinishAsync(load, ["id"], 1, Token);
        await Store.Lookups.AbandonAsync(load, Token);

        Assert.Equal(["p1"], (await Store.Lookups.FindAsync(Project, Products, ["p1"], Token)).Keys);
    }

    private async Task ReplaceAsync(params string[] keys)
    {
        var load = await Store.Lookups.BeginAsync(Project, Products, Token);
        await Store.Lookups.AddAsync(load, [.. keys.Select(k => new LookupRow(k, "{}"))], Token);
        Assert.True(await Store.Lookups.FinishAsync(load, ["id"], keys.Length, Token));
    }
}

public sealed class SqliteLookupTableTests : LookupTableContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());

    [Fact]
    public async Task A_store_that_another_process_writes_is_busy_and_goes_on_afterwards()
    {
        var file = ((SqliteHome)Home).File;
        await using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={file};Pooling=False"))
        {
            await other.OpenAsync(Token);
            await using var begin = other.CreateCommand();
            begin.CommandText = "BEGIN IMMEDIATE";
            await begin.ExecuteNonQueryAsync(Token);
            await Assert.ThrowsAsync<IntakeBusyException>(
                () => Store.Lookups.BeginAsync(Project, Products, Token).WaitAsync(TimeSpan.FromMinutes(3), Token));
        }

        Assert.NotNull(await Store.Lookups.BeginAsync(Project, Products, Token));
    }
}

public sealed class PostgresLookupTableTests : LookupTableContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
