using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>What is written about a destination is read back as it was written.</summary>
public abstract class LedgerContract : DeliveryContract
{
    private static readonly DateTimeOffset Day = DateTimeOffset.UnixEpoch.AddDays(20_000);

    [Fact]
    public async Task A_new_destination_knows_nothing_yet()
    {
        var state = await Store.Ledger.RegisterAsync(Scope(Rule(15, ListMode.Mirror, "7"), Rule(16, ListMode.Add)), Token);

        Assert.Equal((null, null, null, null, null), (state.Mapping, state.PreparedAt, state.ChangesReadUntil, state.PausedReason, state.PausedUntil));
        Assert.Equal([15L, 16L], state.Lists.Keys.Order());
        Assert.Equal(new ListState(15, null, null, 0, 0, 0, null, null, 0, null, null), state.Lists[15]);
    }

    [Fact]
    public async Task Registering_again_keeps_what_is_known_and_adds_new_lists()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror));
        var known = new ListState(15, "Engaged", UInt128.MaxValue, -1, 3, 8, 77, Day, 12, Day.AddHours(1), null);
        await CommitAsync(scope, c =>
        {
            c.Lists.Add(known);
            c.Destination = new DestinationChange { Mapping = 5, PreparedAt = Day, ChangesReadUntil = Day.AddDays(1), PausedReason = "key", PausedUntil = Day.AddDays(2) };
        });

        var state = await Store.Ledger.RegisterAsync(Scope(Rule(15, ListMode.Mirror), Rule(17, ListMode.Add)), Token);
        Assert.Equal(known, state.Lists[15]);
        Assert.Equal(((UInt128?)5, Day, Day.AddDays(1), "key", Day.AddDays(2)), (state.Mapping, state.PreparedAt, state.ChangesReadUntil, state.PausedReason, state.PausedUntil));
        Assert.Equal(2, state.Lists.Count);
    }

    [Fact]
    public async Task What_a_person_allows_is_not_undone_by_a_step_of_the_worker()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror));
        var list = (await Store.Ledger.RegisterAsync(scope, Token)).Lists[15];
        Assert.True(await Store.Ledger.AllowRemovalsAsync(Project, Brevo, 15, Day, Token));
        await CommitAsync(scope, c => c.Lists.Add(list with { WalkSlice = 1 }));

        list = (await Store.Ledger.RegisterAsync(scope, Token)).Lists[15];
        Assert.Equal((1, Day), (list.WalkSlice, list.AllowRemovalsUntil!.Value));
        Assert.False(await Store.Ledger.AllowRemovalsAsync(Project, Brevo, 16, Day, Token));
    }

    [Fact]
    public async Task A_change_of_the_destination_keeps_what_it_does_not_name_and_ends_the_pause()
    {
        var scope = await RegisterAsync();
        await CommitAsync(scope, c => c.Destination = new DestinationChange { Mapping = 5, PreparedAt = Day, PausedReason = "key", PausedUntil = Day });
        await CommitAsync(scope, c => c.Destination = new DestinationChange { ChangesReadUntil = Day });

        var state = await Store.Ledger.RegisterAsync(scope, Token);
        Assert.Equal(((UInt128?)5, Day, Day, null, null), (state.Mapping, state.PreparedAt, state.ChangesReadUntil, state.PausedReason, state.PausedUntil));
    }

    [Fact]
    public async Task Contacts_and_members_are_read_back_with_the_person()
    {
        await Full("s1").SendProfilesAsync(1, 1, ("ana", """{"$email":"ana@example.org","plan":"pro"}"""));
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"), Rule(16, ListMode.Mirror, "8"));
        await CommitAsync(scope, c =>
        {
            c.Contacts.Add(new(Key("ana"), new LedgerContact(900, "ana@example.org", UInt128.MaxValue - 3, 1, LedgerState.Unknown, "job-1", "slow")));
            c.Members.Add(new(15, Key("ana"), new LedgerMember(LedgerState.Intended, "job-1", Day, "run-9")));
            c.Members.Add(new(99, Key("ana"), Member(LedgerState.Present)));
        });

        var person = await LoadAsync(scope, "ana");
        Assert.Equal(new LedgerContact(900, "ana@example.org", UInt128.MaxValue - 3, 1, LedgerState.Unknown, "job-1", "slow"), person.Contact);
        Assert.Equal(new LedgerMember(LedgerState.Intended, "job-1", Day, "run-9"), Assert.Single(person.Members).Value);
        Assert.Equal(["7"], person.Groups);
        Assert.Equal(("ana", 1L, 0L, true), (person.DistinctId, person.Rev, person.PendingSeq, person.HasProperties));
    }

    [Fact]
    public async Task Somebody_of_whom_nothing_is_known_is_read_as_such()
    {
        var person = await LoadAsync(Scope(Rule(15, ListMode.Mirror, "7")), "nobody");

        Assert.Equal((null, "{}", null, null, null), (person.DistinctId, person.Properties, person.Contact, person.Suppressed, person.AddressHeldBy));
        Assert.Empty(person.Groups);
        Assert.Empty(person.Members);
    }

    [Fact]
    public async Task People_are_read_in_the_order_asked_for()
    {
        var ids = Enumerable.Range(0, 1_500).Select(i => $"u-{i}").ToArray();
        await Full("s1").SendAsync(1, of: 1, ids);
        var keys = ids.Reverse().Select(Key).ToArray();

        Assert.Equal(keys, (await Store.Ledger.LoadAsync(Scope(Rule(15, ListMode.Mirror, "7")), keys, Token)).Select(p => p.Key));
        Assert.Empty(await Store.Ledger.LoadAsync(Scope(), [], Token));
    }

    [Fact]
    public async Task A_persons_groups_are_those_of_the_lists_or_all_where_contacts_carry_them()
    {
        await Full("s1", "7").SendAsync(1, of: 1, "ana");
        await Added("s1", "8").SendAsync(1, of: 1, "ana");
        await Added("s1", "9").SendAsync(1, of: 1, "ana");
        await Removed("s2", "9").SendAsync(1, of: 1, "ana");
        await Full("s1", "10").SendAsync(1, of: 2, "ana");

        Assert.Equal(["7"], (await LoadAsync(Scope(Rule(15, ListMode.Mirror, "7", "9")), "ana")).Groups);
        var everything = Scope(Rule(15, ListMode.Mirror, "7")) with { GroupAttributes = true };
        Assert.Equal(["7", "8"], (await LoadAsync(everything, "ana")).Groups.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_remote_id_that_was_told_once_stays()
    {
        var scope = await RegisterAsync();
        await CommitAsync(scope, c => c.Contacts.Add(new(Key("ana"), Contact(LedgerState.Present, remoteId: 900))));
        await CommitAsync(scope, c => c.Contacts.Add(new(Key("ana"), Contact(LedgerState.Intended))));

        Assert.Equal((900L, LedgerState.Intended), ((await LoadAsync(scope, "ana")).Contact!.RemoteId!.Value, (await LoadAsync(scope, "ana")).Contact!.State));
    }

    [Fact]
    public async Task A_member_that_is_taken_out_is_absent()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror));
        await CommitAsync(scope, c => c.Members.Add(new(15, Key("ana"), Member(LedgerState.Present))));
        await CommitAsync(scope, c => c.Members.Add(new(15, Key("ana"), null)));

        Assert.Empty((await LoadAsync(scope, "ana")).Members);
        Assert.Equal((0L, 0L), await Store.Ledger.CountAsync(scope, 15, Token));
    }

    [Fact]
    public async Task Contacts_are_found_by_their_address_at_the_destination()
    {
        var scope = await RegisterAsync();
        await CommitAsync(scope, c =>
        {
            c.Contacts.Add(new(Key("ana"), Contact(LedgerState.Present, "ana@example.org")));
            c.Contacts.Add(new(Key("bo"), Contact(LedgerState.Present, "bo@example.org")));
            c.Contacts.Add(new(Key("cy"), Contact(LedgerState.Present)));
        });

        Assert.Equal([Key("ana")], (await Store.Ledger.FindByAddressAsync(scope, ["Ana@Example.ORG", "zoe@example.org", "nonsense"], Token)).Select(p => p.Key));
        Assert.Empty(await Store.Ledger.FindByAddressAsync(scope, [], Token));
    }

    [Fact]
    public async Task Of_people_with_one_address_one_has_it_and_the_others_are_told()
    {
        await Full("s1").SendProfilesAsync(1, 1, ("ana", """{"$email":"one@example.org"}"""));
        Home.Advance(TimeSpan.FromHours(1));
        await Added("s2").SendProfilesAsync(1, 1, ("bo", """{"$email":"One@example.org"}"""));
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));

        // Nobody was sent yet: who was seen first has it.
        Assert.Equal((null, "ana"), ((await LoadAsync(scope, "ana")).AddressHeldBy, (await LoadAsync(scope, "bo")).AddressHeldBy));
        await CommitAsync(scope, c => c.Contacts.Add(new(Key("bo"), Contact(LedgerState.Present, "one@example.org"))));
        Assert.Equal(("bo", null), ((await LoadAsync(scope, "ana")).AddressHeldBy, (await LoadAsync(scope, "bo")).AddressHeldBy));

        // Who is in no list and wanted in none does not keep it from others.
        await Removed("s3").SendAsync(1, of: 1, "bo");
        Assert.Null((await LoadAsync(scope, "ana")).AddressHeldBy);
    }

    [Fact]
    public async Task Who_was_in_a_list_before_us_is_known_by_the_address()
    {
        await Full("s1").SendProfilesAsync(1, 1, ("ana", """{"$email":"ana@example.org"}"""), ("bo", """{"$email":"bo@example.org"}"""));
        var scope = await RegisterAsync(Rule(15, ListMode.Exclusive, "7"), Rule(16, ListMode.Mirror, "7"));
        var ana = ContactKeys.OfEmail(Project, "ana@example.org")!.Value;
        var zoe = ContactKeys.OfEmail(Project, "zoe@example.org")!.Value;
        await CommitAsync(scope, c =>
        {
            c.Foreign.Add(new ForeignMember(15, ana, 1));
            c.Foreign.Add(new ForeignMember(15, zoe, 2));
            c.Foreign.Add(new ForeignMember(15, zoe, 3));
        });

        Assert.Equal([15L], (await LoadAsync(scope, "ana")).Foreign);
        Assert.Empty((await LoadAsync(scope, "bo")).Foreign);
        Assert.Equal((0L, 2L), await Store.Ledger.CountAsync(scope, 15, Token));
        Assert.Equal([new ForeignMember(15, zoe, 3)], await Store.Ledger.UnwantedForeignAsync(scope, scope.Rules[0], null, 10, Token));
        await CommitAsync(scope, c => c.ForeignGone.Add(new ForeignMember(15, zoe, 3)));
        Assert.Equal((0L, 1L), await Store.Ledger.CountAsync(scope, 15, Token));
        Assert.Empty(await Store.Ledger.UnwantedForeignAsync(scope, scope.Rules[0], null, 10, Token));
    }

    [Fact]
    public async Task A_job_is_active_until_it_has_ended()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror));
        var job = JobOf("j1", 15, Job.Preparing) with { Process = null, Witness = null };
        await CommitAsync(scope, c => c.Job = job);
        Assert.Equal([job], await Store.Ledger.ActiveJobsAsync(scope, Token));

        var running = job with { State = Job.Running, Process = 5, Witness = "w", Rows = 10, CalledAt = Day.AddHours(1) };
        await CommitAsync(scope, c => c.Job = running);
        Assert.Equal([running], await Store.Ledger.ActiveJobsAsync(scope, Token));
        await CommitAsync(scope, c => c.Job = running with { State = Job.Done, EndedAt = Day.AddHours(2) });
        Assert.Empty(await Store.Ledger.ActiveJobsAsync(scope, Token));
    }

    [Fact]
    public async Task A_job_that_ends_settles_its_own_people_range_by_range()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror));
        var ids = Enumerable.Range(0, 100).Select(i => $"u-{i}").ToArray();
        await CommitAsync(scope, c =>
        {
            c.Job = JobOf("j1", 15);
            foreach (var (id, i) in ids.Select((id, i) => (id, i)))
            {
                var job = i % 4 == 0 ? "j2" : "j1";
                c.Members.Add(new(15, Key(id), Member(LedgerState.Intended, job)));
                c.Contacts.Add(new(Key(id), Contact(LedgerState.Intended, job: job)));
            }
        });
        var lease = await LeaseAsync();
        await Store.Ledger.SettleJobAsync(scope, lease, JobOf("j1", 15), KeyRange.Slice(0, 2), LedgerState.Present, last: false, Token);
        foreach (var (id, i) in ids.Select((id, i) => (id, i)))
        {
            var (person, settled) = (await LoadAsync(scope, id), i % 4 != 0 && Key(id).Value <= KeyRange.Slice(0, 2).To.Value);
            var expected = settled ? (LedgerState.Present, null) : (LedgerState.Intended, i % 4 == 0 ? "j2" : "j1");
            Assert.Equal(expected, (person.Members[15].State, person.Members[15].Job));
            Assert.Equal(expected, (person.Contact!.State, person.Contact.Job));
        }

        await Store.Ledger.SettleJobAsync(scope, lease, JobOf("j1", 15), KeyRange.Slice(1, 2), LedgerState.Present, last: true, Token);
        Assert.Equal((75L, 0L), await Store.Ledger.CountAsync(scope, 15, Token));
    }

    [Fact]
    public async Task Destinations_and_projects_do_not_see_each_others_ledger()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror));
        await CommitAsync(scope, c =>
        {
            c.Contacts.Add(new(Key("ana"), Contact(LedgerState.Present, "ana@example.org")));
            c.Members.Add(new(15, Key("ana"), Member(LedgerState.Present)));
            c.Job = JobOf("j1", 15);
        });

        foreach (var other in new[] { scope with { Destination = "other" }, scope with { Project = Project + "x" } })
        {
            var person = Assert.Single(await Store.Ledger.LoadAsync(other, [Key("ana")], Token));
            Assert.Null(person.Contact);
            Assert.Empty(person.Members);
            Assert.Equal((0L, 0L), await Store.Ledger.CountAsync(other, 15, Token));
            Assert.Empty(await Store.Ledger.ActiveJobsAsync(other, Token));
        }
    }

    [Fact]
    public async Task Runs_are_read_newest_first()
    {
        var scope = await RegisterAsync();
        var counts = new Dictionary<string, long> { ["sent"] = 3, ["in_list"] = long.MaxValue };
        var first = new Run("r1", 15, "walk", "running", Day, null, new Dictionary<string, long>(), null);
        var second = new Run("r2", null, "change", "done", Day.AddHours(1), Day.AddHours(2), counts, "note");
        await CommitAsync(scope, c => c.Run = first);
        await CommitAsync(scope, c => c.Run = second);
        await CommitAsync(scope, c => c.Run = first with { State = "done", EndedAt = Day.AddHours(3), Counts = counts });

        var runs = await Store.Runs.ListAsync(Project, 10, Token);
        Assert.Equal(["r2", "r1"], runs.Select(r => r.Id));
        Assert.Equal(second with { Counts = runs[0].Counts, Destination = scope.Destination }, runs[0]);
        Assert.Equal(("done", Day.AddHours(3), 15L), (runs[1].State, runs[1].EndedAt!.Value, runs[1].List!.Value));
        Assert.All(runs, r => Assert.Equal(counts, r.Counts));
        Assert.Equal(["r2"], (await Store.Runs.ListAsync(Project, 1, Token)).Select(r => r.Id));
        Assert.Empty(await Store.Runs.ListAsync(Project + "x", 10, Token));
    }
}

public sealed class SqliteLedgerTests : LedgerContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresLedgerTests : LedgerContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
