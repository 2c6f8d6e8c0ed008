using Sluice.Core.Delivery;
using Sluice.Core.Events;
using Sluice.Core.Management;
using Sluice.Core.Projects;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Management;

public abstract class ManagementContract : StoreContract
{
    [Fact]
    public async Task Two_keys_are_live_at_most_and_the_last_one_stays()
    {
        var first = Assert.Single(await Store.ProjectKeys.ListAsync(Project, Token));
        Assert.False(first.IsOwn);
        var second = await Store.ProjectKeys.AddAsync(Project, [9, 9], Token);
        Assert.NotNull(second);
        Assert.Null(await Store.ProjectKeys.AddAsync(Project, [8, 8], Token));
        Assert.Equal([first.Id, second.Id], (await Store.ProjectKeys.ListAsync(Project, Token)).Select(k => k.Id).OrderBy(i => i == second.Id));

        Assert.Equal(KeyRevocation.Unknown, await Store.ProjectKeys.RevokeAsync(Project, "key_no", Token));
        Assert.Equal(KeyRevocation.Revoked, await Store.ProjectKeys.RevokeAsync(Project, first.Id, Token));
        Assert.Equal([9, 9], (await Store.Projects.FindAsync(Project, Token))!.SecretHash);
        Assert.Equal(KeyRevocation.Last, await Store.ProjectKeys.RevokeAsync(Project, second.Id, Token));
        await ReopenAsync();
        Assert.Contains(await Store.ProjectKeys.ListAsync(Project, Token), k => k.Id == second.Id && k.IsOwn);
    }

