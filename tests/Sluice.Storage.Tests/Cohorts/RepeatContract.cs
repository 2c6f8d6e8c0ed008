using Sluice.Core.Cohorts;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Cohorts;

/// <summary>Pages that come again, with the same content or with other content.</summary>
public abstract class RepeatContract : StoreContract
{
    [Theory]
    [InlineData(CohortAction.Members)]
    [InlineData(CohortAction.AddMembers)]
    [InlineData(CohortAction.RemoveMembers)]
    public async Task A_repeat_of_a_page_changes_nothing(CohortAction action)
    {
        await Full("s0").SendAsync(1, of: 1, "ana", "zoe");
        var first = await Of(action, "s1").SendAsync(1, of: 2, "ana", "bo");
        var before = await MembersAsync();

        var again = await Of(action, "s1").SendAsync(1, of: 2, "ana", "bo");
        Assert.Equal((CohortPageEffect.Repeated, first.Number, false, false), (again.Effect, again.Number, again.Finished, again.Swapped));
        Assert.Equal(before, await MembersAsync());
    }

    [Theory]
    [InlineData(CohortAction.Members)]
    [InlineData(CohortAction.AddMembers)]
    [InlineData(CohortAction.RemoveMembers)]
    public async Task A_repeat_after_newer_sessions_changes_nothing(CohortAction action)
    {
        await Full("s0").SendAsync(1, of: 1, "ana", "bo");
        await Of(action, "s1").SendAsync(1, of: 1, "ana");
        await Added("s2").SendAsync(1, of: 1, "cy");
        await Removed("s3").SendAsync(1, of: 1, "bo");
        await (action == CohortAction.RemoveMembers ? Added("s4") : Removed("s4")).SendAsync(1, of: 1, "ana");
        var before = await MembersAsync();
        var group = await GroupAsync();

        var again = await Of(action, "s1").SendAsync(1, of: 1, "ana");
        Assert.Equal((CohortPageEffect.Repeated, true, false), (again.Effect, again.Finished, again.Swapped));
        Assert.Equal(before, await MembersAsync());
        await SettleAsync();
        Assert.Equal(before, await MembersAsync());
        Assert.Equal(group.Base, (await GroupAsync()).Base);
    }

    [Fact]
    public async Task A_whole_session_that_is_repeated_after_a_newer_one_changes_nothing()
    {
        await Full("s1").SendAsync(1, of: 2, "ana");
        await Full("s1").SendAsync(2, of: 2, "bo");
        await Full("s2").SendAsync(1, of: 1, "cy");

        Assert.Equal(CohortPageEffect.Repeated, (await Full("s1").SendAsync(1, of: 2, "ana")).Effect);
        Assert.Equal(CohortPageEffect.Repeated, (await Full("s1").SendAsync(2, of: 2, "bo")).Effect);
        await AssertMembersAsync(["cy"]);
    }

    [Fact]
    public async Task Additions_and_removals_of_one_session_are_told_apart()
    {
        await Added("s1").SendAsync(1, of: 1, "ana", "bo");
        Assert.Equal(CohortPageEffect.Applied, (await Removed("s1").SendAsync(1, of: 1, "ana", "bo")).Effect);

        await AssertMembersAsync([]);
    }

    [Fact]
    public async Task Other_content_replaces_the_page_of_an_open_full_session()
    {
        await Full("s1").SendAsync(1, of: 2, "ana", "bo");
        var outcome = await Full("s1").SendAsync(1, of: 2, "bo", "cy");

        Assert.Equal((CohortPageEffect.Replaced, false, null), (outcome.Effect, outcome.Finished, outcome.Warning));
        await Full("s1").SendAsync(2, of: 2, "dee");
        await AssertMembersAsync(["bo", "cy", "dee"]);
    }

    [Fact]
    public async Task Other_content_replaces_the_page_of_an_open_session_of_additions()
    {
        await Full("s0").SendAsync(1, of: 1, "zoe");
        await Added("s1").SendAsync(1, of: 2, "ana", "bo");
        await AssertMembersAsync(["ana", "bo", "zoe"]);

        Assert.Equal(CohortPageEffect.Replaced, (await Added("s1").SendAsync(1, of: 2, "bo", "cy")).Effect);
        await AssertMembersAsync(["bo", "cy", "zoe"]);
    }

