using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Cohorts;

/// <summary>Nothing grows for ever: what has been kept for 30 days goes, and nothing else.</summary>
public abstract class ClearingContract : StoreContract
{
    private const string Sessions = "SELECT count(*) FROM cohort_session WHERE project = @project";
    private const string Pages = "SELECT count(*) FROM cohort_page WHERE project = @project";
    private const string Claims = "SELECT count(*) FROM membership WHERE project = @project";

    [Fact]
    public async Task Young_sessions_stay_and_repeats_of_them_are_known()
    {
        await Full("s1").SendAsync(1, of: 2, "ana");
        await Added("s2").SendAsync(1, of: 1, "bo");
        await ClearAsync();

        Assert.Equal(CohortPageEffect.Repeated, (await Full("s1").SendAsync(1, of: 2, "ana")).Effect);
        Assert.Equal(CohortPageEffect.Repeated, (await Added("s2").SendAsync(1, of: 1, "bo")).Effect);
        Assert.True((await Full("s1").SendAsync(2, of: 2, "cy")).Swapped);
        await AssertMembersAsync(["ana", "bo", "cy"]);
    }

    [Fact]
    public async Task Old_differences_are_forgotten_and_what_they_said_stays()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        await Added("s2").SendAsync(1, of: 2, "cy");
        await Removed("s3").SendAsync(1, of: 1, "ana");
        await SettleAsync();
        await AgeAsync();
        await ClearAsync();

        // The full session that is the membership keeps its number.
        Assert.Equal(1, await Home.CountAsync(Sessions, Token));
        await AssertMembersAsync(["bo", "cy"]);
        await SettleAsync();
        Assert.Equal(2, (await GroupAsync()).Members);
        await Added("s4").SendAsync(1, of: 1, "ana");
        await SettleAsync();
        await AssertMembersAsync(["ana", "bo", "cy"]);
    }

    [Fact]
    public async Task Full_sessions_that_never_ended_go_with_everything_they_had_brought()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        await SettleAsync();
        var ids = Enumerable.Range(0, 6_000).Select(i => $"u-{i}").ToArray();
        for (var page = 1; page <= 6; page++)
        {
            await Full("s2").SendAsync(page, 7, ids[((page - 1) * 1_000)..(page * 1_000)]);
        }

        await AgeAsync();
        await ClearAsync();
        Assert.Equal((1L, 1L, 2L), (await Home.CountAsync(Sessions, Token), await Home.CountAsync(Pages, Token), await Home.CountAsync(Claims, Token)));
        Assert.Null((await GroupAsync()).Syncing);
        await AssertMembersAsync(["ana", "bo"]);

        // Its last page comes after all: half a replacement must not become the membership.
        Assert.False((await Full("s2").SendAsync(7, of: 7, "zoe")).Finished);
        await AssertMembersAsync(["ana", "bo"]);
    }

    [Fact]
    public async Task What_pages_kept_to_be_taken_back_goes_once_their_session_is_finished()
    {
        await Added("s1").SendAsync(1, of: 2, "ana");
        await Added("s1").SendAsync(2, of: 2, "bo");
        await Added("s2").SendAsync(1, of: 2, "cy");
        await ClearAsync();

        Assert.Equal(1, await Home.CountAsync($"{Pages} AND keys IS NOT NULL", Token));
        Assert.Equal(CohortPageEffect.Replaced, (await Added("s2").SendAsync(1, of: 2, "dee")).Effect);
        await AssertMembersAsync(["ana", "bo", "dee"]);
    }

    [Fact]
    public async Task Open_dead_letters_wait_for_a_person_however_old_they_are()
    {
        var page = Added("s1").Page(1, 1, "ana");
        await Added("s1").SendAsync(page with { Rejected = [new RejectedMember(0, "a", "", "1"), new RejectedMember(1, "b", "", "2")] });
        var letters = await Store.DeadLetters.ListAsync(Project, null, 10, Token);
        await Store.DeadLetters.RetryAsync(Project, [letters[0].Id], Token);
        await AgeAsync();
        await ClearAsync();

        Assert.Equal(letters[1].Id, Assert.Single(await Store.DeadLetters.ListAsync(Project, null, 10, Token)).Id);
    }

    [Fact]
    public async Task Suppressions_stay_for_ever()
    {
        await Store.Suppressions.AddAsync(Project, [new SuppressionEntry("ana@example.org", null, 0, "spam", "hand", DateTimeOffset.UnixEpoch)], Token);
        await AgeAsync();
        await ClearAsync();

        Assert.Single(await Store.Suppressions.ListAsync(Project, 10, Token));
    }

    private Task ClearAsync() => Store.Settling.ClearAsync(Project, Token);

    /// <summary>Makes everything 31 days older.</summary>
    private async Task AgeAsync()
    {
        const long Age = 31L * 24 * 3_600_000;
        await Home.ExecuteAsync($"UPDATE cohort_session SET last_page_at = last_page_at - {Age} WHERE project = @project", Token);
        await Home.ExecuteAsync($"UPDATE dead_letter SET updated_at = updated_at - {Age} WHERE project = @project", Token);
    }
}

public sealed class SqliteClearingTests : ClearingContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresClearingTests : ClearingContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
