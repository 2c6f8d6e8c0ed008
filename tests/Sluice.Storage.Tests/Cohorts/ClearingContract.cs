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

    [Fact]
    public async Task Who_left_is_forgotten_when_no_older_session_can_name_them_any_more()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo", "cy");
        await Removed("s2").SendAsync(1, of: 1, "ana", "bo");
        await Added("s3").SendAsync(1, of: 1, "bo");
        await SettleAsync();
        await AgeAsync();
        await Removed("s4").SendAsync(1, of: 1, "cy");
        await SettleAsync();
        Assert.Equal(2, await Home.CountAsync($"{Claims} AND kind = 0", Token));
        await ClearAsync();

        // Ana's absence goes, Bo is in by a newer word; Cy's is of a session that is remembered, and nothing below it is.
        Assert.Equal(0, await Home.CountAsync($"{Claims} AND person = {Literal("ana")}", Token));
        await AssertMembersAsync(["bo"]);
        Assert.Equal(CohortPageEffect.Repeated, (await Removed("s4").SendAsync(1, of: 1, "cy")).Effect);
        Assert.Equal(CohortPageEffect.Repeated, (await Full("s1").SendAsync(1, of: 1, "ana", "bo", "cy")).Effect);

        // What comes late for the session that is the membership cannot bring back who has left since.
        var late = await Full("s1").SendAsync(1, of: 1, "ana", "bo", "cy", "dee");
        Assert.Equal((CohortPageEffect.Overtaken, 1), (late.Effect, late.Number));
        Assert.NotNull(late.Warning);
        await AssertMembersAsync(["bo"]);
        await SettleAsync();
        await AssertMembersAsync(["bo"]);
        Assert.Equal(1, (await GroupAsync()).Members);
    }

    [Fact]
    public async Task Who_left_is_remembered_while_an_older_session_is_open_or_young()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        await AgeAsync();
        await Added("s2").SendAsync(1, of: 2, "bo");
        await Removed("s3").SendAsync(1, of: 1, "ana", "cy");
        await SettleAsync();
        await Home.ExecuteAsync($"UPDATE cohort_session SET last_page_at = 0 WHERE project = @project AND number = 3", Token);
        await ClearAsync();
        Assert.Equal(2, await Home.CountAsync($"{Claims} AND kind = 0", Token));
        await Added("s2").SendAsync(2, of: 2, "ana", "cy");
        await SettleAsync();
        await AssertMembersAsync(["bo"]);
    }

    [Fact]
    public async Task Stays_that_ended_more_than_a_year_ago_are_forgotten_slice_by_slice()
    {
        const long Years = 401L * 24 * 3_600_000;
        var ids = Enumerable.Range(0, 12_000).Select(i => $"u-{i}").ToArray();
        await Full("s1").SendAsync(1, of: 1, [.. ids, "ana"]);
        await SettleAsync();
        await Removed("s2").SendAsync(1, of: 1, [.. ids]);
        await SettleAsync();
        await Home.ExecuteAsync($"UPDATE membership_span SET entered_at = entered_at - {Years}, left_at = left_at - {Years} WHERE project = @project", Token);
        Home.Advance(TimeSpan.FromMinutes(1));
        await Removed("s3").SendAsync(1, of: 1, "ana");
        await SettleAsync();
        Home.Advance(TimeSpan.FromMinutes(1));
        await Added("s4").SendAsync(1, of: 1, "ana", "bo");
        await SettleAsync();
        await ClearAsync();

        Assert.Equal(3, await Home.CountAsync("SELECT count(*) FROM membership_span WHERE project = @project", Token));
        Assert.Equal(2, (await Store.Groups.HistoryAsync(Project, Key("ana"), Token)).Count);
        await AssertMembersAsync(["ana", "bo"]);
    }

    [Fact]
    public async Task Runs_and_jobs_that_ended_long_ago_go_and_those_under_way_stay()
    {
        var scope = new DeliveryScope(Project, "brevo", [], GroupAttributes: false);
        await Store.Ledger.RegisterAsync(scope, Token);
        var lease = (await Store.Leases.TryTakeAsync("worker-" + Project, "node", TimeSpan.FromHours(1), Token))!;
        var now = DateTimeOffset.FromUnixTimeMilliseconds(await Home.CountAsync("SELECT created_at FROM project WHERE project = @project", Token));
        var old = now - TimeSpan.FromDays(31);
        (string Id, DateTimeOffset Started, DateTimeOffset? Ended)[] records =
            [("done", old, old), ("late", old, now), ("lost", old, null), ("young", now, null), ("fresh", now, now)];
        foreach (var (id, started, ended) in records)
        {
            await Store.Ledger.CommitAsync(
                scope, lease,
                new LedgerChanges
                {
                    Run = new Run(id, 15, "walk", ended is null ? "running" : "done", started, ended, new Dictionary<string, long>(), null),
                    Job = new Job(id, 15, id, ended is null ? Job.Running : Job.Done, null, "t", 1, null, started, null, ended),
                },
                Token);
        }

        await ClearAsync();
        Assert.Equal(["fresh", "late", "young"], (await Store.Runs.ListAsync(Project, 10, Token)).Select(r => r.Id).Order());
        Assert.Equal(["lost", "young"], (await Store.Ledger.ActiveJobsAsync(scope, Token)).Select(j => j.Id).Order());
        Assert.Equal(4, await Home.CountAsync("SELECT count(*) FROM job WHERE project = @project", Token));
    }

    private string Literal(string id) => Home is SqliteHome ? $"x'{Key(id)}'" : $"'\\x{Key(id)}'";

    private Task ClearAsync() => Store.Settling.ClearAsync(Project, Token);

    /// <summary>Makes everything 32 days older.</summary>
    private async Task AgeAsync()
    {
        const long Age = 32L * 24 * 3_600_000;
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
