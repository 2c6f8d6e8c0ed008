using System.Text;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery.Events;

// Long because: one contract about one table, whose cases share their few steps.
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
    public async Task For_a_destination_without_contacts_nobody_is_marked()
    {
        await OpenAsync();
        var hook = Scope() with { Destination = "crm", HasContacts = false };
        await Store.EventOutbox.OpenAsync(hook, await LeaseAsync(), Token);
        await Full("s1").SendProfilesAsync(1, 1, [("ana", """{"$email":"shared@example.org"}"""), ("bob", """{"$email":"shared@example.org"}""")]);
        await Store.Events.AppendAsync(
            new EventBatch(
                Project, Origin.Received, IdentityMode.Original, [new EventRecord("e", 1, "cy", null, "{}"u8.ToArray())],
                [new IdentityClaim(IdentityClaimKind.Merge, "cy", "dan")]),
            Token);

        // A rest that is over marks whoever shares the address, where there are contacts.
        var changes = new OutboxChanges { RestedBy = Now };
        changes.Resting.Add((Key("ana"), Now, Rest.Unavailable));
        await Store.EventOutbox.CommitAsync(hook, await LeaseAsync(), changes, Token);
        changes = new OutboxChanges { RestedBy = Now };
        changes.Rested.Add(Key("ana"));
        await Store.EventOutbox.CommitAsync(hook, await LeaseAsync(), changes, Token);

        Assert.Equal(2, await Home.CountAsync("SELECT count(*) FROM pending WHERE project = @project AND destination = 'brevo'", Token));
        Assert.Equal(0, await Home.CountAsync("SELECT count(*) FROM pending WHERE project = @project AND destination = 'crm'", Token));
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
    public async Task Whoever_is_joined_or_comes_apart_keeps_the_longer_rest()
    {
        await OpenAsync();
        await TakeOverAsync("ana", "bob", "old-ana");
        await CommitAsync(c => c.Resting.AddRange([(Key("old-ana"), Now.AddSeconds(9), Rest.Unknown), (Key("bob"), Now.AddSeconds(5), Rest.Contact)]));
        foreach (var other in new[] { "old-ana", "bob" })
        {
            await Store.Events.AppendAsync(
                new EventBatch(Project, Origin.Received, IdentityMode.Original, [], [new IdentityClaim(IdentityClaimKind.Merge, "ana", other)]), Token);
        }

        Assert.Empty((await ReadAsync(Now.AddSeconds(8))).Rows);
        Assert.Equal([Rest.Unknown, Rest.Unknown, Rest.Unknown], (await ReadAsync(Now.AddSeconds(9))).Rows.Select(r => r.Rest?.Reason));

        await CommitAsync(c => c.Resting.Add((Key("ana"), Now.AddSeconds(20), Rest.Unavailable)));
        foreach (var claim in await Store.Identities.ListAsync(Project, "followed", 10, Token))
        {
            Assert.True(await Store.Identities.UndoAsync(Project, claim.Claim, Token));
        }

        Assert.Empty((await ReadAsync(Now.AddSeconds(19))).Rows);
        var rows = (await ReadAsync(Now.AddSeconds(20))).Rows;
        Assert.Equal(rows.Select(r => r.Sender), rows.Select(r => r.Lane));
        Assert.Equal([Rest.Unavailable, Rest.Unavailable, Rest.Unavailable], rows.Select(r => r.Rest?.Reason));
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
        Assert.Empty(await Store.EventOutbox.UnknownAsync(Scope(), null, 10, Token));
        Assert.Equal(2, (await OpenAsync()).Waiting);
        var row = Assert.Single(await Store.EventOutbox.UnknownAsync(Scope(), null, 10, Token));
        Assert.Equal((events[0].Position, Key("ana")), (row.Position, row.Sender));
        Assert.NotNull(row.CalledAt);
        Assert.Equal(events[1].Position, Assert.Single((await ReadAsync()).Rows).Position);
    }

    [Fact]
    public async Task An_unknown_outcome_stays_until_it_is_known()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana");
        await BeginAsync(events[0]);
        await CommitAsync(c => c.Unknown.Add((events[0].Position, Key("ana"))));
        Assert.Single(await Store.EventOutbox.UnknownAsync(Scope(), null, 10, Token));
        await CommitAsync(c => c.Again.Add((events[0].Position, Key("ana"), true)));
        Assert.Empty(await Store.EventOutbox.UnknownAsync(Scope(), null, 10, Token));
        Assert.Single((await ReadAsync()).Rows);
    }

    [Fact]
    public async Task How_long_ago_a_call_began_is_told_by_the_clock_of_the_store()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana");
        await BeginAsync(events[0]);
        await CommitAsync(c => c.Unknown.Add((events[0].Position, Key("ana"))));
        Assert.Empty(await Store.EventOutbox.UnknownAsync(Scope(), Wait(direct: TimeSpan.FromHours(1)), 10, Token));
        Home.Advance(TimeSpan.FromHours(1));
        Assert.Single(await Store.EventOutbox.UnknownAsync(Scope(), Wait(direct: Home.OwnClock ? TimeSpan.FromHours(1) : TimeSpan.Zero), 10, Token));
    }

    [Fact]
    public async Task What_is_stored_later_is_asked_about_later_and_once_more()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana", "bob");
        await BeginAsync(events[0]);
        await Store.EventOutbox.BeginCallAsync(Scope(), await LeaseAsync(), new EventCallId("call-2", Queued: true), [Item(events[1])], Token);
        await CommitAsync(c => c.Unknown.AddRange([(events[0].Position, Key("ana")), (events[1].Position, Key("bob"))]));
        var hour = TimeSpan.FromHours(1);
        Assert.Equal([events[0].Position], await UnknownAsync(Wait(queued: hour, looked: hour)));
        Assert.Equal([events[1].Position], await UnknownAsync(Wait(direct: hour, looked: hour)));
        Assert.Equal([false, true], (await Store.EventOutbox.UnknownAsync(Scope(), null, 10, Token)).Select(r => r.Queued));

        await CommitAsync(c => c.Looked.Add((events[1].Position, Key("bob"))));
        Assert.Empty(await UnknownAsync(Wait(direct: hour, looked: hour)));
        Assert.Equal([events[1].Position], await UnknownAsync(Wait(direct: hour, queued: hour)));
        Assert.All(await Store.EventOutbox.UnknownAsync(Scope(), null, 10, Token), r => Assert.False(r.Queued));
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
    public async Task A_call_does_not_begin_for_whoever_has_become_a_suppressed_person_since()
    {
        await OpenAsync();
        await Added("s1").SendProfilesAsync(1, 1, ("ana", """{"$email":"ana@example.org"}"""), ("bob", """{"$email":"bob@example.org"}"""));
        await Store.Suppressions.AddAsync(Project, [new SuppressionEntry("ana@example.org", null, 0, "spam", "webhook", Now)], Token);
        var (hers, his) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        var events = await TakeOverAsync(hers, his);
        await Store.Events.AppendAsync(
            new EventBatch(
                Project, Origin.Received, IdentityMode.Original, [],
                [new IdentityClaim(IdentityClaimKind.Identify, "ana", hers), new IdentityClaim(IdentityClaimKind.Identify, "bob", his)]),
            Token);
        Assert.Equal(Key(hers), Assert.Single(await BeginAsync([.. events])));
        Assert.Equal(Key(hers), Assert.Single((await ReadAsync()).Rows).Sender);
    }

    [Fact]
    public async Task A_call_does_not_begin_for_an_id_that_has_left_its_person()
    {
        await OpenAsync();
        await Added("s1").SendProfilesAsync(1, 1, ("ana", """{"$email":"ana@example.org"}"""), ("bob", "{}"));
        await TakeOverAsync("ana", "old-ana", "bob");
        await Store.Events.AppendAsync(
            new EventBatch(Project, Origin.Received, IdentityMode.Original, [], [new IdentityClaim(IdentityClaimKind.Merge, "ana", "old-ana")]), Token);
        var rows = (await ReadAsync()).Rows;
        Assert.Equal([Key("ana"), Key("ana"), Key("bob")], rows.Select(r => r.Lane));
        Assert.True(await Store.Identities.UndoAsync(Project, Assert.Single(await Store.Identities.ListAsync(Project, "followed", 10, Token)).Claim, Token));
        await Store.Suppressions.AddAsync(Project, [new SuppressionEntry("ana@example.org", null, 0, "spam", "webhook", Now)], Token);

        var start = await BeginAsync([.. rows.Select(r => new OutboxItem(r.Position, r.Sender, r.Lane))]);
        Assert.Equal([rows[1].Position], start.Changed);
        Assert.Equal([Key("ana")], start.Suppressed);
        Assert.Empty(start.Erased);
        Assert.Equal([(Key("ana"), Key("ana")), (Key("old-ana"), Key("old-ana"))], (await ReadAsync()).Rows.Select(r => (r.Sender, r.Lane)));
    }

    [Fact]
    public async Task A_call_does_not_begin_for_a_contact_that_is_no_longer_the_person_s()
    {
        var scope = await RegisterAsync();
        await OpenAsync();
        await Added("s1").SendProfilesAsync(1, 1, ("ana", "{}"), ("old-ana", """{"$email":"old@example.org"}"""), ("bob", "{}"));
        await CommitAsync(scope, c => c.Contacts.AddRange(
        [
            new ContactChange(Key("old-ana"), Contact(LedgerState.Present, "old@example.org", remoteId: 77)),
            new ContactChange(Key("bob"), Contact(LedgerState.Present, "bob@example.org", remoteId: 78)),
        ]));
        await Store.Events.AppendAsync(
            new EventBatch(Project, Origin.Received, IdentityMode.Original, [], [new IdentityClaim(IdentityClaimKind.Merge, "ana", "old-ana")]), Token);
        var events = await TakeOverAsync("ana", "bob");
        OutboxItem[] items = [Item(events[0]) with { Contact = new(77, "old@example.org") }, Item(events[1]) with { Contact = new(78, "bob@example.org") }];
        Assert.Equal(items[0].Contact, ContactName.Of((await LoadAsync(scope, "ana")).Contact));
        Assert.Equal(items[1].Contact, ContactName.Of((await LoadAsync(scope, "bob")).Contact));
        Assert.True(await Store.Identities.UndoAsync(Project, Assert.Single(await Store.Identities.ListAsync(Project, "followed", 10, Token)).Claim, Token));

        var start = await BeginAsync(items);
        Assert.Equal([events[0].Position], start.Changed);
        Assert.Empty(start.Suppressed);
        Assert.Equal(Key("ana"), Assert.Single((await ReadAsync()).Rows).Sender);
    }

    [Fact]
    public async Task What_an_id_sent_later_does_not_pass_what_a_call_does_not_begin_for()
    {
        var scope = await RegisterAsync();
        await OpenAsync();
        await Added("s1").SendProfilesAsync(1, 1, ("ana", """{"$email":"ana@example.org"}"""), ("bob", """{"$email":"bob@example.org"}"""));
        await CommitAsync(scope, c => c.Contacts.AddRange(
        [
            new ContactChange(Key("ana"), Contact(LedgerState.Present, "ana@example.org", remoteId: 77)),
            new ContactChange(Key("bob"), Contact(LedgerState.Present, "bob@example.org", remoteId: 78)),
        ]));
        var events = await TakeOverAsync("ana", "bob", "ana");
        var start = await BeginAsync(
        [
            Item(events[0]) with { Contact = new(76, "ana@example.org") },
            Item(events[1]) with { Contact = new(78, "bob@example.org") },
            Item(events[2]) with { Contact = new(77, "ana@example.org") },
        ]);
        Assert.Equal([events[0].Position, events[2].Position], start.Changed.Order());
        Assert.Equal([Key("ana"), Key("ana")], (await ReadAsync()).Rows.Select(r => r.Sender));
    }

    [Fact]
    public async Task A_call_does_not_begin_for_what_waits_no_more()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana", "bob");
        await CommitAsync(c => c.Gone.Add((events[0].Position, Key("ana"))));
        var start = await BeginAsync([.. events.Select(Item)]);
        Assert.Equal([events[0].Position], start.Erased);
        Assert.Empty(start.Suppressed);
        Assert.Empty(start.Changed);
        await OpenAsync();
        Assert.Equal(events[1].Position, Assert.Single(await Store.EventOutbox.UnknownAsync(Scope(), null, 10, Token)).Position);
    }

    [Fact]
    public async Task A_call_that_was_begun_may_be_begun_again()
    {
        await OpenAsync();
        var events = await TakeOverAsync("ana");
        await BeginAsync(events[0]);
        Assert.True((await BeginAsync([Item(events[0])])).MayGo(Item(events[0])));
    }

    [Fact]
    public async Task A_pause_is_lifted_only_by_the_worker_that_it_stopped()
    {
        var scope = await RegisterAsync();
        await OpenAsync();
        await CommitAsync(c => c.Destination = new DestinationChange { PausedReason = $"{DestinationChange.EventsPaused}key", OfEvents = true });
        await CommitAsync(scope, c => c.Destination = new DestinationChange());
        Assert.Equal("events: key", (await Store.Ledger.RegisterAsync(scope, Token)).PausedReason);
        await CommitAsync(c => c.Destination = new DestinationChange { OfEvents = true });
        Assert.Null((await Store.Ledger.RegisterAsync(scope, Token)).PausedReason);

        await CommitAsync(scope, c => c.Destination = new DestinationChange { PausedReason = "list_missing", PausedUntil = Now });
        await CommitAsync(c => c.Destination = new DestinationChange { OfEvents = true });
        var state = await Store.Ledger.RegisterAsync(scope, Token);
        Assert.Equal(("list_missing", Now), (state.PausedReason, state.PausedUntil));
        await CommitAsync(scope, c => c.Destination = new DestinationChange());
        Assert.Null((await Store.Ledger.RegisterAsync(scope, Token)).PausedReason);
    }

    [Fact]
    public async Task Rests_that_ran_out_long_ago_go_with_the_end_of_a_run()
    {
        await OpenAsync();
        await TakeOverAsync("ana", "bob");
        await CommitAsync(c => c.Resting.AddRange(
            [(Key("ana"), DateTimeOffset.UnixEpoch, Rest.Contact), (Key("bob"), DateTimeOffset.UnixEpoch.AddYears(500), Rest.Contact)]));
        await CommitAsync(c => c.Run = new Run("r1", null, "events", "done", Now, Now, new Dictionary<string, long>(), null));
        Assert.Equal([null, Rest.Contact], (await ReadAsync(DateTimeOffset.UnixEpoch.AddYears(600))).Rows.Select(r => r.Rest?.Reason));
    }

    [Fact]
    public async Task A_letter_that_is_refused_again_says_why_now()
    {
        await OpenAsync();
        await CommitAsync(c => c.DeadLetters.Add(new DeadLetter("e1", Brevo, "refused", "no", Key("ana"), "a", "{}", "open", Now)));
        await CommitAsync(c => c.DeadLetters.Add(new DeadLetter("e1", Brevo, "properties_too_large", "large", Key("ana"), "a", "{}", "open", Now)));
        var letter = Assert.Single(await Store.DeadLetters.ListAsync(Project, "open", 10, Token));
        Assert.Equal(("properties_too_large", "large"), (letter.Reason, letter.Detail));
    }

    [Fact]
    public async Task Whose_events_wait_for_the_contact_has_the_address_before_others_who_want_it_too()
    {
        var scope = await RegisterAsync();
        await OpenAsync();
        await Added("s1").SendProfilesAsync(1, 1, ("ana", """{"$email":"one@example.org"}"""));
        await Added("s2").SendProfilesAsync(1, 1, ("bob", """{"$email":"one@example.org"}"""));
        await CommitAsync(c => c.Resting.AddRange([(Key("ana"), Now, Rest.Contact), (Key("bob"), Now, Rest.Contact)]));
        var held = new[] { (await LoadAsync(scope, "ana")).AddressHeldBy, (await LoadAsync(scope, "bob")).AddressHeldBy };
        Assert.Single(held, h => h is null);

        // Whoever has the contact keeps it when no more events of theirs wait: it does not go to and fro.
        var (owner, other) = held[0] is null ? ("ana", "bob") : ("bob", "ana");
        await CommitAsync(scope, c => c.Contacts.Add(new ContactChange(Key(owner), Contact(LedgerState.Present, "one@example.org", remoteId: 7))));
        var changes = new OutboxChanges { RestedBy = Now };
        changes.Rested.Add(Key(owner));
        await Store.EventOutbox.CommitAsync(Scope(), await LeaseAsync(), changes, Token);
        Assert.Null((await LoadAsync(scope, owner)).AddressHeldBy);
        Assert.Equal(owner, (await LoadAsync(scope, other)).AddressHeldBy);
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
        await Assert.ThrowsAsync<LeaseLostException>(() => outbox.BeginCallAsync(Scope(), lost, new EventCallId("c", Queued: false), [Item(events[0])], Token));
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

    private async Task<IReadOnlySet<Core.People.PersonKey>> BeginAsync(params LogKey[] events) => (await BeginAsync([.. events.Select(Item)])).Suppressed;

    private async Task<CallStart> BeginAsync(IReadOnlyList<OutboxItem> items) =>
        await Store.EventOutbox.BeginCallAsync(Scope(), await LeaseAsync(), new EventCallId("call-1", Queued: false), items, Token);

    private async Task<IEnumerable<LogPosition>> UnknownAsync(UnknownWait wait) =>
        (await Store.EventOutbox.UnknownAsync(Scope(), wait, 10, Token)).Select(r => r.Position);

    private static UnknownWait Wait(TimeSpan direct = default, TimeSpan queued = default, TimeSpan looked = default) => new(direct, queued, looked);

    private async Task CommitAsync(Action<OutboxChanges> fill)
    {
        var changes = new OutboxChanges();
        fill(changes);
        await Store.EventOutbox.CommitAsync(Scope(), await LeaseAsync(), changes, Token);
    }

    private async Task<IReadOnlyList<LogKey>> TakeOverAsync(params string[] ids)
    {
        var before = await Store.EventLog.EndAsync(Project, Token);
        await AppendAsync(ids);
        var page = await Store.EventLog.ReadKeysAsync(Project, before, 100, null, Token);
        await Store.EventOutbox.TakeOverAsync(Scope(), await LeaseAsync(), page.Next, page.Keys, Now, Token);
        return page.Keys;
    }

    private Task<EventAppendOutcome> AppendAsync(params string[] ids) => Store.Events.AppendAsync(
        new EventBatch(
            Project, Origin.Received, IdentityMode.Original,
            [.. ids.Select((id, i) => new EventRecord("a", i, id, $"i{i}", Encoding.UTF8.GetBytes("{}")))], []),
        Token);

    private static OutboxItem Item(LogKey logged) => new(logged.Position, logged.Person, logged.Person);

    private static OutboxChanges Gone(LogKey logged)
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
