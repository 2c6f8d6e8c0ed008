using System.Text;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Events;

/// <summary>Events are stored once and read in the order in which they became visible.</summary>
public abstract class EventLogContract : StoreContract
{
    [Fact]
    public async Task What_was_stored_is_read_in_the_order_of_arrival()
    {
        var outcome = await AppendAsync(Event("b", 2), Event("a", 1));
        await AppendAsync(Event("c", 0));

        Assert.Equivalent(new EventAppendOutcome(1, 2, 0, [0, 1]), outcome);
        var page = await Store.EventLog.ReadAsync(Project, LogPosition.Start, 10, null, Token);
        Assert.Equal(["b", "a", "c"], page.Events.Select(e => e.Name));
        Assert.Equal([new LogPosition(1, 1), new LogPosition(1, 2), new LogPosition(2, 1)], page.Events.Select(e => e.Position));
        Assert.Equal("""{"$insert_id":"i-2","distinct_id":"ana"}""", Encoding.UTF8.GetString(page.Events[0].Properties));
        Assert.Equal(Key("ana"), page.Events[0].Person);
        Assert.Equal(2, page.Events[0].Time);
        Assert.True(page.AtEnd);
    }

    [Fact]
    public async Task A_copy_is_stored_once_and_the_first_one_stays()
    {
        await AppendAsync(Event("a", 1, properties: """{"first":1}"""));
        var outcome = await AppendAsync(Event("a", 1, properties: """{"second":1}"""));

        Assert.Equivalent(new EventAppendOutcome(0, 0, 1, []), outcome);
        var page = await Store.EventLog.ReadAsync(Project, LogPosition.Start, 10, null, Token);
        Assert.Equal("""{"first":1}""", Encoding.UTF8.GetString(Assert.Single(page.Events).Properties));
    }

    [Fact]
    public async Task Copies_within_one_request_are_one_event()
    {
        var outcome = await AppendAsync(Event("a", 1, properties: """{"first":1}"""), Event("b", 1), Event("a", 1, properties: """{"second":1}"""));

        Assert.Equal((1L, 2, 1), (outcome.Batch, outcome.Stored, outcome.Duplicates));
        var page = await Store.EventLog.ReadAsync(Project, LogPosition.Start, 10, null, Token);
        Assert.Equal("""{"first":1}""", Encoding.UTF8.GetString(page.Events.Single(e => e.Name == "a").Properties));
    }

    [Fact]
    public async Task A_request_of_old_and_new_events_stores_the_new_ones()
    {
        await AppendAsync(Event("a", 1), Event("a", 2));
        var outcome = await AppendAsync(Event("a", 0), Event("a", 1), Event("a", 3), Event("a", 2));

        Assert.Equal((2L, 2, 2), (outcome.Batch, outcome.Stored, outcome.Duplicates));
        var page = await Store.EventLog.ReadAsync(Project, LogPosition.EndOf(1), 10, null, Token);
        Assert.Equal([0L, 3L], page.Events.Select(e => e.Time));
    }

    [Theory]
    [InlineData("other", 1, "ana", "i")]
    [InlineData("a", 2, "ana", "i")]
    [InlineData("a", 1, "bo", "i")]
    [InlineData("a", 1, "ana", "j")]
    [InlineData("a", 1, "ana", null)]
    public async Task What_differs_in_one_part_of_the_key_is_another_event(string name, long time, string id, string? insertId)
    {
        await AppendAsync(new EventRecord("a", 1, "ana", "i", "{}"u8.ToArray()));

        Assert.Equal(1, (await AppendAsync(new EventRecord(name, time, id, insertId, "{}"u8.ToArray()))).Stored);
    }

    [Fact]
    public async Task Events_without_an_insert_id_are_never_copies()
    {
        var one = new EventRecord("a", 1, "ana", null, "{}"u8.ToArray());

        Assert.Equal(2, (await AppendAsync(one, one)).Stored);
        Assert.Equal(1, (await AppendAsync(one)).Stored);
    }

    [Fact]
    public async Task A_page_ends_where_it_was_asked_to_and_the_next_begins_there()
    {
        await AppendAsync([.. Enumerable.Range(0, 25).Select(i => Event(i % 5 == 0 ? "rare" : "often", i))]);
        var seen = new List<long>();
        var at = LogPosition.Start;
        for (var i = 0; i < 10; i++)
        {
            var page = await Store.EventLog.ReadAsync(Project, at, 10, ["rare", "unheard of"], Token);
            seen.AddRange(page.Events.Select(e => e.Time));
            at = page.Next;
            if (page.AtEnd)
            {
                break;
            }
        }

        Assert.Equal([0L, 5L, 10L, 15L, 20L], seen);
        Assert.Equal(new LogPosition(1, 25), at);
    }

