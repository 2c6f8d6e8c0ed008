using Sluice.Core.Delivery;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>What a store of an earlier version has not written down is made up for when it is migrated.</summary>
public abstract class UpgradeContract : DeliveryContract
{
    /// <summary>Takes back the migrations from 0010 on.</summary>
    private const string Downgrade = """
        DROP TABLE delivery_lease;
        DROP TABLE authorisation;
        DROP TABLE list_claim;
        ALTER TABLE list DROP COLUMN kept;
        ALTER TABLE cohort DROP COLUMN sent_at;
        ALTER TABLE event_waiting DROP COLUMN contact;
        DELETE FROM schema_version WHERE version > 9;
        """;

    [Fact]
    public async Task Lists_that_were_filled_are_kept_and_old_leases_are_every_projects()
    {
        var scope = await RegisterAsync(Rule(20, ListMode.Mirror), Rule(21, ListMode.Mirror));
        var known = (await ListsAsync(scope))[20] with { ForeignRead = -1 };
        await CommitAsync(scope, c => c.Lists.Add(known));
        Assert.NotNull(await Store.Leases.TryTakeAsync("delivery/abc", "an older node", TimeSpan.FromHours(1), Token));
        await Home.ExecuteAsync(Downgrade, Token);
        await ReopenAsync();

        var lists = await ListsAsync(scope);
        Assert.True(lists[20].IsKept);
        Assert.False(lists[21].IsKept);

        // An undo gives the older node's lease another number; no lease of anything else is among them.
        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM delivery_lease WHERE project = @project AND name = 'delivery/abc'", Token));
        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM delivery_lease WHERE project = @project", Token));
    }

    private async Task<IReadOnlyDictionary<long, ListState>> ListsAsync(DeliveryScope scope) => (await Store.Ledger.RegisterAsync(scope, Token)).Lists;
}

public sealed class SqliteUpgradeTests : UpgradeContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresUpgradeTests : UpgradeContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateOwnAsync(Token);
}
