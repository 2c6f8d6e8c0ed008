using System.Text;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.Lookups;
using Sluice.Core.People;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>What is to be passed on is written with what it comes from, is read in its order, and goes when it is done.</summary>
public abstract class ForwardingContract : StoreContract
{
    private static readonly ForwardScope Everything = new(Received: true, Told: true);

    [Fact]
    public async Task Operations_are_written_with_the_updates_in_their_order_and_those_that_were_refused_are_not()
    {
        await ApplyAsync(Update(0, "ana", "a", "1"), Update(1, "bob", "b", "\"x\""));
        await ApplyAsync(Update(0, "ana", "a", "2"), Add(1, "bob", "b"));
        var rows = await ReadAsync();
        Assert.Equal(["ana a", "bob b", "ana a"], rows.Select(r => Encoding.UTF8.GetString(r.Record)));
        Assert.Equal([Key("ana"), Key("bob"), Key("ana")], rows.Select(r => r.Owner));
        Assert.Equal([new LogPosition(1, 1), new LogPosition(1, 2), new LogPosition(2, 1)], rows.Select(r => r.Position));
        Assert.All(rows, r => Assert.Equal((ForwardWay.Profiles, true, false), (r.Way, r.IsRepeatable, r.IsCalling)));
    }

    [Fact]
    public async Task Nothing_is_written_where_nothing_is_passed_on()
    {
        await Store.Profiles.ApplyAsync(new ProfileUpdates(Project, IdentityMode.Simplified, [Update(0, "ana", "a", "1")]), Token);
        await AppendAsync(null, "i1");
        Assert.Empty(await ReadAsync());
        Assert.Empty(await Store.Forwarding.AddressesAsync(Project, [new LogPosition(1, 1)], Token));
    }

    [Fact]
    public async Task Operations_on_groups_have_a_line_of_their_own()
    {
        await ApplyAsync(Update(0, "ana", "a", "1"));
        await Store.Profiles.ApplyAsync(
            new GroupUpdates(Project, [new GroupUpdate(0, "company", "acme", [Operation("a", "1")])])
            {
                Forwarded = [new ForwardedOperation(0, "company\0acme", true, "{}"u8.ToArray())],
            },
            Token);
        Assert.Single(await ReadAsync());
        var group = Assert.Single(await ReadAsync(ForwardWay.Groups));
        Assert.Equal(new LogPosition(2, 1), group.Position);
    }

    [Fact]
    public async Task As_many_are_read_as_were_asked_for_in_number_and_in_bytes()
    {
        await ApplyAsync([.. Enumerable.Range(0, 10).Select(i => Update(i, $"u{i}", "a", "1"))]);
        Assert.Equal(3, (await Store.Forwarding.ReadAsync(Project, ForwardWay.Profiles, 3, 1_000_000, Token)).Count);
        Assert.Equal(2, (await Store.Forwarding.ReadAsync(Project, ForwardWay.Profiles, 100, 9, Token)).Count);
        Assert.Single(await Store.Forwarding.ReadAsync(Project, ForwardWay.Profiles, 100, 1, Token));
    }

    [Fact]
    public async Task What_is_about_to_be_sent_is_known_and_goes_when_it_is_done_or_waits_again()
    {
        await StartAsync();
        await ApplyAsync(Update(0, "ana", "a", "1"), Update(1, "bob", "b", "1"), Update(2, "eve", "c", "1"));
        var rows = await ReadAsync();
        await Store.Forwarding.BeginCallAsync(Project, await LeaseAsync(), [rows[0], rows[2]], Token);
        await ReopenAsync();
        Assert.Equal([true, false, true], (await ReadAsync()).Select(r => r.IsCalling));
        await CommitAsync(c =>
        {
            c.Gone.Add(rows[0]);
            c.Again.Add(rows[2]);
        });
        rows = await ReadAsync();
        Assert.Equal([Key("bob"), Key("eve")], rows.Select(r => r.Owner));
        Assert.All(rows, r => Assert.False(r.IsCalling));
    }