    [Fact]
    public async Task Keys_are_read_without_what_the_events_say()
    {
        await AppendAsync([.. Enumerable.Range(0, 25).Select(i => Event(i % 5 == 0 ? "rare" : "often", i))]);
        var whole = await Store.EventLog.ReadAsync(Project, LogPosition.Start, 12, ["rare"], Token);
        var keys = await Store.EventLog.ReadKeysAsync(Project, LogPosition.Start, 12, ["rare"], Token);

        Assert.Equal(3, keys.Keys.Count);
        Assert.Equal(whole.Events.Select(e => new LogKey(e.Position, e.Person, e.Origin)), keys.Keys);
        Assert.Equal((12, whole.Next), (keys.Looked, keys.Next));
    }

    [Fact]
    public async Task Nothing_wanted_still_moves_on()
    {
        await AppendAsync(Event("a", 1));
        var page = await Store.EventLog.ReadAsync(Project, LogPosition.Start, 10, [], Token);

        Assert.Empty(page.Events);
        Assert.Equal(new LogPosition(1, 1), page.Next);
    }

    [Fact]
    public async Task Events_are_found_again_by_their_places()
    {
        await AppendAsync(Event("a", 1), Event("b", 2), Event("c", 3));

        var found = await Store.EventLog.GetAsync(Project, [new LogPosition(1, 3), new LogPosition(1, 1), new LogPosition(9, 9)], Token);
        Assert.Equal(["a", "c"], found.Select(e => e.Name));
    }

    [Fact]
    public async Task They_are_counted_by_name_and_time()
    {
        await AppendAsync(Event("a", 10), Event("a", 20), Event("a", 30), Event("b", 20));

        Assert.Equal([new EventCount("a", 2), new EventCount("b", 1)], await Store.EventLog.CountAsync(Project, 10, 30, Token));
    }

    [Fact]
    public async Task Another_project_has_a_log_of_its_own()
    {
        await AppendAsync(Event("a", 1));
        await using var other = await Home.OpenAsync(Token);
        await other.Projects.PutAsync(new Sluice.Core.Projects.StoredProject(Project + "-b", "access-b-" + Project, [1]), Token);

        Assert.Equal(1, (await other.Events.AppendAsync(Batch(Project + "-b", Event("a", 1)), Token)).Stored);
        Assert.Single((await Store.EventLog.ReadAsync(Project, LogPosition.Start, 10, null, Token)).Events);
    }

    [Fact]
    public async Task Many_writers_at_once_leave_no_gap_that_a_reader_could_fall_into()
    {
        const int Writers = 8;
        const int Requests = 15;
        using var reading = new CancellationTokenSource();
        var reader = ReadWhileWritingAsync(reading.Token);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(async () =>
        {
            for (var i = 0; i < Requests; i++)
            {
                await AppendAsync([.. Enumerable.Range(0, 20).Select(n => Event($"w{w}", (i * 100) + n))]);
            }
        })));
        await reading.CancelAsync();
        var seen = await reader;

        Assert.Equal(Writers * Requests * 20, seen.Count);
        Assert.Equal(seen.Count, seen.Distinct().Count());
    }

    [Fact]
    public async Task The_same_events_from_many_writers_at_once_are_stored_once()
    {
        var events = Enumerable.Range(0, 200).Select(i => Event("a", i)).ToArray();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => AppendAsync(events))));

        Assert.Equal(200, outcomes.Sum(o => o.Stored));
        Assert.Equal(200, (await Store.EventLog.ReadAsync(Project, LogPosition.Start, 1_000, null, Token)).Events.Count);
    }

    [Fact]
    public async Task A_restart_keeps_the_place()
    {
        await AppendAsync(Event("a", 1));
        await ReopenAsync();
        await AppendAsync(Event("b", 1));

        Assert.Equal(["b"], (await Store.EventLog.ReadAsync(Project, LogPosition.EndOf(1), 10, null, Token)).Events.Select(e => e.Name));
        Assert.Equal(LogPosition.EndOf(2), await Store.EventLog.EndAsync(Project, Token));
    }

    protected static EventRecord Event(string name, long time, string? properties = null) => new(
        name, time, "ana", $"i-{time}", Encoding.UTF8.GetBytes(properties ?? $$"""{"$insert_id":"i-{{time}}","distinct_id":"ana"}"""));

    private static EventBatch Batch(string project, params EventRecord[] events) => new(project, Origin.Received, IdentityMode.Simplified, events, []);

    private Task<EventAppendOutcome> AppendAsync(params EventRecord[] events) => Store.Events.AppendAsync(Batch(Project, events), Token);

    /// <summary>A consumer behind a cursor; after the writers have ended it reads to the end once more.</summary>
    private async Task<List<LogPosition>> ReadWhileWritingAsync(CancellationToken stop)
    {
        var seen = new List<LogPosition>();
        var at = LogPosition.Start;
        for (var last = false; ;)
        {
            var page = await Store.EventLog.ReadAsync(Project, at, 100, null, Token);
            seen.AddRange(page.Events.Select(e => e.Position));
            at = page.Next;
            if (page.AtEnd)
            {
                if (last)
                {
                    return seen;
                }

                last = stop.IsCancellationRequested;
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Token);
            }
        }
    }
}

public sealed class SqliteEventLogTests : EventLogContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresEventLogTests : EventLogContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
