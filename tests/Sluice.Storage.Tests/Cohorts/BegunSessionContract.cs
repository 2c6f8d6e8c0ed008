using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Identity;
using Sluice.Core.People;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Cohorts;

/// <summary>A session that is begun before there is a page of it: its place in the order is that of its beginning, and nothing else is seen of it.</summary>
public abstract class BegunSessionContract : StoreContract
{
    private const string Sessions = "SELECT count(*) FROM cohort_session WHERE project = @project";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_enters_and_leaves_after_the_beginning_counts_beside_the_answer(bool known)
    {
        if (known)
        {
            await Full("before").SendAsync(1, of: 1, "ana", "bo");
            await SettleAsync();
        }

        var number = await BeginAsync("s1");
        Assert.Equal(CohortPageEffect.Applied, (await Removed("s2").SendAsync(1, of: 1, "bo")).Effect);
        await Added("s3").SendAsync(1, of: 1, "cy");
        await SettleAsync();

        var outcome = await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        Assert.Equal((CohortPageEffect.Applied, number, true), (outcome.Effect, outcome.Number, outcome.Swapped));
        await AssertMembersAsync(["ana", "cy"]);
        await SettleAsync();
        await AssertMembersAsync(["ana", "cy"]);
        Assert.Equal(2, (await GroupAsync()).Members);
    }

    [Fact]
    public async Task Who_left_before_the_beginning_is_in_when_the_answer_has_them()
    {
        await Full("before").SendAsync(1, of: 1, "ana", "bo");
        await Removed("s2").SendAsync(1, of: 1, "bo");
        await BeginAsync("s1");

        await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        await SettleAsync();
        await AssertMembersAsync(["ana", "bo"]);
    }

    [Fact]
    public async Task A_full_session_that_was_begun_later_overtakes_it_whichever_has_the_first_page()
    {
        await BeginAsync("s1");
        await BeginAsync("s2");
        Assert.True((await Full("s2").SendAsync(1, of: 1, "ana")).Swapped);
        Assert.Equal((CohortPageEffect.Overtaken, false), Shown(await Full("s1").SendAsync(1, of: 1, "bo")));

        await BeginAsync("s3");
        Assert.True((await Full("sent").SendAsync(1, of: 1, "cy")).Swapped);
        Assert.Equal((CohortPageEffect.Overtaken, false), Shown(await Full("s3").SendAsync(1, of: 2, "bo")));
        await SettleAsync();
        await AssertMembersAsync(["cy"]);
        Assert.Null((await GroupAsync()).Syncing);

        static (CohortPageEffect, bool) Shown(CohortPageOutcome outcome) => (outcome.Effect, outcome.Swapped);
    }

    [Fact]
    public async Task Properties_that_came_after_the_beginning_stay()
    {
        await Full("before").SendProfilesAsync(1, of: 1, ("ana", """{"plan":"pro"}"""), ("bo", """{"plan":"free"}"""));
        await BeginAsync("s1");
        await Full("sent", "8").SendProfilesAsync(1, of: 1, ("ana", """{"plan":"pro"}"""), ("bo", """{"plan":"pro"}"""));

        await Full("s1").SendProfilesAsync(1, of: 1, ("ana", """{"plan":"free"}"""), ("bo", """{"plan":"free","city":"Bonn"}"""));
        Assert.Equal("""{"plan":"pro"}""", await PropsAsync("ana"));
        Assert.Equal("""{"plan":"pro","city":"Bonn"}""", await PropsAsync("bo"));
    }

    [Fact]
    public async Task Nothing_is_seen_of_it_before_its_first_page()
    {
        await BeginAsync("s1");
        Assert.Empty(await Store.Groups.ListAsync(Project, Token));

        await Full("sent").SendAsync(1, of: 1, "ana");
        var first = await BeginAsync("s2");
        await SettleAsync();
        Assert.Null((await GroupAsync()).Syncing);
        await new Sync(p => Store.Intake.ApplyAsync(p, Token), Project, "7", "sent", CohortAction.Members) { Name = "Renamed" }.SendAsync(1, of: 1, "ana", "bo");
        Assert.Equal("Renamed", (await GroupAsync()).Name);
        await AssertMembersAsync(["ana", "bo"]);

        await Full("s2").SendAsync(2, of: 3, "cy");
        Assert.Equal(new SyncProgress(first, 1, 3, (await GroupAsync()).Syncing!.StartedAt), (await GroupAsync()).Syncing);
    }

    [Fact]
    public async Task Begun_again_it_keeps_its_number_also_after_a_restart_and_with_pages()
    {
        var number = await BeginAsync("s1");
        Assert.Equal(number, await BeginAsync("s1"));
        await Full("s1").SendAsync(1, of: 2, "ana");
        await ReopenAsync();
        Assert.Equal(number, await BeginAsync("s1"));
        await Full("s1").SendAsync(2, of: 2, "bo");
        Assert.Equal((number, number), (await BeginAsync("s1"), (await GroupAsync()).Base));
        await AssertMembersAsync(["ana", "bo"]);
        Assert.True(await BeginAsync("s1", "8") > number);
    }

