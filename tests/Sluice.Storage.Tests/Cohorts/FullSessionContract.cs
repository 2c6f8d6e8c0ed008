using Sluice.Core.Cohorts;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Cohorts;

/// <summary>Full sessions: the union of all pages replaces the membership, at one stroke and only when the last page is there.</summary>
public abstract class FullSessionContract : StoreContract
{
    [Fact]
    public async Task The_first_page_makes_the_group_known_and_nobody_a_member()
    {
        var outcome = await Full("s1").SendAsync(1, of: 2, "ana", "bo");

        var group = await GroupAsync();
        Assert.Equal((CohortPageEffect.Applied, false, false), (outcome.Effect, outcome.Finished, outcome.Swapped));
        Assert.Equal(("Dormant 30d", "dormant_30d", "no session for 30 days", "4100200"), (group.Name, group.Slug, group.Description, group.RemoteProject));
        Assert.Equal((outcome.Number, 1, 2), (group.Syncing!.Number, group.Syncing.Pages, group.Syncing.TotalPages));
        Assert.Equal(0, group.Base);
        await AssertMembersAsync([]);
    }

    [Fact]
    public async Task The_last_page_makes_all_pages_the_membership()
    {
        await Full("s1").SendAsync(1, of: 2, "ana", "bo");
        var outcome = await Full("s1").SendAsync(2, of: 2, "cy");

        Assert.Equal((CohortPageEffect.Applied, true, true, null), (outcome.Effect, outcome.Finished, outcome.Swapped, outcome.Warning));
        await AssertMembersAsync(["ana", "bo", "cy"]);
        var group = await GroupAsync();
        Assert.Null(group.Syncing);
        Assert.Equal(outcome.Number, group.Base);
    }

