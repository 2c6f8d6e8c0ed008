using Sluice.Core.Delivery;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.People;
using Sluice.Storage.Tests.Delivery;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Identity;

/// <summary>Delivery sees people and not ids: what is known under one id of a person is known of the person.</summary>
public abstract class MergedPersonContract : DeliveryContract
{
    [Fact]
    public async Task A_person_is_in_the_groups_of_all_their_ids()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7", "8"));
        await Full("s1", "7").SendAsync(1, 1, ["ana"]);
        await Full("s2", "8").SendAsync(1, 1, ["old-ana"]);
        await MergeAsync("ana", "old-ana");

        var (ana, old) = await LoadBothAsync(scope);
        Assert.Equal(["7", "8"], ana.Groups.Order(StringComparer.Ordinal));
        Assert.Null(ana.SpokenForBy);
        Assert.Empty(old.Groups);
        Assert.Equal(Key("ana"), old.SpokenForBy);
    }

    [Fact]
    public async Task Whoever_is_looked_for_under_another_id_is_found()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await Full("s1").SendAsync(1, 1, ["old-ana"]);
        await MergeAsync("ana", "old-ana");

        var states = await Store.Ledger.LoadAsync(scope, [Key("old-ana")], Token);
        Assert.Equal(["7"], states.Single(s => s.Key == Key("ana")).Groups);
    }

    [Fact]
    public async Task The_values_of_the_id_that_speaks_win_and_the_others_fill_in()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await Full("s1").SendProfilesAsync(1, 1, [("ana", """{"plan":"pro"}"""), ("old-ana", """{"plan":"free","$email":"ana@example.org"}""")]);
        await MergeAsync("ana", "old-ana");

        var (ana, old) = await LoadBothAsync(scope);
        Assert.Equal("""{"plan":"pro","$email":"ana@example.org"}""", ana.Properties);
        Assert.False(old.HasProperties);
        Assert.Null(ana.AddressHeldBy);
    }

    [Fact]
    public async Task The_profile_of_a_device_stays_behind()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await Full("s1").SendProfilesAsync(1, 1, [("ana", """{"plan":"pro"}"""), ("$device:d", """{"$email":"somebody@example.org"}""")]);
        await SayAsync(IdentityMode.Simplified, new IdentityClaim(IdentityClaimKind.Device, "ana", "$device:d"));

        var states = await Store.Ledger.LoadAsync(scope, [Key("ana")], Token);
        Assert.Equal("""{"plan":"pro"}""", states.Single(s => s.Key == Key("ana")).Properties);
    }

    [Fact]
    public async Task A_suppression_of_one_id_holds_for_the_person()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await Full("s1").SendProfilesAsync(1, 1, [("ana", """{"$email":"new@example.org"}"""), ("old-ana", """{"$email":"old@example.org"}""")]);
        await Store.Suppressions.AddAsync(Project, [new SuppressionEntry("old@example.org", null, 0, "unsubscribed", "webhook", DateTimeOffset.UnixEpoch)], Token);
        await MergeAsync("ana", "old-ana");

        Assert.Equal("unsubscribed", (await LoadBothAsync(scope)).Ana.Suppressed);
    }

    [Fact]
    public async Task The_only_contact_goes_over_to_the_id_that_speaks_and_is_to_be_sent_again()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await PutAsync(scope, "old-ana", "ana@example.org", remoteId: 77);
        await MergeAsync("ana", "old-ana");

        var (ana, old) = await LoadBothAsync(scope);
        Assert.Equal((77L, "ana@example.org", UInt128.Zero), (ana.Contact!.RemoteId, ana.Contact.Email, ana.Contact.Payload));
        Assert.Equal([15L], ana.Members.Keys);
        Assert.Null(old.Contact);
        Assert.Empty(old.Members);
    }

    [Fact]
    public async Task Two_contacts_of_one_address_are_one()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"), Rule(16, ListMode.Mirror, "8"));
        await PutAsync(scope, "old-ana", "ana@example.org", remoteId: 77, list: 16);
        await PutAsync(scope, "ana", "ana@example.org", remoteId: 77, list: 15);
        await MergeAsync("ana", "old-ana");

        var (ana, old) = await LoadBothAsync(scope);
        Assert.Equal([15L, 16L], ana.Members.Keys.Order());
        Assert.Null(old.Contact);
    }

    [Fact]
    public async Task A_second_contact_of_another_address_is_left_with_its_history_and_leaves_the_lists()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await Full("s1").SendAsync(1, 1, ["ana", "old-ana"]);
        await PutAsync(scope, "old-ana", "old@example.org", remoteId: 77);
        await PutAsync(scope, "ana", "ana@example.org", remoteId: 78);
        await MergeAsync("ana", "old-ana");

        var (ana, old) = await LoadBothAsync(scope);
        Assert.Equal(78, ana.Contact!.RemoteId);
        Assert.Equal(77, old.Contact!.RemoteId);
        var plan = Planner.Plan(old, new MappedContact { ExternalId = "old-ana", Email = null }, scope.Rules, new HashSet<string>());
        Assert.Equal([new Removal(15, Suppressed: false)], plan.RemoveFrom);
        Assert.False(plan.NeedsUpsert);
    }

    [Fact]
    public async Task A_merge_marks_both_ids()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await MergeAsync("ana", "old-ana");

        Assert.Equal(new[] { Key("ana"), Key("old-ana") }.Order(), await PendingAsync(scope));
    }

    [Fact]
    public async Task Of_two_joined_contacts_of_different_addresses_one_goes_over_and_the_other_is_left()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await PutAsync(scope, "old-ana", "old@example.org", remoteId: 77);
        await PutAsync(scope, "older-ana", "older@example.org", remoteId: 78);
        await MergeAsync("old-ana", "older-ana");
        await MergeAsync("ana", "old-ana");

        Assert.Equal(2, await Home.CountAsync("SELECT count(*) FROM ledger_contact WHERE project = @project", Token));
        Assert.Equal(1, await Home.CountAsync("SELECT count(*) FROM ledger_contact WHERE project = @project AND remote_id = 78", Token));
    }

    [Theory]
    [InlineData(ListMode.Mirror)]
    [InlineData(ListMode.Exclusive)]
    public async Task Whoever_is_wanted_under_another_id_is_not_to_be_removed(ListMode mode)
    {
        var scope = await RegisterAsync(Rule(15, mode, "7"));
        await Full("s1").SendProfilesAsync(1, 1, [("old-ana", """{"$email":"ana@example.org"}""")]);
        await PutAsync(scope, "ana", "ana@example.org", remoteId: 77);
        await PutAsync(scope, "bo", "bo@example.org", remoteId: 78);
        await CommitAsync(scope, c =>
        {
            c.Foreign.Add(new ForeignMember(15, ContactKeys.OfEmail(Project, "ana@example.org")!.Value, 77));
            c.Foreign.Add(new ForeignMember(15, ContactKeys.OfEmail(Project, "cy@example.org")!.Value, 79));
        });
        await MergeAsync("ana", "old-ana");

        var count = await Store.Ledger.CountRemovalsAsync(scope, scope.Rules[0], Token);
        Assert.Equal(mode == ListMode.Exclusive ? 2 : 1, count.Unwanted);
        Assert.Equal([79L], (await Store.Ledger.UnwantedForeignAsync(scope, scope.Rules[0], null, 10, Token)).Select(f => f.RemoteId));
    }

    private async Task<(PersonState Ana, PersonState Old)> LoadBothAsync(DeliveryScope scope)
    {
        var states = await Store.Ledger.LoadAsync(scope, [Key("ana"), Key("old-ana")], Token);
        Assert.Equal(2, states.Count);
        return (states.Single(s => s.Key == Key("ana")), states.Single(s => s.Key == Key("old-ana")));
    }

    private Task PutAsync(DeliveryScope scope, string id, string email, long remoteId, long list = 15) => CommitAsync(scope, c =>
    {
        c.Contacts.Add(new ContactChange(Key(id), Contact(LedgerState.Present, email, remoteId: remoteId)));
        c.Members.Add(new MemberChange(list, Key(id), Member(LedgerState.Present)));
    });

    private Task<EventAppendOutcome> MergeAsync(string id, string other) => SayAsync(IdentityMode.Original, new IdentityClaim(IdentityClaimKind.Merge, id, other));

    private Task<EventAppendOutcome> SayAsync(IdentityMode mode, IdentityClaim claim) => Store.Events.AppendAsync(
        new EventBatch(Project, Origin.Received, mode, [new EventRecord("e", 1, "ana", null, "{}"u8.ToArray())], [claim]), Token);
}

public sealed class SqliteMergedPersonTests : MergedPersonContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresMergedPersonTests : MergedPersonContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
