using Sluice.Core.Cohorts;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Cohorts;

/// <summary>Members that cannot be taken: the page is a success, they wait for a person.</summary>
public abstract class RejectedContract : StoreContract
{
    private static readonly RejectedMember NoId = new(3, "no_distinct_id", "The member has no id.", """{"email":"x@example.org"}""");

    [Fact]
    public async Task Good_members_land_and_bad_ones_become_dead_letters()
    {
        var odd = new RejectedMember(4, "bad_text", "Half a character.", """{"mixpanel_distinct_id":"\ud800","a":"\u0000"}""");
        await SendAsync(Full("s1"), 1, 1, [NoId, odd], "ana");

        await AssertMembersAsync(["ana"]);
        var letters = await Store.DeadLetters.ListAsync(Project, "open", 10, Token);
        Assert.Equal(
            [("bad_text", odd.Detail, odd.Payload), ("no_distinct_id", NoId.Detail, NoId.Payload)],
            letters.Select(l => (l.Reason, l.Detail, l.Payload)).OrderBy(l => l.Reason, StringComparer.Ordinal));
        Assert.All(letters, l => Assert.Equal(("cohort", "7", null, "open"), (l.Origin, l.Subject, l.Person, l.State)));
    }

    [Fact]
    public async Task The_same_bad_member_stays_one_letter_however_often_it_comes()
    {
        for (var session = 1; session < 4; session++)
        {
            await SendAsync(Added($"s{session}"), 1, 2, [NoId], "ana");
            await SendAsync(Added($"s{session}"), 1, 2, [NoId], "ana");
        }

        Assert.Single(await Store.DeadLetters.ListAsync(Project, null, 10, Token));
    }

    [Fact]
    public async Task Two_equal_bad_members_on_one_page_are_one_letter()
    {
        await SendAsync(Full("s1"), 1, 1, [NoId, NoId with { Index = 9 }], "ana");

        await AssertMembersAsync(["ana"]);
        Assert.Single(await Store.DeadLetters.ListAsync(Project, null, 10, Token));
    }

    [Fact]
    public async Task Bad_members_of_a_removal_from_an_unknown_cohort_are_kept_too()
    {
        await SendAsync(Removed("s1"), 1, 1, [NoId]);

        Assert.Single(await Store.DeadLetters.ListAsync(Project, null, 10, Token));
    }

    private static Task<CohortPageOutcome> SendAsync(Sync sync, int page, int of, RejectedMember[] rejected, params string[] ids) =>
        sync.SendAsync(sync.Page(page, of, ids) with { Rejected = rejected });
}

public sealed class SqliteRejectedTests : RejectedContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresRejectedTests : RejectedContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
