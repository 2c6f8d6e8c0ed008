using System.Buffers.Binary;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>The limiter's books: read and written as one, whoever else does the same.</summary>
public abstract class PermitBookContract : StoreContract
{
    [Fact]
    public async Task A_book_that_nobody_has_written_is_null()
    {
        Assert.True(await Store.PermitBooks.UpdateAsync(Project, "contacts", (book, _) => (new byte[] { 1, 2 }, book is null), Token));
        Assert.Equal([1, 2], await ReadAsync("contacts"));
    }

    [Fact]
    public async Task Books_are_each_accounts_and_each_buckets_own()
    {
        await Store.PermitBooks.UpdateAsync(Project, "contacts", (_, _) => (new byte[] { 1 }, 0), Token);
        await Store.PermitBooks.UpdateAsync(Project, "other", (_, _) => (new byte[] { 2 }, 0), Token);
        await Store.PermitBooks.UpdateAsync(Project + "x", "contacts", (_, _) => (new byte[] { 3 }, 0), Token);

        Assert.Equal([1], await ReadAsync("contacts"));
        Assert.Equal([2], await ReadAsync("other"));
    }

    [Fact]
    public async Task A_change_that_fails_leaves_the_book_as_it_was()
    {
        await Store.PermitBooks.UpdateAsync(Project, "contacts", (_, _) => (new byte[] { 1 }, 0), Token);
        await Assert.ThrowsAsync<FormatException>(
            () => Store.PermitBooks.UpdateAsync<int>(Project, "contacts", (_, _) => throw new FormatException("unreadable"), Token));

        Assert.Equal([1], await ReadAsync("contacts"));
    }

    [Fact]
    public async Task The_clock_does_not_run_backwards()
    {
        var last = DateTimeOffset.MinValue;
        for (var round = 0; round < 10; round++)
        {
            var now = await Store.PermitBooks.UpdateAsync(Project, "contacts", (_, now) => (new byte[] { 1 }, now), Token);
            Assert.True(now >= last);
            Assert.Equal(TimeSpan.Zero, now.Offset);
            last = now;
        }
    }

    [Fact]
    public async Task No_change_is_lost_when_many_come_at_one_time()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CountAsync(Store, 25)));

        Assert.Equal(200, BinaryPrimitives.ReadInt32BigEndian(await ReadAsync("counter")));
    }

    protected async Task CountAsync(Store store, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await store.PermitBooks.UpdateAsync(
                Project, "counter",
                (book, _) =>
                {
                    var next = new byte[4];
                    BinaryPrimitives.WriteInt32BigEndian(next, book is null ? 1 : BinaryPrimitives.ReadInt32BigEndian(book) + 1);
                    return (next, 0);
                },
                Token);
        }
    }

    protected Task<byte[]> ReadAsync(string bucket) => Store.PermitBooks.UpdateAsync(Project, bucket, (book, _) => (book!, book!), Token);
}

public sealed class SqlitePermitBookTests : PermitBookContract
{
    [Fact]
    public async Task The_clock_is_the_one_that_the_store_was_given()
    {
        var home = (SqliteHome)Home;
        Assert.Equal(home.Time.GetUtcNow(), await Store.PermitBooks.UpdateAsync(Project, "contacts", (_, now) => (new byte[] { 1 }, now), Token));
        home.Advance(TimeSpan.FromDays(1));
        Assert.Equal(home.Time.GetUtcNow(), await Store.PermitBooks.UpdateAsync(Project, "contacts", (_, now) => (new byte[] { 1 }, now), Token));
    }

    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresPermitBookTests : PermitBookContract
{
    [Fact]
    public async Task No_change_is_lost_between_two_nodes()
    {
        await using var other = await Home.OpenAsync(Token);
        await Task.WhenAll(CountAsync(Store, 50), CountAsync(other, 50), CountAsync(Store, 50), CountAsync(other, 50));

        Assert.Equal(200, BinaryPrimitives.ReadInt32BigEndian(await ReadAsync("counter")));
    }

    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
