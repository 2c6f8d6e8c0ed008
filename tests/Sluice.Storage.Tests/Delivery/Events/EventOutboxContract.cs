using System.Text;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery.Events;

/// <summary>What a destination has taken over from the log is finished once, in order, by whoever holds the lease.</summary>
public abstract class EventOutboxContract : DeliveryContract
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(20_000);

    [Fact]
    public async Task A_new_destination_begins_at_the_start_of_the_log()
    {
        await AppendAsync("ana");
        var opened = await OpenAsync();
        Assert.Equal(new OutboxState(LogPosition.Start, 0), opened);
    }

    [Fact]
    public async Task What_is_taken_over_waits_in_the_order_of_the_log_and_the_cursor_stays_where_it_came_to()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana", "bob", "ana");
        var page = await ReadAsync();
        Assert.Equal(events.Select(e => e.Position), page.Rows.Select(r => r.Position));
        Assert.Equal([Key("ana"), Key("bob"), Key("ana")], page.Rows.Select(r => r.Sender));
        Assert.Equal(page.Rows.Select(r => r.Sender), page.Rows.Select(r => r.Lane));
        Assert.All(page.Rows, r => Assert.Equal((Now, null, false, null), (r.TakenAt, r.CalledAt, r.Alone, r.Rest)));
        Assert.True(page.AtEnd);
        Assert.Equal(new OutboxState(events[^1].Position, 3), await OpenAsync());
    }

    [Fact]
    public async Task It_is_read_in_pages()
    {
        await OpenAsync();
        var events = await TakeOverAsync("a", "b", "c");
        var first = await Store.EventOutbox.ReadAsync(Scope(), LogPosition.Start, 2, Now, Token);
        Assert.Equal(events.Take(2).Select(e => e.Position), first.Rows.Select(r => r.Position));
        Assert.False(first.AtEnd);
        var second = await Store.EventOutbox.ReadAsync(Scope(), first.Rows[^1].Position, 2, Now, Token);
        Assert.Equal(events[2].Position, Assert.Single(second.Rows).Position);
        Assert.True(second.AtEnd);
    }

    [Fact]
    public async Task Taking_over_twice_takes_once()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana");
        await Store.EventOutbox.TakeOverAsync(Scope(), await LeaseAsync(), events[0].Position, events, Now, Token);
        Assert.Single((await ReadAsync()).Rows);
    }

    [Fact]
    public async Task Whoever_rests_is_passed_over_with_everything_later_until_the_rest_is_over()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana", "bob", "ana");
        await CommitAsync(c => c.Resting.Add((Key("ana"), Now.AddSeconds(5), Rest.Contact)));
        var page = await ReadAsync();
        Assert.Equal(events[1].Position, Assert.Single(page.Rows).Position);
        Assert.Equal(Now.AddSeconds(5), page.NextRest);

        page = await ReadAsync(Now.AddSeconds(5));
        Assert.Equal(3, page.Rows.Count);
        Assert.Equal(new Rest(Rest.Contact, 1), page.Rows[0].Rest);
        Assert.Null(page.Rows[1].Rest);
        Assert.Null(page.NextRest);
    }

    [Fact]
    public async Task Rests_of_one_kind_are_counted()
    {
        await OpenAsync();
        await TakeOverAsync("ana");
        await CommitAsync(c => c.Resting.Add((Key("ana"), Now, Rest.Contact)));
        await CommitAsync(c => c.Resting.AddRange([(Key("ana"), Now.AddDays(9), Rest.Unknown), (Key("ana"), Now, Rest.Contact)]));
        Assert.Equal(new Rest(Rest.Contact, 2), (await ReadAsync()).Rows[0].Rest);
        await CommitAsync(c => c.Resting.Add((Key("ana"), Now, Rest.Unavailable)));
        Assert.Equal(new Rest(Rest.Unavailable, 1), (await ReadAsync()).Rows[0].Rest);
    }

    [Fact]
    public async Task A_rest_is_lifted_only_when_it_was_over()
    {
        await OpenAsync();
        await TakeOverAsync("ana", "bob");
        await CommitAsync(c => c.Resting.AddRange([(Key("ana"), Now, Rest.Contact), (Key("bob"), Now.AddSeconds(1), Rest.Contact)]));
        var changes = new OutboxChanges { RestedBy = Now };
        changes.Rested.AddRange([Key("ana"), Key("bob")]);
        await Store.EventOutbox.CommitAsync(Scope(), await LeaseAsync(), changes, Token);
        Assert.Equal([null, Rest.Contact], (await ReadAsync(Now.AddDays(1))).Rows.Select(r => r.Rest?.Reason));
    }

    [Fact]
    public async Task Ids_that_became_one_person_share_a_lane_and_a_rest()
    {
        await OpenAsync();
        var anonymous = Guid.NewGuid().ToString();
        await TakeOverAsync(anonymous, "ana");
        await Store.Events.AppendAsync(
            new EventBatch(Project, Origin.Received, IdentityMode.Original, [], [new IdentityClaim(IdentityClaimKind.Identify, "ana", anonymous)]), Token);
        var rows = (await ReadAsync()).Rows;
        Assert.Equal(Key(anonymous), rows[0].Sender);
        Assert.Single(rows.Select(r => r.Lane).Distinct());
        await CommitAsync(c => c.Resting.Add((rows[0].Lane, Now.AddSeconds(5), Rest.Contact)));
        Assert.Empty((await ReadAsync()).Rows);
    }

    [Fact]
    public async Task What_is_being_called_waits_no_more_and_what_is_finished_is_gone()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana", "bob");
        Assert.Empty(await BeginAsync(events[0]));
        Assert.Equal(events[1].Position, Assert.Single((await ReadAsync()).Rows).Position);
        await CommitAsync(c => c.Gone.Add((events[0].Position, Key("ana"))));
        Assert.Equal(1, (await OpenAsync()).Waiting);
    }

    [Fact]
    public async Task What_was_not_sent_waits_again_alone_if_so_wished()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana", "bob");
        await BeginAsync([.. events]);
        await CommitAsync(c => c.Again.AddRange([(events[0].Position, Key("ana"), true), (events[1].Position, Key("bob"), false)]));
        var rows = (await ReadAsync()).Rows;
        Assert.Equal([true, false], rows.Select(r => r.Alone));
        Assert.All(rows, r => Assert.Null(r.CalledAt));
    }

    [Fact]
    public async Task What_another_owner_was_calling_is_of_unknown_outcome()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana", "bob");
        await BeginAsync(events[0]);
        Assert.Empty(await Store.EventOutbox.UnknownAsync(Scope(), DateTimeOffset.MaxValue, 10, Token));
        Assert.Equal(2, (await OpenAsync()).Waiting);
        var row = Assert.Single(await Store.EventOutbox.UnknownAsync(Scope(), Now, 10, Token));
        Assert.Equal((events[0].Position, Key("ana"), Now), (row.Position, row.Sender, row.CalledAt));
        Assert.Empty(await Store.EventOutbox.UnknownAsync(Scope(), Now.AddMilliseconds(-1), 10, Token));
        Assert.Equal(events[1].Position, Assert.Single((await ReadAsync()).Rows).Position);
    }

    [Fact]
    public async Task An_unknown_outcome_stays_until_it_is_known()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana");
        await BeginAsync(events[0]);
        await CommitAsync(c => c.Unknown.Add((events[0].Position, Key("ana"))));
        Assert.Single(await Store.EventOutbox.UnknownAsync(Scope(), Now, 10, Token));
        await CommitAsync(c => c.Again.Add((events[0].Position, Key("ana"), true)));
        Assert.Empty(await Store.EventOutbox.UnknownAsync(Scope(), Now, 10, Token));
        Assert.Single((await ReadAsync()).Rows);
    }

    [Fact]
    public async Task A_call_does_not_begin_for_whoever_has_been_suppressed()
    {
        await OpenAsync();
        await Added("s1").SendProfilesAsync(1, 1, ("ana", """{"$email":"ana@example.org"}"""), ("bob", "{}"));
        var events = await TakeOverAsync("ana", "bob");
        await Store.Suppressions.AddAsync(Project, [new SuppressionEntry("ana@example.org", null, 0, "spam", "webhook", Now)], Token);
        Assert.Equal(Key("ana"), Assert.Single(await BeginAsync([.. events])));
        Assert.Equal(Key("ana"), Assert.Single((await ReadAsync()).Rows).Sender);
    }

    [Fact]
    public async Task Nothing_is_written_under_a_lost_lease()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana");
        var lost = (await LeaseAsync()) with { Fence = 0 };
        var outbox = Store.EventOutbox;
        await Assert.ThrowsAsync<LeaseLostException>(() => outbox.OpenAsync(Scope(), lost, Token));
        await Assert.ThrowsAsync<LeaseLostException>(() => outbox.TakeOverAsync(Scope(), lost, LogPosition.EndOf(9), [], Now, Token));
        await Assert.ThrowsAsync<LeaseLostException>(() => outbox.BeginCallAsync(Scope(), lost, "c", [Item(events[0])], Now, Token));
        await Assert.ThrowsAsync<LeaseLostException>(() => outbox.CommitAsync(Scope(), lost, Gone(events[0]), Token));
        Assert.Single((await ReadAsync()).Rows);
        Assert.Equal(events[0].Position, (await OpenAsync()).Cursor);
    }

    [Fact]
    public async Task Whose_events_wait_for_the_contact_is_marked_and_known_to_have_events()
    {
        var scope = await RegisterAsync();
        await OpenAsync();
        await Added("s1").SendProfilesAsync(1, 1, ("ana", """{"$email":"ana@example.org"}"""), ("bob", "{}"));
        await TakeOverAsync("ana", "bob");
        await CommitAsync(c =>
        {
            c.Marked.AddRange([Key("ana"), Key("ana")]);
            c.Resting.AddRange([(Key("ana"), Now, Rest.Contact), (Key("bob"), Now, Rest.Unknown)]);
        });
        Assert.Contains(Key("ana"), await PendingAsync(scope));
        Assert.True((await LoadAsync(scope, "ana")).HasEvents);
        Assert.False((await LoadAsync(scope, "bob")).HasEvents);
    }

    [Fact]
    public async Task Runs_and_dead_letters_are_written_with_the_step_and_an_interrupted_run_ends()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana");
        await CommitAsync(c =>
        {
            c.Gone.Add((events[0].Position, Key("ana")));
            c.DeadLetters.Add(new DeadLetter("e1", Brevo, "refused", "no", Key("ana"), "a", "{}", "open", Now));
            c.Run = new Run("r1", null, "events", "running", Now, null, new Dictionary<string, long> { ["sent"] = 3 }, null);
        });
        Assert.Equal("refused", Assert.Single(await Store.DeadLetters.ListAsync(Project, "open", 10, Token)).Reason);
        Assert.Equal(("running", 3L), Assert.Single((await Store.Runs.ListAsync(Project, 10, Token)).Select(r => (r.State, r.Counts["sent"]))));
        await OpenAsync();
        var run = Assert.Single(await Store.Runs.ListAsync(Project, 10, Token));
        Assert.Equal("failed", run.State);
        Assert.NotNull(run.EndedAt);
    }

    [Fact]
    public async Task An_event_whose_dead_letter_is_tried_again_waits_again()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana", "bob");
        await CommitAsync(c =>
        {
            c.Gone.AddRange([(events[0].Position, Key("ana")), (events[1].Position, Key("bob"))]);
            c.DeadLetters.Add(new DeadLetter(EventLetter.IdOf(Brevo, events[1].Position), Brevo, "refused", "no", Key("bob"), "a", "{}", "open", Now));
        });
        Assert.Equal(1, await Store.DeadLetters.RetryAsync(Project, [], Token));
        var row = Assert.Single((await ReadAsync()).Rows);
        Assert.Equal((events[1].Position, Key("bob"), true), (row.Position, row.Sender, row.Alone));
    }

    private async Task<OutboxState> OpenAsync() => await Store.EventOutbox.OpenAsync(Scope(), await LeaseAsync(), Token);

    private Task<OutboxPage> ReadAsync(DateTimeOffset? restedBy = null) =>
        Store.EventOutbox.ReadAsync(Scope(), LogPosition.Start, 100, restedBy ?? Now, Token);

    private async Task<IReadOnlySet<Core.People.PersonKey>> BeginAsync(params LoggedEvent[] events) =>
        await Store.EventOutbox.BeginCallAsync(Scope(), await LeaseAsync(), "call-1", [.. events.Select(Item)], Now, Token);

    private async Task CommitAsync(Action<OutboxChanges> fill)
    {
        var changes = new OutboxChanges();
        fill(changes);
        await Store.EventOutbox.CommitAsync(Scope(), await LeaseAsync(), changes, Token);
    }

    private async Task<IReadOnlyList<LoggedEvent>> TakeOverAsync(params string[] ids)
    {
        var before = await Store.EventLog.EndAsync(Project, Token);
        await AppendAsync(ids);
        var page = await Store.EventLog.ReadAsync(Project, before, 100, null, Token);
        await Store.EventOutbox.TakeOverAsync(Scope(), await LeaseAsync(), page.Next, page.Events, Now, Token);
        return page.Events;
    }

    private Task<EventAppendOutcome> AppendAsync(params string[] ids) => Store.Events.AppendAsync(
        new EventBatch(
            Project, Origin.Received, IdentityMode.Original,
            [.. ids.Select((id, i) => new EventRecord("a", i, id, $"i{i}", Encoding.UTF8.GetBytes("{}")))], []),
        Token);

    private static OutboxItem Item(LoggedEvent logged) => new(logged.Position, logged.Person, logged.Person);

    private static OutboxChanges Gone(LoggedEvent logged)
    {
        var changes = new OutboxChanges();
        changes.Gone.Add((logged.Position, logged.Person));
        return changes;
    }
}

public sealed class SqliteEventOutboxTests : EventOutboxContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresEventOutboxTests : EventOutboxContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