    [Fact]
    public async Task Other_content_replaces_the_page_of_an_open_session_of_removals()
    {
        await Full("s0").SendAsync(1, of: 1, "ana", "bo", "cy");
        await Removed("s1").SendAsync(1, of: 2, "ana", "bo");
        await AssertMembersAsync(["cy"]);

        Assert.Equal(CohortPageEffect.Replaced, (await Removed("s1").SendAsync(1, of: 2, "bo", "cy")).Effect);
        await AssertMembersAsync(["ana"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_person_who_is_on_another_page_too_stays_when_one_page_is_replaced(bool settle)
    {
        await Added("s1").SendAsync(1, of: 3, "ana", "bo");
        await Added("s1").SendAsync(2, of: 3, "bo", "cy");
        await SettleIfAsync(settle);

        await Added("s1").SendAsync(1, of: 3, "dee");
        await AssertMembersAsync(["bo", "cy", "dee"]);
        await SettleIfAsync(settle);
        await Added("s1").SendAsync(2, of: 3, "dee");
        await AssertMembersAsync(["dee"]);
        await Added("s1").SendAsync(1, of: 3);
        await AssertMembersAsync(["dee"]);
        await SettleIfAsync(settle);
        await Added("s1").SendAsync(2, of: 3);
        await AssertMembersAsync([]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_an_open_session_takes_back_is_as_if_it_had_never_said_it(bool settle)
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        await Removed("s2").SendAsync(1, of: 2, "ana");
        await SettleIfAsync(settle);
        await AssertMembersAsync(["bo"]);

        await Removed("s2").SendAsync(1, of: 2, "bo");
        await AssertMembersAsync(["ana"]);
        await SettleIfAsync(settle);
        await AssertMembersAsync(["ana"]);
        if (settle)
        {
            Assert.Equal(1, (await GroupAsync()).Members);
            Assert.Null(Assert.Single(await Store.Groups.HistoryAsync(Project, Key("ana"), Token)).LeftAt);
        }
    }

    [Fact]
    public async Task A_session_that_starts_over_from_page_one_ends_as_it_was_sent_last()
    {
        await Full("s1").SendAsync(1, of: 3, "a", "b");
        await Full("s1").SendAsync(2, of: 3, "c", "d");

        // The members have moved between the pages meanwhile.
        await Full("s1").SendAsync(1, of: 3, "a", "c");
        await Full("s1").SendAsync(2, of: 3, "d", "e");
        await Full("s1").SendAsync(3, of: 3, "f");
        await AssertMembersAsync(["a", "c", "d", "e", "f"]);
    }

    [Fact]
    public async Task Other_content_in_a_finished_full_session_is_applied_and_warned_about()
    {
        await Full("s1").SendAsync(1, of: 2, "ana");
        await Full("s1").SendAsync(2, of: 2, "bo");

        var outcome = await Full("s1").SendAsync(2, of: 2, "cy");
        Assert.Equal((CohortPageEffect.Applied, true, false), (outcome.Effect, outcome.Finished, outcome.Swapped));
        Assert.Contains("finished session", outcome.Warning, StringComparison.Ordinal);
        await AssertMembersAsync(["ana", "bo", "cy"]);
        await SettleAsync();
        Assert.Equal(3, (await GroupAsync()).Members);
    }

    [Theory]
    [InlineData(CohortAction.AddMembers)]
    [InlineData(CohortAction.RemoveMembers)]
    public async Task Other_content_in_a_finished_difference_is_applied_and_warned_about(CohortAction action)
    {
        await Full("s0").SendAsync(1, of: 1, "ana", "bo", "cy");
        await Removed("s1").SendAsync(1, of: 1, "cy");
        await Of(action, "s2").SendAsync(1, of: 1, "ana");
        await SettleAsync();

        var outcome = await Of(action, "s2").SendAsync(1, of: 1, "bo", "cy");
        Assert.NotNull(outcome.Warning);
        await AssertMembersAsync(action == CohortAction.AddMembers ? ["ana", "bo", "cy"] : []);
    }

    [Fact]
    public async Task A_page_beyond_the_end_of_a_finished_session_is_applied_and_warned_about()
    {
        await Full("s1").SendAsync(1, of: 1, "ana");

        var outcome = await Full("s1").SendAsync(2, of: 2, "bo");
        Assert.Equal(CohortPageEffect.Applied, outcome.Effect);
        Assert.NotNull(outcome.Warning);
        await AssertMembersAsync(["ana", "bo"]);
    }

    [Fact]
    public async Task What_a_finished_session_says_late_never_undoes_a_newer_session()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        await Removed("s2").SendAsync(1, of: 1, "cy");
        await SettleAsync();

        await Full("s1").SendAsync(1, of: 1, "cy", "dee");
        await AssertMembersAsync(["ana", "bo", "dee"]);
    }

    [Fact]
    public async Task Long_session_ids_and_odd_ones_are_told_apart()
    {
        var id = new string('x', 5_000);
        await Added(id + "1").SendAsync(1, of: 2, "ana");
        Assert.Equal(CohortPageEffect.Applied, (await Added(id + "2").SendAsync(1, of: 2, "ana")).Effect);
        Assert.Equal(CohortPageEffect.Applied, (await Added("' or 1=1 --\u00e9\U0001F600").SendAsync(1, of: 2, "ana")).Effect);
        Assert.Equal(CohortPageEffect.Repeated, (await Added(id + "1").SendAsync(1, of: 2, "ana")).Effect);
    }

    private Sync Of(CohortAction action, string session) => action switch
    {
        CohortAction.Members => Full(session),
        CohortAction.AddMembers => Added(session),
        _ => Removed(session),
    };

    private async Task<List<string>> MembersAsync() =>
        [.. (await Store.Groups.MembersAsync(Project, "7", null, 1000, Token)).Select(m => m.DistinctId)];

    private async Task SettleIfAsync(bool settle)
    {
        if (settle)
        {
            await SettleAsync();
        }
    }
}

public sealed class SqliteRepeatTests : RepeatContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresRepeatTests : RepeatContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
