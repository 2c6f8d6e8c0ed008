using Sluice.Core.Cohorts;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Cohorts;

/// <summary>Many requests at one time: they share commits and people, and do not harm each other.</summary>
public abstract class NeighbourContract : StoreContract
{
    [Fact]
    public async Task One_bad_request_does_not_undo_its_neighbours()
    {
        var stranger = new Sync(p => Store.Intake.ApplyAsync(p, Token), "nobody-" + Project, "7", "s1", CohortAction.AddMembers);
        var good = Enumerable.Range(0, 40).Select(i => Added($"s{i}").SendAsync(1, of: 1, $"u-{i}")).ToArray();
        var bad = Enumerable.Range(0, 40).Select(i => Record.ExceptionAsync(() => stranger.SendAsync(1, of: 1, $"u-{i}")).AsTask()).ToArray();

        Assert.All(await Task.WhenAll(bad), e => Assert.IsType<InvalidOperationException>(e));
        Assert.All(await Task.WhenAll(good), o => Assert.Equal(CohortPageEffect.Applied, o.Effect));
        await AssertMembersAsync(Enumerable.Range(0, 40).Select(i => $"u-{i}"));
        Assert.Empty(await Store.Groups.ListAsync("nobody-" + Project, Token));
    }

    [Fact]
    public async Task A_request_that_is_given_up_does_not_undo_its_neighbours()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        var cancelled = Record.ExceptionAsync(() => Store.Intake.ApplyAsync(Added("x").Page(1, 1, "zoe"), gone.Token));
        var good = Enumerable.Range(0, 10).Select(i => Added($"s{i}").SendAsync(1, of: 1, $"u-{i}")).ToArray();

        Assert.IsAssignableFrom<OperationCanceledException>(await cancelled);
        await Task.WhenAll(good);
        await AssertMembersAsync(Enumerable.Range(0, 10).Select(i => $"u-{i}"));
    }

    [Fact]
    public async Task The_pages_of_one_session_may_come_at_one_time()
    {
        for (var round = 0; round < 10; round++)
        {
            var session = $"s{round}";
            var outcomes = await Task.WhenAll(Enumerable.Range(1, 8).Select(p => Full(session).SendAsync(p, of: 8, $"{round}-{p}", "ana")));

            Assert.Single(outcomes, o => o.Swapped);
            Assert.Single(outcomes.Select(o => o.Number).Distinct());
            await AssertMembersAsync(["ana", .. Enumerable.Range(1, 8).Select(p => $"{round}-{p}")]);
        }
    }

    [Fact]
    public async Task The_same_page_sent_twice_at_one_time_counts_once()
    {
        for (var round = 0; round < 20; round++)
        {
            var session = $"s{round}";
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Full(session).SendAsync(1, of: 2, "ana", "bo")));

            Assert.Single(outcomes, o => o.Effect == CohortPageEffect.Applied);
            Assert.Equal(3, outcomes.Count(o => o.Effect == CohortPageEffect.Repeated));
            Assert.Equal(1, (await GroupAsync()).Syncing!.Pages);
        }
    }

    [Fact]
    public async Task Eight_senders_of_different_cohorts_with_the_same_people_all_get_through()
    {
        await Store.Ledger.RegisterAsync(new(Project, "brevo", [], GroupAttributes: true), Token);
        var ids = Enumerable.Range(0, 200).Select(i => $"u-{i}").ToArray();
        using var done = new CancellationTokenSource();
        var settling = SettleUntilAsync(done.Token);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(SendAsync));
        await done.CancelAsync();
        await settling;
        await SettleAsync();
        for (var sender = 0; sender < 8; sender++)
        {
            await AssertMembersAsync(ids[..100], $"c{sender}");
            Assert.Equal(100, (await GroupAsync($"c{sender}")).Members);
        }

        async Task SendAsync(int sender)
        {
            var cohort = $"c{sender}";
            var random = new Random(sender);
            for (var round = 0; round < 5; round++)
            {
                // Each in an order of its own, and with changes of everybody's profile.
                var shuffled = ids.ToArray();
                random.Shuffle(shuffled);
                var people = shuffled.Select(id => (id, $$"""{"from":"{{sender}}-{{round}}"}""")).ToArray();
                var full = Full($"f{round}", cohort);
                await full.SendProfilesAsync(1, 2, people[..100]);
                await full.SendProfilesAsync(2, 2, people[100..]);
                await Removed($"d{round}", cohort).SendProfilesAsync(1, 1, [.. ids[100..].Select(id => (id, $$"""{"seen":{{round}}}"""))]);
            }
        }
    }

    [Fact]
    public async Task Readers_see_one_whole_membership_or_the_other_while_sessions_are_taken()
    {
        string[][] sets = [[.. Enumerable.Range(0, 60).Select(i => $"a-{i}")], [.. Enumerable.Range(0, 40).Select(i => $"b-{i}")]];
        var keys = sets.Select(s => s.Select(Key).Order().ToArray()).ToArray();
        await Full("s0").SendAsync(1, of: 1, sets[0]);
        using var done = new CancellationTokenSource();
        var reading = ReadUntilAsync(keys, done.Token);
        for (var round = 1; round < 15; round++)
        {
            foreach (var (page, part) in sets[round % 2].Chunk(10).Select((part, i) => (i + 1, part)))
            {
                await Full($"s{round}").SendAsync(page, sets[round % 2].Length / 10, part);
            }

            await Store.Settling.SettleAsync(Project, Token);
        }

        await done.CancelAsync();
        Assert.True(await reading > 0);
    }

    private async Task<int> ReadUntilAsync(Core.People.PersonKey[][] allowed, CancellationToken done)
    {
        var reads = 0;
        while (!done.IsCancellationRequested)
        {
            var seen = await Store.Groups.KeysAsync(Project, "7", Core.People.KeyRange.All, Token);
            Assert.True(allowed.Any(a => a.SequenceEqual(seen)), $"A reader saw {seen.Count} people.");
            reads++;
        }

        return reads;
    }

    private async Task SettleUntilAsync(CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            await Store.Settling.SettleAsync(Project, Token);
            await Task.Yield();
        }
    }
}