    [Fact]
    public async Task What_is_gone_is_not_among_what_may_be_sent()
    {
        await StartAsync();
        await ApplyAsync(Update(0, "ana", "a", "1"), Update(1, "bob", "b", "1"), Update(2, "eve", "c", "1"));
        var rows = await ReadAsync();
        await CommitAsync(c => c.Gone.Add(rows[1]));
        var there = await Store.Forwarding.BeginCallAsync(Project, await LeaseAsync(), rows, Token);
        Assert.Equal([rows[0].Position, rows[2].Position], there.Select(r => r.Position));
    }

    [Fact]
    public async Task Ids_of_one_profile_share_one_line()
    {
        await Store.Events.AppendAsync(
            new EventBatch(
                Project, Origin.Received, IdentityMode.Original, [new EventRecord("$create_alias", 1, "ana", "i1", "{}"u8.ToArray())],
                [new IdentityClaim(IdentityClaimKind.Alias, "ana", "alias")]),
            Token);
        ProfileUpdate[] updates = [Update(0, "ana", "n", "100"), Add(1, "alias", "n"), Update(2, "ana", "n", "7")];
        await ApplyAsync(IdentityMode.Original, updates);
        Assert.Equal([Key("ana"), Key("ana"), Key("ana")], (await ReadAsync()).Select(r => r.Owner));
    }

    [Fact]
    public async Task An_event_that_is_known_by_its_insert_id_stays_one_when_its_address_is_somebody_else_s()
    {
        Task<EventAppendOutcome> TellAsync(string person, long time, params string[] insertIds) => Store.Events.AppendAsync(
            new EventBatch(Project, Origin.Destination, IdentityMode.Simplified, [.. insertIds.Select(i => new EventRecord("Brevo Opened", time, person, i, "{}"u8.ToArray()))], [])
            {
                IsKnownByInsertId = true,
            },
            Token);

        Assert.Equal(2, (await TellAsync("ana", 1, "i1", "i2")).Stored);
        var again = await TellAsync("bob", 1, "i1", "i3", "i2");
        Assert.Equal((1, 2), (again.Stored, again.Duplicates));
        Assert.Equal([1], again.Fresh);
        Assert.Equal(1, (await TellAsync("bob", 2, "i1")).Stored);
        Assert.Equal(1, (await AppendAsync(null, "i1")).Stored);
    }

    [Fact]
    public async Task Without_a_cursor_nothing_goes_on_from_the_beginning()
    {
        await AppendAsync(null, "i1");
        await StartAsync();

        // Another node is started with the new config.
        await Store.Forwarding.StartAsync(Project, default, Token);
        Assert.Null(await Store.Forwarding.CursorAsync(Project, Token));
        await Assert.ThrowsAsync<LeaseLostException>(() => CommitAsync(c => c.Cursor = new LogPosition(1, 1)));
        Assert.Null(await Store.Forwarding.CursorAsync(Project, Token));
    }

    [Fact]
    public async Task Letters_stay_open_while_nothing_is_passed_on()
    {
        await StartAsync();
        await ApplyAsync(Add(0, "bob", "b"));
        await AppendAsync(null, "i1");
        var row = Assert.Single(await ReadAsync());
        await CommitAsync(c =>
        {
            c.Gone.Add(row);
            foreach (var id in (string[])[ForwardLetter.IdOf(row), Core.Delivery.Events.EventLetter.IdOf("mixpanel", new LogPosition(1, 1)), "contact-1"])
            {
                c.DeadLetters.Add(new DeadLetter(id, "mixpanel", "refused", "", row.Owner, "$add", Encoding.UTF8.GetString(row.Record), "open", DateTimeOffset.UnixEpoch));
            }
        });
        await Store.Forwarding.StartAsync(Project, default, Token);
        Assert.Equal(1, await Store.DeadLetters.RetryAsync(Project, [], Token));
        Assert.Empty(await ReadAsync());
        Assert.Empty(await Store.Forwarding.AgainAsync(Project, 10, Token));
        await StartAsync();
        Assert.Equal(2, await Store.DeadLetters.RetryAsync(Project, [], Token));
        Assert.Single(await ReadAsync());
        Assert.Single(await Store.Forwarding.AgainAsync(Project, 10, Token));
    }