    [Fact]
    public async Task It_can_be_taken_back_while_it_has_no_page()
    {
        await BeginAsync("s1");
        await Store.Intake.AbandonAsync(Project, "7", "s1", Token);
        Assert.Equal(CohortPageEffect.UnknownCohort, (await Removed("s2").SendAsync(1, of: 1, "ana")).Effect);
        Assert.Equal(0, await Home.CountAsync(Sessions, Token));

        await BeginAsync("s3");
        await Full("s3").SendAsync(1, of: 2, "ana");
        await Store.Intake.AbandonAsync(Project, "7", "s3", Token);
        Assert.True((await Full("s3").SendAsync(2, of: 2, "bo")).Swapped);
        await AssertMembersAsync(["ana", "bo"]);
    }

    [Fact]
    public async Task One_that_never_gets_a_page_goes_in_time_whether_its_cohort_is_known_or_not()
    {
        await Full("sent").SendAsync(1, of: 1, "ana", "bo");
        await SettleAsync();
        await BeginAsync("s1");
        await BeginAsync("s1", "8");
        await Removed("s2").SendAsync(1, of: 1, "bo");
        await SettleAsync();
        await Store.Settling.ClearAsync(Project, Token);
        Assert.Equal(4, await Home.CountAsync(Sessions, Token));

        await Home.ExecuteAsync($"UPDATE cohort_session SET last_page_at = last_page_at - {TimeSpan.FromDays(31).TotalMilliseconds} WHERE project = @project", Token);
        await Store.Settling.ClearAsync(Project, Token);
        Assert.Equal(1, await Home.CountAsync(Sessions, Token));
        await AssertMembersAsync(["ana"]);
    }

    [Fact]
    public async Task Whoever_has_lost_the_lease_begins_nothing()
    {
        var first = (await Store.Leases.TryTakeAsync("pull", "a", TimeSpan.FromMinutes(1), Token))!;
        await Store.Intake.BeginAsync(Project, "7", "s1", first, Token);
        await Store.Leases.ReleaseAsync(first, Token);
        Assert.NotNull(await Store.Leases.TryTakeAsync("pull", "b", TimeSpan.FromMinutes(1), Token));

        await Assert.ThrowsAsync<LeaseLostException>(() => Store.Intake.BeginAsync(Project, "7", "s2", first, Token));
        Assert.Equal(1, await Home.CountAsync(Sessions, Token));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_an_update_says_after_the_beginning_stays_and_the_rest_is_filled_in(int page)
    {
        await Full("before").SendProfilesAsync(1, of: 1, ("ana", """{"mail":"old","city":"Bonn"}"""), ("bo", """{"mail":"old"}"""));
        await BeginAsync("s1");
        await Home.ExecuteAsync("UPDATE cohort_session SET opened_at = opened_at - 2000 WHERE project = @project", Token);
        await Home.ExecuteAsync("UPDATE profile SET updated_at = updated_at - 3000 WHERE project = @project", Token);
        Assert.Empty(await Store.Profiles.ApplyAsync(
            new ProfileUpdates(Project, IdentityMode.Simplified, [
                new ProfileUpdate(0, "ana", null, false, [new(ProfileOperationKind.Set, "mail", "\"new\""u8.ToArray()), new(ProfileOperationKind.Unset, "city", default)]),
                new ProfileUpdate(1, "cy", null, false, [new(ProfileOperationKind.Set, "mail", "\"new\""u8.ToArray())])]),
            Token));

        await Full("s1").SendAsync(3 - page, of: 2);
        await Full("s1").SendAsync(Full("s1").ProfilesPage(
            page, 2, ("ana", """{"mail":"old","city":"Bonn","plan":"pro"}"""), ("bo", """{"mail":"newer"}"""), ("cy", """{"mail":"old","plan":"pro"}""")) with { IsFetched = true });
        Assert.Equal(
            ["""{"mail":"new","plan":"pro","city":null}""", """{"mail":"newer"}""", """{"mail":"new","plan":"pro"}"""], [await PropsAsync("ana"), await PropsAsync("bo"), await PropsAsync("cy")]);
        await AssertMembersAsync(["ana", "bo", "cy"]);
    }

    private Task<long> BeginAsync(string session, string cohort = "7") => Store.Intake.BeginAsync(Project, cohort, session, null, Token);

    private async Task<string> PropsAsync(string id) =>
        Assert.Single(await Store.Ledger.LoadAsync(new DeliveryScope(Project, "none", [], GroupAttributes: false), [Key(id)], Token)).Properties;
}

public sealed class SqliteBegunSessionTests : BegunSessionContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresBegunSessionTests : BegunSessionContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
