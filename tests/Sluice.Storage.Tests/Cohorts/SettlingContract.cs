using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Cohorts;

/// <summary>What follows from the sessions after their pages were answered: history, counts, and marks for the destinations.</summary>
public abstract class SettlingContract : StoreContract
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task With_nothing_to_do_it_says_so()
    {
        Assert.False(await Store.Settling.SettleAsync(Project, Token));
        await Full("s1").SendAsync(1, of: 1, "ana");
        Assert.True(await Store.Settling.SettleAsync(Project, Token));
        Assert.False(await Store.Settling.SettleAsync(Project, Token));
        Assert.False(await Store.Settling.SettleAsync(Project + "x", Token));
    }

    [Fact]
    public async Task The_groups_size_follows()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo", "cy");
        Assert.Equal(0, (await GroupAsync()).Members);
        await SettleAsync();
        Assert.Equal(3, (await GroupAsync()).Members);

        await Added("s2").SendAsync(1, of: 1, "dee", "ana");
        await Removed("s2").SendAsync(1, of: 1, "bo", "zoe");
        await SettleAsync();
        Assert.Equal(3, (await GroupAsync()).Members);
        await Full("s3").SendAsync(1, of: 1, "eve");
        await SettleAsync();
        Assert.Equal(1, (await GroupAsync()).Members);
    }

    [Fact]
    public async Task Entering_and_leaving_are_dated_by_the_session_that_said_so()
    {
        var times = new List<DateTimeOffset>();
        await AtAsync(() => Full("s1").SendAsync(1, of: 1, "ana"), times);
        await AtAsync(() => Removed("s2").SendAsync(1, of: 1, "ana"), times);
        await SettleAsync();
        await AtAsync(() => Added("s3").SendAsync(1, of: 1, "ana"), times);
        await SettleAsync();
        await AtAsync(() => Full("s4").SendAsync(1, of: 1, "bo"), times);
        await SettleAsync();

        var history = await Store.Groups.HistoryAsync(Project, Key("ana"), Token);
        if (Home.OwnClock)
        {
            // The first stay was over before anybody settled it: nobody acted on it, and it leaves no trace.
            Assert.Equal([new MembershipSpan("7", times[2], times[3])], history);
        }

        var stay = Assert.Single(history);
        Assert.True(stay.EnteredAt <= stay.LeftAt);
    }

    [Fact]
    public async Task Every_stay_that_was_settled_is_kept_newest_first()
    {
        for (var round = 0; round < 3; round++)
        {
            await Added($"a{round}").SendAsync(1, of: 1, "ana");
            await SettleAsync();
            Home.Advance(Hour);
            await Removed($"r{round}").SendAsync(1, of: 1, "ana");
            await SettleAsync();
            Home.Advance(Hour);
        }

        await Full("s1", "8").SendAsync(1, of: 1, "ana");
        await SettleAsync();

        var history = await Store.Groups.HistoryAsync(Project, Key("ana"), Token);
        Assert.Equal(["8", "7", "7", "7"], history.Select(s => s.Cohort));
        Assert.Equal([true, false, false, false], history.Select(s => s.LeftAt is null));
        Assert.Equal(history.Select(s => s.EnteredAt).OrderDescending(), history.Select(s => s.EnteredAt));
        if (Home.OwnClock)
        {
            Assert.All(history.Skip(1), s => Assert.Equal(Hour, s.LeftAt - s.EnteredAt));
        }
    }

    [Fact]
    public async Task Who_stays_through_a_replacement_keeps_the_stay_they_have()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        await SettleAsync();
        var since = Assert.Single(await Store.Groups.HistoryAsync(Project, Key("ana"), Token)).EnteredAt;
        Home.Advance(Hour);
        await Full("s2").SendAsync(1, of: 1, "ana", "cy");
        await SettleAsync();

        Assert.Equal([new MembershipSpan("7", since, null)], await Store.Groups.HistoryAsync(Project, Key("ana"), Token));
        Assert.NotNull(Assert.Single(await Store.Groups.HistoryAsync(Project, Key("bo"), Token)).LeftAt);
        Assert.Null(Assert.Single(await Store.Groups.HistoryAsync(Project, Key("cy"), Token)).LeftAt);
    }

    [Fact]
    public async Task A_stay_goes_on_when_the_word_that_ended_it_is_taken_back()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        await SettleAsync();
        var before = await Store.Groups.HistoryAsync(Project, Key("ana"), Token);
        Home.Advance(Hour);
        await Added("s2").SendAsync(1, of: 1, "ana");
        Home.Advance(Hour);
        await Removed("s3").SendAsync(1, of: 2, "ana");
        await SettleAsync();
        Home.Advance(Hour);

        await Removed("s3").SendAsync(1, of: 2, "bo");
        await SettleAsync();
        Assert.Equal(before, await Store.Groups.HistoryAsync(Project, Key("ana"), Token));
    }

    [Fact]
    public async Task People_named_by_differences_are_marked_for_every_destination()
    {
        var brevo = await RegisterAsync("brevo", groupAttributes: false);
        var other = await RegisterAsync("other", groupAttributes: false);
        await Added("s1").SendAsync(1, of: 1, "ana", "bo");
        await Removed("s1").SendAsync(1, of: 1, "cy");
        Assert.Empty(await Store.Ledger.PendingAsync(brevo, 10, Token));
        await SettleAsync();

        foreach (var scope in new[] { brevo, other })
        {
            Assert.Equal(
                new[] { "ana", "bo", "cy" }.Select(Key).Order(),
                (await Store.Ledger.PendingAsync(scope, 10, Token)).Select(p => p.Key).Order());
        }
    }

    [Fact]
    public async Task A_replacement_marks_nobody_where_lists_are_walked()
    {
        var scope = await RegisterAsync("brevo", groupAttributes: false);
        await Full("s1").SendAsync(1, of: 1, "ana", "bo");
        await SettleAsync();

        Assert.Empty(await Store.Ledger.PendingAsync(scope, 10, Token));
    }

    [Fact]
    public async Task A_replacement_marks_who_entered_and_who_left_where_contacts_carry_their_groups()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo", "cy");
        await SettleAsync();
        var scope = await RegisterAsync("brevo", groupAttributes: true);
        var plain = await RegisterAsync("other", groupAttributes: false);
        await Full("s2").SendAsync(1, of: 1, "bo", "dee");
        await SettleAsync();

        Assert.Equal(
            new[] { "ana", "cy", "dee" }.Select(Key).Order(), (await Store.Ledger.PendingAsync(scope, 10, Token)).Select(p => p.Key).Order());
        Assert.Empty(await Store.Ledger.PendingAsync(plain, 10, Token));
    }

    [Fact]
    public async Task Thirty_thousand_members_are_followed_in_slices_across_restarts()
    {
        var scope = await RegisterAsync("brevo", groupAttributes: true);
        var ids = Enumerable.Range(0, 30_000).Select(i => $"u-{i}").ToArray();
        await SendAllAsync("s1", ids);
        Assert.Equal(30_000, (await Store.Groups.KeysAsync(Project, "7", KeyRange.All, Token)).Count);

        var seen = new List<long>();
        while (await Store.Settling.SettleAsync(Project, Token))
        {
            seen.Add((await GroupAsync()).Members);
            if (seen.Count % 3 == 0)
            {
                await ReopenAsync();
            }
        }

        Assert.InRange(seen.Count, 4, 64);
        Assert.Equal(30_000, seen[^1]);
        Assert.All(seen.Zip(seen.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 1, 10_000));
        Assert.Equal(30_000, await OpenStaysAsync());
        Assert.Equal(30_000, await Home.CountAsync("SELECT count(*) FROM pending WHERE project = @project AND destination = 'brevo'", Token));
        Assert.Equal(0, await Home.CountAsync("SELECT count(*) FROM cohort_page WHERE project = @project AND keys IS NOT NULL", Token));
        _ = scope;
    }

    [Fact]
    public async Task A_new_replacement_during_a_walk_starts_the_walk_again()
    {
        var ids = Enumerable.Range(0, 12_000).Select(i => $"u-{i}").ToArray();
        await SendAllAsync("s1", ids[..10_000]);
        await Store.Settling.SettleAsync(Project, Token);
        await Store.Settling.SettleAsync(Project, Token);
        Assert.NotEqual(10_000, (await GroupAsync()).Members);
        await SendAllAsync("s2", ids[2_000..]);
        await Added("s3").SendAsync(1, of: 1, ids[0]);
        await Removed("s3").SendAsync(1, of: 1, ids[^1]);
        await SettleAsync();

        string[] expected = [ids[0], .. ids[2_000..^1]];
        await AssertMembersAsync(expected);
        Assert.Equal(expected.Length, (await GroupAsync()).Members);
        Assert.Equal(expected.Length, await OpenStaysAsync());
        Assert.Equal(expected.Length + 1, await Home.CountAsync("SELECT count(*) FROM membership WHERE project = @project", Token));
    }

    [Fact]
    public async Task A_difference_in_the_middle_of_a_walk_is_counted_once()
    {
        var ids = Enumerable.Range(0, 10_000).Select(i => $"u-{i}").ToArray();
        await SendAllAsync("s1", ids);
        await Store.Settling.SettleAsync(Project, Token);
        await Added("s2").SendAsync(1, of: 1, [.. ids[..50], "x-1", "x-2"]);
        await Removed("s2").SendAsync(1, of: 1, ids[40..140]);
        await SettleAsync();

        Assert.Equal(10_000 + 2 - 100, (await GroupAsync()).Members);
        Assert.Equal(10_000 + 2 - 100, await OpenStaysAsync());
    }

    private async Task<DeliveryScope> RegisterAsync(string destination, bool groupAttributes)
    {
        var scope = new DeliveryScope(Project, destination, [], groupAttributes);
        await Store.Ledger.RegisterAsync(scope, Token);
        return scope;
    }

    private async Task SendAllAsync(string session, string[] ids)
    {
        var pages = ids.Chunk(1_000).ToArray();
        for (var page = 1; page <= pages.Length; page++)
        {
            await Full(session).SendAsync(page, pages.Length, pages[page - 1]);
        }
    }

    private Task<long> OpenStaysAsync() =>
        Home.CountAsync("SELECT count(*) FROM membership_span WHERE project = @project AND left_at IS NULL", Token);

    private async Task AtAsync(Func<Task> send, List<DateTimeOffset> times)
    {
        await send();
        times.Add((await GroupAsync()).LastPageAt);
        Home.Advance(Hour);
    }
}

public sealed class SqliteSettlingTests : SettlingContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresSettlingTests : SettlingContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