    [Fact]
    public async Task Whoever_has_lost_the_lease_writes_nothing()
    {
        await StartAsync();
        await ApplyAsync(Update(0, "ana", "a", "1"));
        var rows = await ReadAsync();
        var lost = await LeaseAsync("node-1");
        await Store.Leases.ReleaseAsync(lost, Token);
        await LeaseAsync("node-2");
        var changes = new ForwardChanges();
        changes.Gone.AddRange(rows);
        await Assert.ThrowsAsync<LeaseLostException>(() => Store.Forwarding.BeginCallAsync(Project, lost, rows, Token));
        await Assert.ThrowsAsync<LeaseLostException>(() => Store.Forwarding.CommitAsync(Project, lost, changes, Token));
        await Assert.ThrowsAsync<LeaseLostException>(() => Store.Forwarding.OpenAsync(Project, lost, Token));
        Assert.False(Assert.Single(await ReadAsync()).IsCalling);
    }

    [Fact]
    public async Task It_begins_where_the_log_ends_and_goes_on_where_it_came_to()
    {
        await AppendAsync(null, "i1");
        await StartAsync();
        Assert.Equal(LogPosition.EndOf(1), await Store.Forwarding.CursorAsync(Project, Token));
        await CommitAsync(c => c.Cursor = new LogPosition(3, 7));
        await StartAsync();
        Assert.Equal(new LogPosition(3, 7), await Store.Forwarding.CursorAsync(Project, Token));
    }

    [Fact]
    public async Task Switched_off_it_drops_what_waits_and_begins_anew_later()
    {
        await StartAsync();
        await ApplyAsync(Update(0, "ana", "a", "1"), Update(1, "ana", "a", "2"));
        await AppendAsync("203.0.113.7", "i1");
        Assert.Equal(2, await Store.Forwarding.StartAsync(Project, default, Token));
        Assert.Empty(await ReadAsync());
        Assert.Empty(await Store.Forwarding.AddressesAsync(Project, [new LogPosition(1, 1)], Token));
        Assert.Equal(2, Assert.Single(await Store.Runs.ListAsync(Project, 10, Token)).Counts["skipped_forward_off"]);
        Assert.Equal(0, await Store.Forwarding.StartAsync(Project, default, Token));
        await AppendAsync(null, "i2");
        await StartAsync();
        Assert.Equal(LogPosition.EndOf(2), await Store.Forwarding.CursorAsync(Project, Token));
    }

    [Fact]
    public async Task Addresses_are_kept_apart_from_events_until_the_cursor_has_passed_them()
    {
        await StartAsync();
        await AppendAsync("203.0.113.7", "i1", "i2");
        await AppendAsync("203.0.113.7", "i1");
        await AppendAsync("198.51.100.9", "i3");
        LogPosition[] all = [new(1, 1), new(1, 2), new(2, 1)];
        var addresses = await Store.Forwarding.AddressesAsync(Project, all, Token);
        Assert.Equal(["203.0.113.7", "203.0.113.7", "198.51.100.9"], all.Select(p => addresses[p]));
        Assert.All(await Store.EventLog.GetAsync(Project, all, Token), e => Assert.Equal("{}", Encoding.UTF8.GetString(e.Properties)));
        await CommitAsync(c => c.Cursor = new LogPosition(1, 2));
        Assert.Equal([new LogPosition(2, 1)], (await Store.Forwarding.AddressesAsync(Project, all, Token)).Keys);
    }

