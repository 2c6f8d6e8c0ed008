using Sluice.Core.Delivery;
using Sluice.Storage.Tests.Support;
using Sluice.Testing;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>The right to do a piece of work alone, by the store's clock.</summary>
public abstract class LeaseContract : StoreContract
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private string Name => "work-" + Project;

    [Fact]
    public async Task A_free_lease_is_taken_and_keeps_others_out()
    {
        var lease = await TakeAsync("a");

        Assert.Equal(new Lease(Name, "a", 1), lease);
        Assert.Null(await TakeAsync("b"));
        Assert.NotNull(await Store.Leases.TryTakeAsync(Name + "-other", "b", Minute, Token));
    }

    [Fact]
    public async Task Its_owner_takes_it_again_under_the_same_number()
    {
        var lease = await TakeAsync("a");
        Assert.Equal(lease, await TakeAsync("a"));
        await ReopenAsync();
        Assert.Equal(lease, await TakeAsync("a"));
    }

    [Fact]
    public async Task After_a_release_the_next_owner_gets_a_higher_number()
    {
        var first = await TakeAsync("a");
        await Store.Leases.ReleaseAsync(first!, Token);
        var second = await TakeAsync("b");

        Assert.True(second!.Fence > first!.Fence);
        await Store.Leases.ReleaseAsync(second, Token);
        Assert.True((await TakeAsync("a"))!.Fence > second.Fence);
    }

    [Fact]
    public async Task A_lease_that_has_run_out_goes_to_whoever_asks()
    {
        var first = await Store.Leases.TryTakeAsync(Name, "a", TimeSpan.FromMilliseconds(1), Token);
        Home.Advance(TimeSpan.FromMilliseconds(1));
        var second = await EventuallyTakenAsync("b");

        Assert.True(second.Fence > first!.Fence);
        Assert.False(await Store.Leases.RenewAsync(first, Minute, Token));
        Assert.Null(await TakeAsync("a"));
    }

    [Fact]
    public async Task A_lease_that_is_renewed_lasts_longer()
    {
        var lease = await Store.Leases.TryTakeAsync(Name, "a", TimeSpan.FromMilliseconds(1), Token);
        Assert.True(await Store.Leases.RenewAsync(lease!, TimeSpan.FromHours(1), Token));
        Home.Advance(TimeSpan.FromMinutes(59));

        Assert.Null(await TakeAsync("b"));
    }

    [Fact]
    public async Task What_has_gone_to_another_is_neither_renewed_nor_released()
    {
        var first = await TakeAsync("a");
        await Store.Leases.ReleaseAsync(first!, Token);
        var second = await TakeAsync("b");
        await Store.Leases.ReleaseAsync(first!, Token);

        Assert.False(await Store.Leases.RenewAsync(first!, Minute, Token));
        Assert.Null(await TakeAsync("a"));
        Assert.True(await Store.Leases.RenewAsync(second!, Minute, Token));
    }

    [Fact]
    public async Task Of_many_who_ask_at_one_time_one_gets_it()
    {
        for (var round = 0; round < 10; round++)
        {
            var name = $"{Name}-{round}";
            var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Store.Leases.TryTakeAsync(name, $"node-{i}", Minute, Token)));
            Assert.Single(taken, l => l is not null);
        }
    }

    protected Task<Lease?> TakeAsync(string owner) => Store.Leases.TryTakeAsync(Name, owner, Minute, Token);

    private async Task<Lease> EventuallyTakenAsync(string owner) =>
        (await Eventually.GetAsync("the lease runs out", _ => TakeAsync(owner), taken => taken is not null, cancellationToken: Token))!;
}

public sealed class SqliteLeaseTests : LeaseContract
{
    [Fact]
    public async Task The_clock_is_the_one_that_the_store_was_given()
    {
        await TakeAsync("a");
        Home.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromMilliseconds(1));
        Assert.Null(await TakeAsync("b"));
        Home.Advance(TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await TakeAsync("b"));
    }

    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresLeaseTests : LeaseContract
{
    [Fact]
    public async Task Of_two_nodes_that_ask_at_one_time_one_gets_it()
    {
        await using var other = await Home.OpenAsync(Token);
        for (var round = 0; round < 30; round++)
        {
            var name = $"race-{Project}-{round}";
            var taken = await Task.WhenAll(
                Store.Leases.TryTakeAsync(name, "a", TimeSpan.FromMinutes(1), Token), other.Leases.TryTakeAsync(name, "b", TimeSpan.FromMinutes(1), Token));
            Assert.Single(taken, l => l is not null);
        }
    }

    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