    [Fact]
    public async Task Pages_may_come_in_any_order()
    {
        string[][] pages = [["a", "b"], ["c"], ["d", "e"]];
        int[][] orders = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];
        foreach (var order in orders)
        {
            var cohort = string.Concat(order);
            foreach (var page in order.SkipLast(1))
            {
                Assert.False((await Full("s1", cohort).SendAsync(page, 3, pages[page - 1])).Finished);
                await AssertMembersAsync([], cohort);
            }

            Assert.True((await Full("s1", cohort).SendAsync(order[^1], 3, pages[order[^1] - 1])).Swapped);
            await AssertMembersAsync(["a", "b", "c", "d", "e"], cohort);
        }
    }

    [Fact]
    public async Task Readers_see_the_old_membership_until_the_new_one_is_complete()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo", "cy");

        await Full("s2").SendAsync(1, of: 3, "bo", "dee");
        await AssertMembersAsync(["ana", "bo", "cy"]);
        await Full("s2").SendAsync(2, of: 3, "eve");
        await AssertMembersAsync(["ana", "bo", "cy"]);
        await Full("s2").SendAsync(3, of: 3, "flo");
        await AssertMembersAsync(["bo", "dee", "eve", "flo"]);
    }

    [Fact]
    public async Task A_person_on_two_pages_is_one_member()
    {
        await Full("s1").SendAsync(1, of: 2, "ana", "bo");
        await Full("s1").SendAsync(2, of: 2, "bo", "cy");

        await AssertMembersAsync(["ana", "bo", "cy"]);
        await SettleAsync();
        Assert.Equal(3, (await GroupAsync()).Members);
    }

    [Fact]
    public async Task One_page_without_members_empties_the_group()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        var outcome = await Full("s2").SendAsync(1, of: 1);

        Assert.True(outcome.Swapped);
        await AssertMembersAsync([]);
    }

    [Fact]
    public async Task A_full_session_may_be_empty_from_the_start()
    {
        Assert.True((await Full("s1").SendAsync(1, of: 1)).Swapped);

        await AssertMembersAsync([]);
        Assert.NotNull(await GroupAsync());
    }

    [Fact]
    public async Task Only_a_newer_full_session_that_is_finished_supersedes_an_older_one()
    {
        await Full("s1").SendAsync(1, of: 2, "ana");
        await Full("s2").SendAsync(1, of: 2, "bo");

        Assert.True((await Full("s1").SendAsync(2, of: 2, "cy")).Swapped);
        await AssertMembersAsync(["ana", "cy"]);
        Assert.True((await Full("s2").SendAsync(2, of: 2, "dee")).Swapped);
        await AssertMembersAsync(["bo", "dee"]);
    }

    [Fact]
    public async Task A_late_page_of_an_overtaken_session_changes_no_membership()
    {
        await Full("s1").SendAsync(1, of: 2, "ana");
        await Full("s2").SendAsync(1, of: 1, "bo");

        var outcome = await Full("s1").SendAsync(2, of: 2, "cy");
        Assert.Equal((CohortPageEffect.Overtaken, false), (outcome.Effect, outcome.Swapped));
        await AssertMembersAsync(["bo"]);
        Assert.Null((await GroupAsync()).Syncing);
        await SettleAsync();
        await AssertMembersAsync(["bo"]);
    }

    [Fact]
    public async Task Other_content_of_an_overtaken_session_changes_no_membership()
    {
        await Full("s1").SendAsync(1, of: 2, "ana");
        await Full("s2").SendAsync(1, of: 1, "bo");

        Assert.Equal(CohortPageEffect.Overtaken, (await Full("s1").SendAsync(1, of: 2, "eve")).Effect);
        await AssertMembersAsync(["bo"]);
    }

    [Fact]
    public async Task The_newest_open_full_session_is_shown_as_the_one_being_received()
    {
        await Full("s1").SendAsync(1, of: 5, "ana");
        var newest = await Full("s2").SendAsync(1, of: 3, "ana");

        Assert.Equal(newest.Number, (await GroupAsync()).Syncing!.Number);
        Assert.Equal(newest.Number, Assert.Single(await Store.Groups.ListAsync(Project, Token)).Syncing!.Number);
    }

    [Fact]
    public async Task A_session_that_becomes_shorter_ends_with_its_new_last_page()
    {
        await Full("s1").SendAsync(1, of: 3, "ana");
        await Full("s1").SendAsync(3, of: 3, "cy");

        // Mixpanel starts over within the session, and the cohort has shrunk meanwhile.
        await Full("s1").SendAsync(1, of: 2, "bo");
        Assert.True((await Full("s1").SendAsync(2, of: 2, "dee")).Swapped);
        await AssertMembersAsync(["bo", "dee"]);
    }

    [Fact]
    public async Task A_session_that_becomes_shorter_ends_even_when_its_first_pages_are_the_same()
    {
        await Full("s1").SendAsync(1, of: 3, "ana");
        await Full("s1").SendAsync(2, of: 3, "bo");

        await Full("s1").SendAsync(1, of: 2, "ana");
        await Full("s1").SendAsync(2, of: 2, "bo");
        await AssertMembersAsync(["ana", "bo"]);
        Assert.Null((await GroupAsync()).Syncing);
    }

    [Fact]
    public async Task A_session_that_becomes_shorter_gives_up_a_person_of_its_last_pages()
    {
        await Full("s1").SendAsync(2, of: 3, "ana", "bo");
        await Full("s1").SendAsync(3, of: 3, "bo", "cy");

        await Full("s1").SendAsync(1, of: 1, "cy");
        await AssertMembersAsync(["cy"]);
        await SettleAsync();
        await AssertMembersAsync(["cy"]);
    }

    [Fact]
    public async Task A_session_that_becomes_longer_waits_for_its_new_last_page()
    {
        await Full("s1").SendAsync(1, of: 2, "ana");

        await Full("s1").SendAsync(1, of: 3, "ana", "bo");
        Assert.False((await Full("s1").SendAsync(2, of: 3, "cy")).Finished);
        await AssertMembersAsync([]);
        Assert.True((await Full("s1").SendAsync(3, of: 3, "dee")).Swapped);
        await AssertMembersAsync(["ana", "bo", "cy", "dee"]);
    }

    [Fact]
    public async Task One_session_id_may_be_used_for_two_cohorts()
    {
        await Full("s1", "7").SendAsync(1, of: 2, "ana");
        await Full("s1", "8").SendAsync(1, of: 2, "bo");
        Assert.True((await Full("s1", "8").SendAsync(2, of: 2, "cy")).Swapped);

        await AssertMembersAsync([], "7");
        await AssertMembersAsync(["bo", "cy"], "8");
    }

    [Fact]
    public async Task Ten_thousand_members_in_ten_pages_become_the_membership_together()
    {
        var ids = Enumerable.Range(0, 10_000).Select(i => $"u-{i}").ToArray();
        foreach (var (page, part) in ids.Chunk(1_000).Select((part, i) => (i + 1, part)))
        {
            Assert.Equal(page == 10, (await Full("s1").SendAsync(page, 10, part)).Swapped);
        }

        await AssertMembersAsync(ids);
        await SettleAsync();
        Assert.Equal(10_000, (await GroupAsync()).Members);
    }

    [Fact]
    public async Task What_was_taken_is_there_after_a_restart()
    {
        await Full("s1").SendAsync(1, of: 2, "ana");
        await ReopenAsync();
        Assert.Equal(CohortPageEffect.Repeated, (await Full("s1").SendAsync(1, of: 2, "ana")).Effect);
        await Full("s1").SendAsync(2, of: 2, "bo");
        await ReopenAsync();

        await AssertMembersAsync(["ana", "bo"]);
    }
}

public sealed class SqliteFullSessionTests : FullSessionContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresFullSessionTests : FullSessionContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