    [Fact]
    public async Task A_letter_that_is_tried_again_puts_its_operation_behind_the_others()
    {
        await StartAsync();
        await ApplyAsync(Update(0, "ana", "a", "1"), Add(1, "bob", "b"));
        var rows = await ReadAsync();
        await CommitAsync(c =>
        {
            c.Gone.Add(rows[1]);
            c.DeadLetters.Add(new DeadLetter(
                ForwardLetter.IdOf(rows[1]), "mixpanel", "refused", "", rows[1].Owner, "$add", Encoding.UTF8.GetString(rows[1].Record), "open", DateTimeOffset.UnixEpoch));
        });
        Assert.Equal(1, await Store.DeadLetters.RetryAsync(Project, [], Token));
        rows = await ReadAsync();
        Assert.Equal([Key("ana"), Key("bob")], rows.Select(r => r.Owner));
        Assert.Equal((false, "bob b"), (rows[1].IsRepeatable, Encoding.UTF8.GetString(rows[1].Record)));
    }

    [Fact]
    public async Task An_event_that_is_tried_again_by_hand_is_found_and_goes()
    {
        await StartAsync();
        await AppendAsync(null, "i1");
        await CommitAsync(c => c.DeadLetters.Add(new DeadLetter(
            Core.Delivery.Events.EventLetter.IdOf("mixpanel", new LogPosition(1, 1)), "mixpanel", "refused", "", Key("ana"), "a", "{}", "open", DateTimeOffset.UnixEpoch)));
        Assert.Equal(1, await Store.DeadLetters.RetryAsync(Project, [], Token));
        Assert.Equal([new LogPosition(1, 1)], await Store.Forwarding.AgainAsync(Project, 10, Token));
        await CommitAsync(c => c.TriedAgain.Add(new LogPosition(1, 1)));
        Assert.Empty(await Store.Forwarding.AgainAsync(Project, 10, Token));
    }

    [Fact]
    public async Task Runs_of_an_owner_who_died_end()
    {
        await StartAsync();
        await CommitAsync(c => c.Run = new Run("r1", null, "forward", "running", DateTimeOffset.UnixEpoch, null, new Dictionary<string, long> { ["sent"] = 1 }, null));
        await Store.Forwarding.OpenAsync(Project, await LeaseAsync(), Token);
        var run = Assert.Single(await Store.Runs.ListAsync(Project, 10, Token));
        Assert.Equal("failed", run.State);
        Assert.NotNull(run.EndedAt);
    }

