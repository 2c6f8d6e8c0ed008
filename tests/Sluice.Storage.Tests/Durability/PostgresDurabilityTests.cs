using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Durability;

/// <summary>A database that is set up to answer before the disk has written is asked not to.</summary>
public sealed class PostgresDurabilityTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("off", "on")]
    [InlineData("on", "on")]
    [InlineData("remote_apply", "remote_apply")]
    public Task Every_commit_waits_for_the_disk_whatever_the_database_is_set_to(string set, string used) => UsesAsync("synchronous_commit", set, used);

    [Theory]
    [InlineData("0", "20s")]
    [InlineData("1h", "20s")]
    [InlineData("5s", "5s")]
    public Task No_transaction_that_stands_still_keeps_its_locks_longer_than_a_lease_lasts(string set, string used) =>
        UsesAsync("idle_in_transaction_session_timeout", set, used);

    private static async Task UsesAsync(string setting, string set, string used)
    {
        await using var home = await PostgresHome.CreateOwnAsync(Token);
        await (await home.OpenAsync(Token)).DisposeAsync();
        await home.ExecuteAsync(
            $"""
            DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {setting} = ''{set}''', current_database()); END $$;
            CREATE TABLE seen (setting text);
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN INSERT INTO seen VALUES (current_setting('{setting}')); RETURN NEW; END $$;
            CREATE TRIGGER note AFTER INSERT ON lease FOR EACH ROW EXECUTE FUNCTION note();
            """,
            Token);
        await using var store = await home.OpenAsync(Token);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => store.Leases.TryTakeAsync($"work-{i}", "a", TimeSpan.FromMinutes(1), Token)));

        Assert.Equal(20, await home.CountAsync("SELECT count(*) FROM seen", Token));
        Assert.Equal(20, await home.CountAsync($"SELECT count(*) FROM seen WHERE setting = '{used}'", Token));
    }
}