public sealed class SqliteNeighbourTests : NeighbourContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());

    [Fact]
    public async Task A_reader_does_not_wait_for_the_writer()
    {
        await Full("s1").SendAsync(1, of: 1, "ana");
        IReadOnlyList<Core.People.PersonKey> seen = [];
        await Store.PermitBooks.UpdateAsync(
            "account", "bucket",
            (_, _) =>
            {
                // Within the writer's transaction.
                var read = Store.Groups.KeysAsync(Project, "7", Core.People.KeyRange.All, Token);
                seen = read.WaitAsync(TimeSpan.FromMinutes(2), Token).GetAwaiter().GetResult();
                return (new byte[] { 1 }, true);
            },
            Token);

        Assert.Single(seen);
    }

    [Fact]
    public async Task A_full_queue_is_refused_and_the_store_goes_on_afterwards()
    {
        using var go = new ManualResetEventSlim();
        var writer = Store.PermitBooks.UpdateAsync("account", "bucket", (_, _) => (new byte[] { 1 }, go.Wait(TimeSpan.FromMinutes(2), Token)), Token);
        var waiting = new List<Task<Exception?>>();
        for (var i = 0; i < 2_000; i++)
        {
            var page = Added($"s{i}").Page(1, 1, $"u-{i}");
            waiting.Add(Record.ExceptionAsync(() => Store.Intake.ApplyAsync(page, Token)).AsTask());
        }

        go.Set();
        Assert.True(await writer);
        var outcomes = await Task.WhenAll(waiting);
        Assert.Contains(outcomes, e => e is IntakeBusyException);
        Assert.All(outcomes, e => Assert.True(e is null or IntakeBusyException));
        Assert.InRange(outcomes.Count(e => e is null), 500, 1_500);
        Assert.Equal(outcomes.Count(e => e is null), (await Store.Groups.KeysAsync(Project, "7", Core.People.KeyRange.All, Token)).Count);
    }

    [Fact]
    public async Task A_writer_that_another_process_keeps_out_is_busy_and_goes_on_afterwards()
    {
        var file = ((SqliteHome)Home).File;
        await using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={file};Pooling=False"))
        {
            await other.OpenAsync(Token);
            await using var begin = other.CreateCommand();
            begin.CommandText = "BEGIN IMMEDIATE";
            await begin.ExecuteNonQueryAsync(Token);
            await Assert.ThrowsAsync<IntakeBusyException>(
                () => Added("s1").SendAsync(1, of: 1, "ana").WaitAsync(TimeSpan.FromMinutes(3), Token));
        }

        await Added("s1").SendAsync(1, of: 1, "ana").WaitAsync(TimeSpan.FromMinutes(3), Token);
        await AssertMembersAsync(["ana"]);
    }
}

public sealed class PostgresNeighbourTests : NeighbourContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