    [Fact]
    public async Task A_lookup_table_is_passed_on_when_it_is_finished_and_read_page_by_page()
    {
        const string id = "0f8fad5b-d9cb-469f-a165-70867728950e";
        var load = await Store.Lookups.BeginAsync(Project, id, Token) with { IsForwarded = true };
        await Store.Lookups.AddAsync(load, [.. Enumerable.Range(0, 25).Select(i => new LookupRow($"k{i}", $$"""{"v":{{i}}}"""))], Token);
        Assert.Empty(await ReadAsync(ForwardWay.Lookups));
        Assert.Null(await Store.Lookups.ReadAsync(Project, id, null, null, 10, Token));
        await Store.Lookups.FinishAsync(load, ["k", "v"], 25, Token);
        Assert.Equal(id, Encoding.UTF8.GetString(Assert.Single(await ReadAsync(ForwardWay.Lookups)).Record));

        var rows = new List<LookupRow>();
        LookupRowPage? page = null;
        while (page is null || page.Rows.Count > 0)
        {
            page = (await Store.Lookups.ReadAsync(Project, id, page?.Generation, rows.Count == 0 ? null : rows[^1].Key, 10, Token))!;
            Assert.Equal(["k", "v"], page.Columns);
            rows.AddRange(page.Rows);
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"k{i}").Order(StringComparer.Ordinal), rows.Select(r => r.Key).Order(StringComparer.Ordinal));
        var next = await Store.Lookups.BeginAsync(Project, id, Token);
        await Store.Lookups.FinishAsync(next, ["k"], 0, Token);
        Assert.Null(await Store.Lookups.ReadAsync(Project, id, page.Generation, rows[9].Key, 10, Token));
        Assert.Single(await ReadAsync(ForwardWay.Lookups));
    }

    [Fact]
    public async Task People_are_found_by_address_whoever_a_destination_has_under_it_first()
    {
        await ApplyAsync(Update(0, "ana", "$email", "\"Shared@Example.test\""), Update(1, "own", "$email", "\"own@example.test\""));
        await ApplyAsync(Update(0, "bob", "$email", "\"shared@example.test\""));
        string[] asked = ["shared@example.test", "own@example.test", "Own@example.test", "nobody@example.test", "no address"];
        var found = await Store.PeopleByAddress.FindAsync(Project, "brevo", asked, Token);
        Assert.Equal(["own", "own"], asked[1..3].Select(a => found[a]));
        Assert.Contains(found["shared@example.test"], (string[])["ana", "bob"]);
        Assert.Equal(3, found.Count);

        var scope = new DeliveryScope(Project, "brevo", [], GroupAttributes: false);
        await Store.Ledger.RegisterAsync(scope, Token);
        foreach (var (owner, other) in (ValueTuple<string, string>[])[("bob", "ana"), ("ana", "bob")])
        {
            var changes = new LedgerChanges();
            changes.Contacts.Add(new ContactChange(Key(owner), new LedgerContact(1, "shared@example.test", 1, 1, LedgerState.Present, null, null)));
            changes.Contacts.Add(new ContactChange(Key(other), new LedgerContact(2, "other@example.test", 1, 1, LedgerState.Present, null, null)));
            await Store.Ledger.CommitAsync(scope, await LeaseAsync(), changes, Token);
            Assert.Equal(owner, (await Store.PeopleByAddress.FindAsync(Project, "brevo", asked, Token))["shared@example.test"]);
        }
    }

    private async Task StartAsync() => await Store.Forwarding.StartAsync(Project, Everything, Token);

    private async Task<Lease> LeaseAsync(string owner = "node-1") =>
        (await Store.Leases.TryTakeAsync($"forward-{Project}", owner, TimeSpan.FromHours(1), Token))!;

    private Task<IReadOnlyList<ForwardRow>> ReadAsync(ForwardWay way = ForwardWay.Profiles) => Store.Forwarding.ReadAsync(Project, way, 100, 1_000_000, Token);

    private async Task CommitAsync(Action<ForwardChanges> fill)
    {
        var changes = new ForwardChanges();
        fill(changes);
        await Store.Forwarding.CommitAsync(Project, await LeaseAsync(), changes, Token);
    }

    private Task<EventAppendOutcome> AppendAsync(string? address, params string[] insertIds) => Store.Events.AppendAsync(
        new EventBatch(
            Project, Origin.Received, IdentityMode.Simplified, [.. insertIds.Select(i => new EventRecord("a", 1, "ana", i, "{}"u8.ToArray()) { Address = address })], []),
        Token);

    /// <summary>Applies updates, each to be passed on as its person and its property.</summary>
    private Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(params ProfileUpdate[] updates) => ApplyAsync(IdentityMode.Simplified, updates);

    private Task<IReadOnlyList<RefusedUpdate>> ApplyAsync(IdentityMode mode, ProfileUpdate[] updates) => Store.Profiles.ApplyAsync(
        new ProfileUpdates(Project, mode, updates)
        {
            Forwarded =
            [
                .. updates.Select(u => new ForwardedOperation(
                    u.Index, u.DistinctId, u.Operations[0].Kind == ProfileOperationKind.Set, Encoding.UTF8.GetBytes($"{u.DistinctId} {u.Operations[0].Name}"))),
            ],
        },
        Token);

    private static ProfileUpdate Update(int index, string id, string name, string value) => new(index, id, null, false, [Operation(name, value)]);

    // Refused where the property is a text.
    private static ProfileUpdate Add(int index, string id, string name) =>
        new(index, id, null, false, [new ProfileOperation(ProfileOperationKind.Add, name, "1"u8.ToArray())]);

    private static ProfileOperation Operation(string name, string value) => new(ProfileOperationKind.Set, name, Encoding.UTF8.GetBytes(value));
}

public sealed class SqliteForwardingTests : ForwardingContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresForwardingTests : ForwardingContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
