using System.Globalization;
using System.Text;
using Sluice.Core.Management;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Management;

public abstract class AuthorisationContract : StoreContract
{
    [Fact]
    public async Task Of_many_changes_at_one_time_each_sees_the_one_before()
    {
        Assert.Null(await Store.Authorisations.ReadAsync(Project, "a", Token));
        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => AddAsync("a")));
        Assert.Equal(Enumerable.Range(1, 12), results.Order());
        await ReopenAsync();
        Assert.Equal("12", await ReadAsync("a"));
    }

    [Fact]
    public async Task Authorisations_are_apart_and_are_forgotten_one_by_one()
    {
        await AddAsync("a");
        await AddAsync("b");
        await AddAsync("b");
        Assert.Null(await Store.Authorisations.ReadAsync(Project + "x", "a", Token));
        await Store.Authorisations.ForgetAsync(Project, "a", Token);
        await Store.Authorisations.ForgetAsync(Project + "x", "b", Token);
        Assert.Equal((null, "2"), (await ReadAsync("a"), await ReadAsync("b")));
    }

    [Fact]
    public async Task What_nobody_has_renewed_for_long_goes_but_never_the_one_in_use()
    {
        foreach (var name in (string[])["old", "resting", "young"])
        {
            await AddAsync(name);
        }

        var age = (long)IAuthorisations.Memory.TotalMilliseconds + 60_000;
        await Home.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"UPDATE authorisation SET updated_at = updated_at - {age} WHERE project = @project AND name <> 'young'"), Token);

        // Who tries another one does not know yet whether it opens anything.
        await AddAsync("tried");
        Assert.Equal(("1", "1"), (await ReadAsync("old"), await ReadAsync("resting")));
        await Store.Authorisations.ForgetOldAsync(Project + "x", "resting", Token);
        await Store.Authorisations.ForgetOldAsync(Project, "resting", Token);
        Assert.Equal((null, "1", "1", "1"), (await ReadAsync("old"), await ReadAsync("resting"), await ReadAsync("young"), await ReadAsync("tried")));
    }

    [Fact]
    public async Task A_change_that_fails_leaves_nothing()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            Store.Authorisations.UpdateAsync<int>(Project, "a", (_, _) => throw new InvalidOperationException("It cannot be read."), Token));
        Assert.Null(await ReadAsync("a"));
        Assert.Equal(1, await AddAsync("a"));
    }

    private Task<int> AddAsync(string name) => Store.Authorisations.UpdateAsync(
        Project, name,
        (content, now) =>
        {
            Assert.True(now > DateTimeOffset.UnixEpoch);
            var next = (content is null ? 0 : int.Parse(Encoding.ASCII.GetString(content), CultureInfo.InvariantCulture)) + 1;
            return (Encoding.ASCII.GetBytes(next.ToString(CultureInfo.InvariantCulture)), next);
        },
        Token);

    private async Task<string?> ReadAsync(string name) => await Store.Authorisations.ReadAsync(Project, name, Token) is { } content ? Encoding.ASCII.GetString(content) : null;
}

public sealed class SqliteAuthorisationTests : AuthorisationContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresAuthorisationTests : AuthorisationContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateOwnAsync(Token);
}