    [Fact]
    public async Task Of_many_keys_added_at_one_time_one_more_is_live()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Store.ProjectKeys.AddAsync(Project, [(byte)i, 50], Token)));
        Assert.Single(added, k => k is not null);
        Assert.Equal(2, (await Store.ProjectKeys.ListAsync(Project, Token)).Count);
    }

    [Fact]
    public async Task The_files_key_takes_the_place_of_its_last_one_and_not_of_those_made_by_hand()
    {
        await Store.ProjectKeys.AddAsync(Project, [9, 9], Token);
        await Store.Projects.PutAsync(new StoredProject(Project, "access", [7, 7]), Token);
        Assert.Equal([[7, 7], [9, 9]], (await Store.ProjectKeys.ListAsync(Project, Token)).Select(k => k.SecretHash).OrderBy(h => h[0]));
        await Store.Projects.PutAsync(new StoredProject(Project, "access", [7, 7]), Token);
        Assert.Equal(2, (await Store.ProjectKeys.ListAsync(Project, Token)).Count);
    }

    [Fact]
    public async Task Connectors_are_kept_and_every_change_is_noticed()
    {
        var revision = await RevisionAsync();
        await Store.Connectors.ConnectAsync(Project, "mixpanel", [1, 2, 3], null, Token);
        await Store.Connectors.PauseAsync(Project, "mixpanel", true, Token);
        await Store.Connectors.PauseAsync(Project, "brevo", true, Token);
        await Store.Connectors.ConnectAsync(Project, "mixpanel", [4], null, Token);
        Assert.True(await RevisionAsync() >= revision + 4);

        await ReopenAsync();
        var kept = await Store.Connectors.ListAsync(Project, Token);
        Assert.Equal(["brevo", "mixpanel"], kept.Select(c => c.Name));
        Assert.Null(kept[0].Sealed);
        Assert.Equal([4], kept[1].Sealed);
        Assert.All(kept, c => Assert.True(c.Paused));
        Assert.Empty(await Store.Connectors.ListAsync(Project + "x", Token));

        Assert.True(await Store.Connectors.DisconnectAsync(Project, "mixpanel", keepsPause: true, Token));
        Assert.False(await Store.Connectors.DisconnectAsync(Project, "mixpanel", keepsPause: false, Token));
        Assert.False(await Store.Connectors.DisconnectAsync(Project, "brevo", keepsPause: false, Token));
        kept = await Store.Connectors.ListAsync(Project, Token);
        Assert.All(kept, c => Assert.Null(c.Sealed));
        Assert.All(kept, c => Assert.True(c.Paused));

        await Store.Connectors.ConnectAsync(Project, "mixpanel", [5], null, Token);
        Assert.True(await Store.Connectors.DisconnectAsync(Project, "mixpanel", keepsPause: false, Token));
        Assert.False((await Store.Connectors.ListAsync(Project, Token)).Single(c => c.Name == "mixpanel").Paused);
    }

    [Fact]
    public async Task A_connector_stays_with_the_account_that_it_had_first()
    {
        await Store.Connectors.PauseAsync(Project, "brevo", false, Token);
        var connected = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Store.Connectors.ConnectAsync(Project, "brevo", [(byte)i], $"account {i}", Token)));
        var first = Array.IndexOf(connected, true);
        Assert.Single(connected, c => c);
        Assert.Equal([(byte)first], Assert.Single(await Store.Connectors.ListAsync(Project, Token)).Sealed!);

        Assert.True(await Store.Connectors.ConnectAsync(Project, "brevo", [50], $"account {first}", Token));
        await Store.Connectors.DisconnectAsync(Project, "brevo", keepsPause: false, Token);
        await ReopenAsync();
        Assert.False(await Store.Connectors.ConnectAsync(Project, "brevo", [60], "another", Token));
        Assert.False(await Store.Connectors.ConnectAsync(Project, "brevo", [60], null, Token));
        Assert.Null(Assert.Single(await Store.Connectors.ListAsync(Project, Token)).Sealed);
        Assert.True(await Store.Connectors.ConnectAsync(Project, "brevo", [70], $"account {first}", Token));
        Assert.True(await Store.Connectors.ConnectAsync(Project + "x", "brevo", [80], "another", Token));
    }

    [Fact]
    public async Task The_account_of_a_key_of_the_file_is_remembered_as_the_first_one_is()
    {
        Assert.DoesNotContain(Project, (await Store.Connectors.AccountsAsync("brevo", Token)).Keys);
        var revision = await RevisionAsync();
        var told = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Store.Connectors.RememberAccountAsync(Project, "brevo", $"account {i}", Token)));
        var first = Assert.Single(told.Distinct(StringComparer.Ordinal));
        Assert.Equal((first, revision), ((await Store.Connectors.AccountsAsync("brevo", Token))[Project], await RevisionAsync()));
        var row = Assert.Single(await Store.Connectors.ListAsync(Project, Token));
        Assert.Equal((null, false, null), (row.Sealed, row.Paused, row.UpdatedAt));
        Assert.DoesNotContain(Project, (await Store.Connectors.AccountsAsync("mixpanel", Token)).Keys);

        await Store.Connectors.PauseAsync(Project, "brevo", true, Token);
        Assert.Equal(first, await Store.Connectors.RememberAccountAsync(Project, "brevo", "another", Token));
        Assert.False(await Store.Connectors.ConnectAsync(Project, "brevo", [1], "another", Token));
        Assert.True(await Store.Connectors.ConnectAsync(Project, "brevo", [1], first, Token));
        row = Assert.Single(await Store.Connectors.ListAsync(Project, Token));
        Assert.True(row.Paused && row.UpdatedAt is not null);
    }

    [Fact]
    public async Task A_repeated_call_is_told_how_the_first_one_stands()
    {
        var first = await Store.Repeats.BeginAsync(Project, "k", [1], Token);
        Assert.Equal(RepeatState.New, first.State);
        Assert.Equal(RepeatState.Running, (await Store.Repeats.BeginAsync(Project, "k", [1], Token)).State);
        Assert.Equal(RepeatState.OtherRequest, (await Store.Repeats.BeginAsync(Project, "k", [2], Token)).State);
        await Store.Repeats.FinishAsync(Project, "k", first.Stamp, 200, "{}", Token);
        await ReopenAsync();
        Assert.Equal(new Repeat(RepeatState.Finished, 200, "{}"), await Store.Repeats.BeginAsync(Project, "k", [1], Token));
        Assert.Equal(RepeatState.OtherRequest, (await Store.Repeats.BeginAsync(Project, "k", [2], Token)).State);
        var other = await Store.Repeats.BeginAsync(Project + "x", "k", [2], Token);
        Assert.Equal(RepeatState.New, other.State);
        await Store.Repeats.ForgetAsync(Project + "x", "k", other.Stamp, Token);
        Assert.Equal(RepeatState.New, (await Store.Repeats.BeginAsync(Project + "x", "k", [3], Token)).State);
        await Store.Repeats.ForgetAsync(Project, "k", first.Stamp, Token);
        Assert.Equal(RepeatState.Finished, (await Store.Repeats.BeginAsync(Project, "k", [1], Token)).State);
    }

    [Fact]
    public async Task Of_many_calls_at_one_time_one_does_the_work()
    {
        var states = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Store.Repeats.BeginAsync(Project, "k", [1], Token)));
        Assert.Single(states, s => s.State == RepeatState.New);
        Assert.Equal(11, states.Count(s => s.State == RepeatState.Running));
    }

    [Fact]
    public async Task A_dead_call_begins_again_and_a_day_later_its_key_is_free()
    {
        await Store.Repeats.BeginAsync(Project, "k", [1], Token);
        await AgeAsync(IRepeats.Patience + TimeSpan.FromMinutes(1));
        var second = await Store.Repeats.BeginAsync(Project, "k", [1], Token);
        Assert.Equal(RepeatState.New, second.State);
        await Store.Repeats.FinishAsync(Project, "k", second.Stamp, 200, "{}", Token);
        await AgeAsync(IRepeats.Memory - TimeSpan.FromMinutes(1));
        Assert.Equal(RepeatState.Finished, (await Store.Repeats.BeginAsync(Project, "k", [1], Token)).State);
        await AgeAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(RepeatState.New, (await Store.Repeats.BeginAsync(Project, "k", [2], Token)).State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_was_taken_for_dead_and_ends_after_all_leaves_the_key_to_who_began_again(bool finishes)
    {
        var late = await Store.Repeats.BeginAsync(Project, "k", [1], Token);
        await AgeAsync(IRepeats.Patience + TimeSpan.FromMinutes(1));

        // The row was made older and the clock has not moved: no two calls begin under one key at the same time.
        if (Home.OwnClock)
        {
            Home.Advance(TimeSpan.FromSeconds(1));
        }
        else
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        }

        var again = await Store.Repeats.BeginAsync(Project, "k", [1], Token);
        Assert.Equal((RepeatState.New, RepeatState.New), (late.State, again.State));
        await (finishes ? Store.Repeats.FinishAsync(Project, "k", late.Stamp, 200, "late", Token) : Store.Repeats.ForgetAsync(Project, "k", late.Stamp, Token));
        Assert.Equal(RepeatState.Running, (await Store.Repeats.BeginAsync(Project, "k", [1], Token)).State);
        Assert.Equal(RepeatState.OtherRequest, (await Store.Repeats.BeginAsync(Project, "k", [2], Token)).State);

        await Store.Repeats.FinishAsync(Project, "k", again.Stamp, 200, "{}", Token);
        Assert.Equal(new Repeat(RepeatState.Finished, 200, "{}"), await Store.Repeats.BeginAsync(Project, "k", [1], Token));
    }

    [Fact]
    public async Task Dead_letters_come_in_pages_and_dropped_ones_are_resolved()
    {
        await Store.RefusedRecords.KeepAsync(Project, "import", [.. Enumerable.Range(0, 7).Select(i => new RefusedRecord("malformed", "no JSON", null, $"{i}"))], Token);
        var seen = new List<DeadLetter>();
        RecordPosition? after = null;
        for (var page = 0; page < 4; page++)
        {
            var letters = await Store.RecordPages.DeadLettersAsync(Project, "open", after, 2, Token);
            seen.AddRange(letters);
            after = letters.Count == 0 ? after : new RecordPosition(letters[^1].CreatedAt, letters[^1].Id);
        }

        Assert.Equal(7, seen.Select(l => l.Id).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(1, await Store.DeadLetters.DropAsync(Project, [seen[3].Id, "no such letter"], Token));
        Assert.Equal(0, await Store.DeadLetters.DropAsync(Project, [seen[3].Id], Token));
        Assert.Equal(6, (await Store.RecordPages.DeadLettersAsync(Project, "open", null, 100, Token)).Count);
        Assert.Equal(seen[3].Id, Assert.Single(await Store.RecordPages.DeadLettersAsync(Project, "resolved", null, 100, Token)).Id);
        Assert.Equal(7, (await Store.RecordPages.DeadLettersAsync(Project, null, null, 100, Token)).Count);
        Assert.Equal(6, await Store.DeadLetters.RetryAsync(Project, [], Token));
    }

    [Fact]
    public async Task Suppressions_come_in_pages_newest_first()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await Store.Suppressions.AddAsync(
            Project,
            [.. Enumerable.Range(0, 5).Select(i => new SuppressionEntry($"u{i}@shop.test", null, i % 2, "manual", "hand", start.AddSeconds(i / 2))), new SuppressionEntry(null, null, 0, "manual", "hand", start) { Phone = "4915123456789" }],
            Token);
        var seen = new List<SuppressionRecord>();
        while (seen.Count < 20 && await Store.RecordPages.SuppressionsAsync(Project, seen.LastOrDefault()?.Position, 2, Token) is { Count: > 0 } page)
        {
            seen.AddRange(page);
        }

        Assert.Equal(6, seen.Count);
        Assert.Equal(6, seen.Select(s => (s.Entry.Email, s.Entry.Phone, s.Entry.List)).Distinct().Count());
        Assert.Equal(seen.Select(s => s.Entry.At).OrderDescending(), seen.Select(s => s.Entry.At));
        Assert.Contains(seen, s => s.Entry.Phone == "4915123456789");
    }

    [Fact]
    public async Task The_history_of_a_group_tells_every_stay_page_by_page()
    {
        await Full("s1").SendAsync(1, of: 1, "ana", "bo", "cy");
        await SettleAsync();
        await Removed("s2").SendAsync(1, of: 1, "bo");
        await SettleAsync();
        var seen = new List<GroupStay>();
        while (seen.Count < 20 && await Store.RecordPages.StaysAsync(Project, "7", seen.Count == 0 ? null : (seen[^1].Person, seen[^1].EnteredAt), 2, Token) is { Count: > 0 } page)
        {
            seen.AddRange(page);
        }

        Assert.Equal(["ana", "bo", "cy"], seen.Select(s => s.DistinctId).Order(StringComparer.Ordinal));
        Assert.NotNull(seen.Single(s => s.DistinctId == "bo").LeftAt);
        Assert.All(seen.Where(s => s.DistinctId != "bo"), s => Assert.Null(s.LeftAt));
        Assert.Empty(await Store.RecordPages.StaysAsync(Project, "8", null, 2, Token));
        Assert.Empty(await Store.RecordPages.RunsAsync(Project, null, 10, Token));
    }

    private async Task<long> RevisionAsync() => (await Store.Connectors.RevisionsAsync(Token))[Project];

    private Task AgeAsync(TimeSpan age) =>
        Home.ExecuteAsync(FormattableString.Invariant($"UPDATE repeated_call SET created_at = created_at - {(long)age.TotalMilliseconds} WHERE project = @project"), Token);
}

public sealed class SqliteManagementTests : ManagementContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresManagementTests : ManagementContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateOwnAsync(Token);
}
