using Sluice.Core.Projects;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Projects;

public abstract class ProjectStoreContract : StoreContract
{
    [Fact]
    public async Task A_project_is_found_by_its_id_with_the_keys_written_last()
    {
        await Store.Projects.PutAsync(new StoredProject(Project, "access", [1, 2]), Token);
        await Store.Projects.PutAsync(new StoredProject(Project, "newer", [3, 4, 5]), Token);

        var found = await Store.Projects.FindAsync(Project, Token);
        Assert.Equal((Project, "newer"), (found!.Id, found.AccessKey));
        Assert.Equal([3, 4, 5], found.SecretHash);
        Assert.Null(await Store.Projects.FindAsync(Project + "x", Token));
    }

    [Fact]
    public async Task New_keys_do_not_start_the_numbers_of_sessions_again()
    {
        var first = await Added("s1").SendAsync(1, of: 1, "ana");
        await Store.Projects.PutAsync(new StoredProject(Project, "newer", [3]), Token);

        Assert.True((await Added("s2").SendAsync(1, of: 1, "bo")).Number > first.Number);
    }

    [Fact]
    public async Task A_setting_is_written_once()
    {
        var name = "fingerprint-" + Project;
        Assert.Null(await Store.Settings.GetAsync(name, Token));
        Assert.Equal("one", await Store.Settings.PutIfMissingAsync(name, "one", Token));
        Assert.Equal("one", await Store.Settings.PutIfMissingAsync(name, "two", Token));
        await ReopenAsync();
        Assert.Equal("one", await Store.Settings.GetAsync(name, Token));
    }

    [Fact]
    public async Task A_setting_written_by_many_at_one_time_has_one_value()
    {
        var name = "raced-" + Project;
        var values = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Store.Settings.PutIfMissingAsync(name, $"{i}", Token)));
        Assert.Single(values.Distinct());
    }

    [Fact]
    public async Task The_store_answers() => Assert.True(await Store.PingAsync(Token));

    [Fact]
    public async Task A_store_of_a_newer_program_is_refused_and_left_alone()
    {
        var versions = await Home.CountAsync("SELECT count(*) FROM schema_version", Token);
        await RunAsync("INSERT INTO schema_version (version) VALUES (9999)");
        try
        {
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() => Home.OpenAsync(Token));
            Assert.Contains("9999", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            await RunAsync("DELETE FROM schema_version WHERE version = 9999");
        }

        Assert.Equal(versions, await Home.CountAsync("SELECT count(*) FROM schema_version", Token));
    }

    private Task RunAsync(string sql) => Home.ExecuteAsync(sql, Token);
}

public sealed class SqliteProjectStoreTests : ProjectStoreContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresProjectStoreTests : ProjectStoreContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateOwnAsync(Token);
}
