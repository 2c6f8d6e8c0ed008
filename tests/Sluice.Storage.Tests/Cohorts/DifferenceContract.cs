using Sluice.Core.Cohorts;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Cohorts;

/// <summary>Differences: who entered and who left, whichever order their pages come in.</summary>
public abstract class DifferenceContract : StoreContract
{
    [Fact]
    public async Task Additions_and_removals_count_at_once()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo");

        await Added("s2").SendAsync(1, of: 2, "cy");
        await AssertMembersAsync(["ana", "bo", "cy"]);
        await Removed("s2").SendAsync(1, of: 2, "ana");
        await AssertMembersAsync(["bo", "cy"]);
    }

    [Fact]
    public async Task An_addition_to_an_unknown_cohort_creates_it()
    {
        var outcome = await Added("s1").SendAsync(1, of: 1, "ana");

        Assert.Equal((CohortPageEffect.Applied, true, false), (outcome.Effect, outcome.Finished, outcome.Swapped));
        Assert.Equal("Dormant 30d", (await GroupAsync()).Name);
        await AssertMembersAsync(["ana"]);
    }

    [Fact]
    public async Task A_removal_from_an_unknown_cohort_is_a_success_and_does_nothing()
    {
        var outcome = await Removed("s1").SendAsync(1, of: 1, "ana");

        Assert.Equal(CohortPageEffect.UnknownCohort, outcome.Effect);
        Assert.Empty(await Store.Groups.ListAsync(Project, Token));
        Assert.Equal(0, await SettleAsync());
    }

    [Fact]
    public async Task Empty_differences_change_nobody()
    {
        await Full("s1").SendAsync(1, of: 1, "ana");

        await Added("s2").SendAsync(1, of: 1);
        await Removed("s2").SendAsync(1, of: 1);
        await AssertMembersAsync(["ana"]);
    }

    [Fact]
    public async Task Removing_someone_who_is_no_member_is_no_error()
    {
        await Full("s1").SendAsync(1, of: 1, "ana");

        await Removed("s2").SendAsync(1, of: 1, "bo");
        await AssertMembersAsync(["ana"]);
    }

    [Fact]
    public async Task Differences_of_newer_sessions_overlay_an_open_full_session()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        await Full("s2").SendAsync(1, of: 2, "ana", "bo", "cy");
        await Added("s3").SendAsync(1, of: 1, "dee");
        await Removed("s3").SendAsync(1, of: 1, "ana");
        await AssertMembersAsync(["bo", "dee"]);

        await Full("s2").SendAsync(2, of: 2, "eve");
        await AssertMembersAsync(["bo", "cy", "dee", "eve"]);
        await SettleAsync();
        await AssertMembersAsync(["bo", "cy", "dee", "eve"]);
    }

    [Fact]
    public async Task Differences_of_older_sessions_do_not_survive_the_swap()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        await Added("s2").SendAsync(1, of: 2, "cy");
        await Removed("s2").SendAsync(1, of: 2, "ana");
        await Full("s3").SendAsync(1, of: 2, "ana");

        // A page of the older session that comes while the newer stage is open still counts until the swap.
        await Added("s2").SendAsync(2, of: 2, "dee");
        await AssertMembersAsync(["bo", "cy", "dee"]);
        await Full("s3").SendAsync(2, of: 2, "eve");
        await AssertMembersAsync(["ana", "eve"]);
    }

    [Fact]
    public async Task A_stale_page_never_undoes_what_a_newer_session_said()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        await Added("s2").SendAsync(1, of: 2, "cy");
        await Removed("s2").SendAsync(1, of: 2, "dee");
        await Removed("s3").SendAsync(1, of: 1, "eve", "cy");
        await Added("s3").SendAsync(1, of: 1, "flo");

        await Added("s2").SendAsync(2, of: 2, "eve");
        await Removed("s2").SendAsync(2, of: 2, "flo");
        await AssertMembersAsync(["ana", "bo", "flo"]);
        await SettleAsync();
        await AssertMembersAsync(["ana", "bo", "flo"]);
    }

    [Fact]
    public async Task A_stale_page_still_decides_about_whom_no_newer_session_named()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        await Added("s2").SendAsync(1, of: 2, "cy");
        await Removed("s3").SendAsync(1, of: 1, "ana");

        await Added("s2").SendAsync(2, of: 2, "dee");
        await AssertMembersAsync(["bo", "cy", "dee"]);
    }

    [Fact]
    public async Task A_difference_that_was_overtaken_by_a_swap_changes_nobody()
    {
        await Full("s1").SendAsync(1, of: 1, "ana");
        await Removed("s2").SendAsync(1, of: 2, "ana");
        await Full("s3").SendAsync(1, of: 1, "ana", "bo");

        Assert.Equal(CohortPageEffect.Overtaken, (await Removed("s2").SendAsync(2, of: 2, "bo")).Effect);
        await AssertMembersAsync(["ana", "bo"]);
        await SettleAsync();
        await AssertMembersAsync(["ana", "bo"]);
    }

    [Fact]
    public async Task Leaving_and_entering_again_follows_the_newest_session_each_time()
    {
        await Full("s1").SendAsync(1, of: 1, "ana");
        for (var round = 2; round < 8; round++)
        {
            await (round % 2 == 0 ? Removed($"s{round}") : Added($"s{round}")).SendAsync(1, of: 1, "ana");
            await AssertMembersAsync(round % 2 == 0 ? [] : ["ana"]);
            if (round > 4)
            {
                await SettleAsync();
                await AssertMembersAsync(round % 2 == 0 ? [] : ["ana"]);
            }
        }
    }

    [Fact]
    public async Task A_cohort_that_is_sent_once_is_not_recurring()
    {
        await Full("s1").SendAsync(1, of: 2, "ana");
        await Full("s1").SendAsync(2, of: 2, "bo");
        Assert.False((await GroupAsync()).Recurring);
    }

    [Theory]
    [InlineData(CohortAction.AddMembers)]
    [InlineData(CohortAction.RemoveMembers)]
    public async Task A_difference_shows_that_the_cohort_is_recurring(CohortAction action)
    {
        await Full("s1").SendAsync(1, of: 1, "ana");
        await (action == CohortAction.AddMembers ? Added("s2") : Removed("s2")).SendAsync(1, of: 1);
        Assert.True((await GroupAsync()).Recurring);
    }

    [Fact]
    public async Task A_second_full_session_shows_that_the_cohort_is_recurring()
    {
        await Full("s1").SendAsync(1, of: 1, "ana");
        await Full("s2").SendAsync(1, of: 1, "ana");
        Assert.True((await GroupAsync()).Recurring);
    }
}

public sealed class SqliteDifferenceTests : DifferenceContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresDifferenceTests : DifferenceContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
