using Sluice.Core.Cohorts;
using Sluice.Core.People;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Cohorts;

/// <summary>What a group carries besides its members: name, description, the way it is read.</summary>
public abstract class GroupFactsContract : StoreContract
{
    [Fact]
    public async Task A_rename_is_followed()
    {
        await Full("s1").SendAsync(1, of: 1, "ana");
        await new Renamed(Full("s2"), "Gone  for GOOD!").SendAsync(1, of: 2, "ana");

        var group = await GroupAsync();
        Assert.Equal(("Gone  for GOOD!", "gone_for_good"), (group.Name, group.Slug));
    }

    [Fact]
    public async Task A_stale_session_does_not_bring_the_old_name_back()
    {
        await Full("s1").SendAsync(1, of: 2, "ana");
        await new Renamed(Added("s2"), "New name").SendAsync(1, of: 1, "bo");

        await Full("s1").SendAsync(2, of: 2, "cy");
        Assert.Equal("New name", (await GroupAsync()).Name);
    }

    [Fact]
    public async Task A_missing_description_keeps_the_one_we_have()
    {
        await Full("s1").SendAsync(1, of: 1, "ana");
        await Full("s2").SendAsync(Full("s2").Page(1, 1, "ana") with { Description = null });

        Assert.Equal("no session for 30 days", (await GroupAsync()).Description);
    }

    [Fact]
    public async Task An_empty_description_is_a_description()
    {
        await Full("s1").SendAsync(1, of: 1, "ana");
        await Full("s2").SendAsync(Full("s2").Page(1, 1, "ana") with { Description = "" });

        Assert.Equal("", (await GroupAsync()).Description);
    }

    [Fact]
    public async Task Cohorts_are_told_apart_and_listed_by_name()
    {
        await new Renamed(Full("s1", "12"), "beta").SendAsync(1, of: 1, "ana");
        await new Renamed(Full("s1", "7"), "alpha").SendAsync(1, of: 1, "bo");

        Assert.Equal(["7", "12"], (await Store.Groups.ListAsync(Project, Token)).Select(g => g.Cohort));
        await AssertMembersAsync(["ana"], "12");
        await AssertMembersAsync(["bo"], "7");
        Assert.Null(await Store.Groups.FindAsync(Project, "13", Token));
        Assert.Null(await Store.Groups.FindAsync(Project + "x", "7", Token));
    }

    [Fact]
    public async Task Members_are_read_page_by_page_in_key_order()
    {
        var ids = Enumerable.Range(0, 250).Select(i => $"u-{i}").ToArray();
        await Full("s1").SendAsync(1, of: 1, ids);
        await Removed("s2").SendAsync(1, of: 1, ids[..30]);

        var read = new List<string>();
        PersonKey? after = null;
        for (var round = 0; round < 20; round++)
        {
            var page = await Store.Groups.MembersAsync(Project, "7", after, 50, Token);
            if (page.Count == 0)
            {
                break;
            }

            Assert.True(page.Count <= 50);
            read.AddRange(page.Select(m => m.DistinctId));
            after = page[^1].Key;
        }

        Assert.Equal(ids[30..].OrderBy(Key), read);
    }

    [Fact]
    public async Task Members_of_whom_very_much_was_said_are_read_like_any_other()
    {
        // More words about one person than one read of the store brings.
        for (var session = 1; session <= 230; session++)
        {
            await (session % 2 == 0 ? Removed($"s{session}") : Added($"s{session}")).SendAsync(1, of: 2, "ana", "bo");
        }

        await Added("last").SendAsync(1, of: 2, "ana", "cy");
        Assert.Equal(new[] { "ana", "cy" }.OrderBy(Key), (await Store.Groups.MembersAsync(Project, "7", null, 10, Token)).Select(m => m.DistinctId));
        Assert.Single(await Store.Groups.MembersAsync(Project, "7", null, 1, Token));
    }

    [Fact]
    public async Task The_greatest_key_is_the_last_page()
    {
        await Full("s1").SendAsync(1, of: 1, "ana");

        Assert.Empty(await Store.Groups.MembersAsync(Project, "7", new PersonKey(UInt128.MaxValue), 10, Token));
    }

    [Fact]
    public async Task Ranges_of_keys_are_the_group_cut_into_pieces()
    {
        var ids = Enumerable.Range(0, 300).Select(i => $"u-{i}").ToArray();
        await Full("s1").SendAsync(1, of: 1, ids);
        foreach (var count in new[] { 1, 2, 64, 512 })
        {
            var keys = new List<PersonKey>();
            for (var slice = 0; slice < count; slice++)
            {
                var range = KeyRange.Slice(slice, count);
                var part = await Store.Groups.KeysAsync(Project, "7", range, Token);
                Assert.All(part, k => Assert.True(k >= range.From && k <= range.To));
                keys.AddRange(part);
            }

            Assert.Equal(ids.Select(Key).Order(), keys);
        }
    }

    [Fact]
    public async Task Any_text_is_kept_as_it_was_sent()
    {
        string[] ids = ["", "$device:7f1c", "한국어", "a'b\"c\\d", " lead", "emoji 😀", "%_"];
        await Full("s1").SendAsync(1, of: 1, ids);

        await AssertMembersAsync(ids);
    }

    /// <summary>The same session under another name of the cohort.</summary>
    private sealed class Renamed(Sync sync, string name)
    {
        public Task<CohortPageOutcome> SendAsync(int page, int of, params string[] ids) => sync.SendAsync(sync.Page(page, of, ids) with { Name = name });
    }
}

public sealed class SqliteGroupFactsTests : GroupFactsContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresGroupFactsTests : GroupFactsContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
