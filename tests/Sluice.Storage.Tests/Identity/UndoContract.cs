using Sluice.Core.Delivery;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Storage.Tests.Delivery;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Identity;

/// <summary>A claim that is taken back: each part of the person has at the destinations what is theirs.</summary>
public abstract class UndoContract : DeliveryContract
{
    [Fact]
    public async Task The_contact_that_went_over_goes_back_to_whoever_has_its_address()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await Full("s1").SendProfilesAsync(1, 1, [("ana", """{"plan":"pro"}"""), ("old-ana", """{"$email":"old@example.org"}""")]);
        await PutAsync(scope, "old-ana", "old@example.org", remoteId: 77);
        await MergeAsync();
        await UndoAsync();

        var (ana, old) = await LoadBothAsync(scope);
        Assert.Null(ana.Contact);
        Assert.Empty(ana.Members);
        Assert.Equal((77L, "old@example.org", UInt128.Zero), (old.Contact!.RemoteId, old.Contact.Email, old.Contact.Payload));
        Assert.Equal([15L], old.Members.Keys);
        Assert.Null(old.SpokenForBy);
        Assert.Null(old.AddressHeldBy);
        Assert.Equal(new[] { Key("ana"), Key("old-ana") }.Order(), await PendingAsync(scope));
    }

    [Fact]
    public async Task A_contact_that_has_got_the_address_of_the_id_that_spoke_stays_there()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await Full("s1").SendProfilesAsync(1, 1, [("ana", """{"$email":"ana@example.org"}"""), ("old-ana", """{"$email":"old@example.org"}""")]);
        await PutAsync(scope, "old-ana", "old@example.org", remoteId: 77);
        await MergeAsync();
        await PutAsync(scope, "ana", "ana@example.org", remoteId: 77);
        await UndoAsync();

        var (ana, old) = await LoadBothAsync(scope);
        Assert.Equal(77, ana.Contact!.RemoteId);
        Assert.Null(old.Contact);
    }

    [Fact]
    public async Task Of_two_contacts_each_has_their_own_again()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await Full("s1").SendProfilesAsync(1, 1, [("ana", """{"$email":"ana@example.org"}"""), ("old-ana", """{"$email":"old@example.org"}""")]);
        await PutAsync(scope, "ana", "ana@example.org", remoteId: 77);
        await PutAsync(scope, "old-ana", "old@example.org", remoteId: 78);
        await MergeAsync();
        await UndoAsync();

        var (ana, old) = await LoadBothAsync(scope);
        Assert.Equal((77L, 78L), (ana.Contact!.RemoteId, old.Contact!.RemoteId));
        Assert.Equal(["7", "7"], ana.Groups.Concat(old.Groups));
    }

    [Fact]
    public async Task A_contact_of_an_address_that_both_have_stays_with_the_id_that_spoke()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await Full("s1").SendProfilesAsync(1, 1, [("ana", """{"$email":"ana@example.org"}"""), ("old-ana", """{"$email":"ana@example.org"}""")]);
        await PutAsync(scope, "old-ana", "ana@example.org", remoteId: 77);
        await MergeAsync();
        await UndoAsync();

        var (ana, old) = await LoadBothAsync(scope);
        Assert.Equal(77, ana.Contact!.RemoteId);
        Assert.Equal("ana", old.AddressHeldBy);
    }

    [Fact]
    public async Task What_others_filled_in_is_emptied_where_it_went()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await Full("s1").SendProfilesAsync(
            1, 1, [("ana", """{"$email":"ana@example.org","plan":"pro"}"""), ("old-ana", """{"city":"Rome","plan":"free"}""")]);
        await PutAsync(scope, "ana", "ana@example.org", remoteId: 77);
        await MergeAsync();
        await UndoAsync();

        var (ana, old) = await LoadBothAsync(scope);
        Assert.Equal("""{"$email":"ana@example.org","plan":"pro","city":null}""", ana.Properties);
        Assert.Equal("""{"city":"Rome","plan":"free"}""", old.Properties);
    }

    [Fact]
    public async Task Whose_contact_was_kept_speaks_for_their_part_again()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await SayAsync([.. Enumerable.Range(1, 5).Select(i => new IdentityClaim(IdentityClaimKind.Merge, i == 1 ? "old-ana" : $"alias-{i - 1}", $"alias-{i}"))]);
        await PutAsync(scope, "ana", "ana@example.org", remoteId: 77);
        await PutAsync(scope, "old-ana", "old@example.org", remoteId: 78);
        await MergeAsync();
        Assert.Equal(Key("ana"), (await Store.Identities.FindAsync(Project, "alias-5", Token)).Person);
        var merge = (await Store.Identities.ClaimsOfAsync(Project, [Key("ana")], Token)).Single();
        Assert.True(await Store.Identities.UndoAsync(Project, merge.Claim, Token));

        Assert.Equal(Key("old-ana"), (await Store.Identities.FindAsync(Project, "alias-5", Token)).Person);
        var (ana, old) = await LoadBothAsync(scope);
        Assert.Equal((77L, 78L), (ana.Contact!.RemoteId, old.Contact!.RemoteId));
        Assert.Null(old.SpokenForBy);
    }

    [Fact]
    public async Task Whoever_has_read_them_as_one_writes_nothing_of_it()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await Full("s1").SendProfilesAsync(1, 1, [("ana", """{"plan":"pro"}"""), ("old-ana", """{"$email":"old@example.org"}""")]);
        await PutAsync(scope, "old-ana", "old@example.org", remoteId: 77);
        await MergeAsync();
        var delivery = (await Store.Leases.TryTakeAsync("delivery/account", "node-1", TimeSpan.FromHours(1), Token))!;
        await Store.Ledger.RegisterAsync(scope with { LeaseName = delivery.Name }, Token);
        var events = (await Store.Leases.TryTakeAsync("events/p", "node-1", TimeSpan.FromHours(1), Token))!;
        var loaded = await LoadAsync(scope, "ana");
        await UndoAsync();

        var changes = new LedgerChanges();
        changes.Contacts.Add(new ContactChange(Key("ana"), loaded.Contact! with { State = LedgerState.Intended }));
        await Assert.ThrowsAsync<LeaseLostException>(() => Store.Ledger.CommitAsync(scope, delivery, changes, Token));
        var (ana, old) = await LoadBothAsync(scope);
        Assert.Null(ana.Contact);
        Assert.Equal(77, old.Contact!.RemoteId);

        // The same owner goes on at once; whoever writes no contacts was never disturbed.
        var again = (await Store.Leases.TryTakeAsync("delivery/account", "node-1", TimeSpan.FromHours(1), Token))!;
        await Store.Ledger.CommitAsync(scope, again, new LedgerChanges(), Token);
        Assert.True(await Store.Leases.RenewAsync(events, TimeSpan.FromHours(1), Token));
    }

    [Fact]
    public async Task Only_those_who_write_the_project_s_contacts_read_anew()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        var other = scope with { Project = $"{Project}-other" };
        var leases = new List<Lease>();
        foreach (var (name, users) in new[] { ("old", new[] { scope }), ("own", [scope]), ("shared", [scope, other]), ("others", [other]), ("nobodys", []) })
        {
            var lease = (await Store.Leases.TryTakeAsync($"delivery/{Project}/{name}", "node-1", TimeSpan.FromHours(1), Token))!;
            leases.Add(lease);
            foreach (var user in users)
            {
                await Store.Ledger.RegisterAsync(user with { LeaseName = lease.Name }, Token);
                await Store.Ledger.RegisterAsync(user, Token);
            }
        }

        await MergeAsync();
        await UndoAsync();

        var kept = new List<bool>();
        foreach (var lease in leases)
        {
            kept.Add(await Store.Leases.RenewAsync(lease, TimeSpan.FromHours(1), Token));
        }

        Assert.Equal([false, false, false, true, true], kept);
        await Store.Ledger.CommitAsync(other, leases[3], new LedgerChanges(), Token);
    }

    [Fact]
    public async Task It_is_told_before_who_would_be_left()
    {
        await SayAsync(new IdentityClaim(IdentityClaimKind.Merge, "ana", "old-ana"), new IdentityClaim(IdentityClaimKind.Merge, "old-ana", "oldest-ana"));
        var claim = (await Store.Identities.ClaimsOfAsync(Project, [Key("old-ana")], Token)).Single(c => c.Other == "old-ana").Claim;

        var parts = await Store.Identities.PreviewUndoAsync(Project, claim, Token);

        Assert.Equal(["ana", "old-ana oldest-ana"], parts!.Select(p => string.Join(' ', p.Ids.Select(i => i.DistinctId))));
        Assert.Equal(3, (await Store.Identities.FindAsync(Project, "ana", Token)).Ids.Count);
        Assert.True(await Store.Identities.UndoAsync(Project, claim, Token));
        Assert.Equal(Key("old-ana"), (await Store.Identities.FindAsync(Project, "oldest-ana", Token)).Person);
        Assert.Null(await Store.Identities.PreviewUndoAsync(Project, claim, Token));
        Assert.Null(await Store.Identities.PreviewUndoAsync(Project, "no claim", Token));
    }

    [Fact]
    public async Task Claims_are_found_by_either_id_with_what_became_of_them()
    {
        await SayAsync(
            new IdentityClaim(IdentityClaimKind.Merge, "ana", "old-ana"), new IdentityClaim(IdentityClaimKind.Identify, "ana", "no-uuid"),
            new IdentityClaim(IdentityClaimKind.Merge, "bo", "old-bo"));

        Assert.Equal(["old-ana"], (await Store.Identities.ClaimsOfAsync(Project, [Key("old-ana")], Token)).Select(c => c.Other));
        var claims = await Store.Identities.ClaimsOfAsync(Project, [Key("ana"), Key("old-ana")], Token);
        Assert.Equal(
            [("no-uuid", "refused", IdentityRefusal.NotAnonymous), ("old-ana", "followed", (string?)null)],
            claims.OrderBy(c => c.Other, StringComparer.Ordinal).Select(c => (c.Other, c.State, c.Reason)));
    }

    private async Task<(PersonState Ana, PersonState Old)> LoadBothAsync(DeliveryScope scope)
    {
        var states = await Store.Ledger.LoadAsync(scope, [Key("ana"), Key("old-ana")], Token);
        Assert.Equal(2, states.Count);
        return (states.Single(s => s.Key == Key("ana")), states.Single(s => s.Key == Key("old-ana")));
    }

    private Task PutAsync(DeliveryScope scope, string id, string email, long remoteId) => CommitAsync(scope, c =>
    {
        c.Contacts.Add(new ContactChange(Key(id), Contact(LedgerState.Present, email, remoteId: remoteId)));
        c.Members.Add(new MemberChange(15, Key(id), Member(LedgerState.Present)));
    });

    private Task<EventAppendOutcome> MergeAsync() => SayAsync(new IdentityClaim(IdentityClaimKind.Merge, "ana", "old-ana"));

    private async Task UndoAsync()
    {
        var claim = Assert.Single(await Store.Identities.ListAsync(Project, "followed", 10, Token)).Claim;
        Assert.True(await Store.Identities.UndoAsync(Project, claim, Token));
    }

    private Task<EventAppendOutcome> SayAsync(params IdentityClaim[] claims) => Store.Events.AppendAsync(
        new EventBatch(Project, Origin.Received, IdentityMode.Original, [new EventRecord("e", 1, "ana", null, "{}"u8.ToArray())], claims), Token);
}

public sealed class SqliteUndoTests : UndoContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresUndoTests : UndoContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
