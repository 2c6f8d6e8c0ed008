using System.Text;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Companies;
using Sluice.Core.Delivery.Enrichment;
using Sluice.Core.Identity;
using Sluice.Core.People;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>Which groups are companies, when they are looked at, and what is known of them.</summary>
public abstract class CompanyContract : DeliveryContract
{
    private const string GroupKey = "company";
    private static readonly DateTimeOffset Later = DateTimeOffset.UnixEpoch.AddYears(200);

    [Fact]
    public async Task Groups_that_were_there_before_and_groups_that_change_are_looked_at()
    {
        await GroupAsync("acme", "1");
        await GroupAsync("red", "1", key: "team");
        var scope = await FollowingAsync();
        var acme = Assert.Single(await PendingAsync(scope, 10));
        Assert.Equal((Key("acme"), "acme", """{"n":1}""", null), (acme.Group, acme.GroupId, acme.Properties, acme.Known));
        await DealAsync(scope, acme);
        Assert.Empty(await PendingAsync(scope, 10));

        await GroupAsync("acme", "2");
        await GroupAsync("beta", "1");
        await GroupAsync("red", "2", key: "team");
        Assert.Equal(2, await Store.Companies.CountAsync(scope, Token));
        Assert.Equal(Keys("acme", "beta"), (await PendingAsync(scope, 10)).Select(c => c.Group).Order());
        Assert.Single(await PendingAsync(scope, 1));
    }

    [Fact]
    public async Task Who_comes_and_who_leaves_is_a_change_of_the_group()
    {
        var scope = await FollowingAsync();
        await GroupAsync("acme", "1");
        await DealAllAsync(scope);
        await MemberAsync(scope, "ana", "acme");
        await MemberAsync(scope, "bo", "acme");
        var acme = Assert.Single(await PendingAsync(scope, 10));
        Assert.Equal(Keys("ana", "bo"), acme.Members);
        await DealAsync(scope, acme);
        await MemberAsync(scope, "bo", "beta");
        Assert.Equal(Keys("acme", "beta"), (await PendingAsync(scope, 10)).Select(c => c.Group).Order());
        Assert.Equal(Keys("ana"), (await PendingAsync(scope, 10)).Single(c => c.GroupId == "acme").Members);

        // Of a group without a profile nothing is known but its members.
        Assert.Null((await PendingAsync(scope, 10)).Single(c => c.Group == Key("beta")).GroupId);
    }

    [Fact]
    public async Task What_is_known_of_a_company_stays_until_it_is_due_or_marked()
    {
        var scope = await FollowingAsync();
        await GroupAsync("acme", "1");
        var acme = Assert.Single(await PendingAsync(scope, 10));
        var known = new LedgerCompany("6512ab", 42, [3, 1_000_000_000_000], Later);
        await GroupAsync("acme", "2");
        await CommitAsync(scope, new CompanyChange(acme.Group, known, acme.Seq));

        // It changed while it was dealt with: the mark stays.
        var again = Assert.Single(await PendingAsync(scope, 10));
        Assert.Equal(("6512ab", (UInt128)42), (again.Known!.RemoteId, again.Known.Payload));
        Assert.Equal([3, 1_000_000_000_000], again.Known.Linked);
        await CommitAsync(scope, new CompanyChange(acme.Group, known, again.Seq));
        Assert.Empty(await PendingAsync(scope, 10));
        await CommitAsync(scope, new CompanyChange(acme.Group, known with { LookAt = DateTimeOffset.UnixEpoch }, null));
        Assert.Equal(0, Assert.Single(await PendingAsync(scope, 10)).Seq);

        Assert.Empty(await Store.Companies.HeldAsync(scope, acme.Group, ["6512ab", "x"], Token));
        Assert.Equal(["6512ab"], await Store.Companies.HeldAsync(scope, Key("beta"), ["6512ab", "x"], Token));
        await CommitAsync(scope, new CompanyChange(acme.Group, null, null));
        Assert.Empty(await PendingAsync(scope, 10));
        Assert.Empty(await Store.Companies.HeldAsync(scope, Key("beta"), ["6512ab"], Token));
    }

    [Fact]
    public async Task An_id_that_was_asked_for_is_kept_and_takes_no_others_place()
    {
        var scope = await FollowingAsync();
        await CommitAsync(scope, c => c.Contacts.AddRange(
        [
            new ContactChange(Key("ana"), Contact(LedgerState.Present)), new ContactChange(Key("bo"), Contact(LedgerState.Present, remoteId: 5)),
        ]));
        await CommitAsync(scope, new CompanyChange(Key("acme"), null, null) { Contacts = [(Key("ana"), 7), (Key("bo"), 8), (Key("nobody"), 9)] });
        Assert.Equal((7L, 5L), ((await LoadAsync(scope, "ana")).Contact!.RemoteId, (await LoadAsync(scope, "bo")).Contact!.RemoteId));
    }

    [Fact]
    public async Task A_letter_that_is_tried_again_marks_its_group()
    {
        var scope = await FollowingAsync();
        await GroupAsync("acme", "1");
        var acme = Assert.Single(await PendingAsync(scope, 10));
        var letter = new DeadLetter($"{CompanyChange.LetterPrefix}{acme.Group}", Brevo, "company_ambiguous", "Two.", null, "acme", "{}", "open", DateTimeOffset.UnixEpoch);
        var known = new LedgerCompany(null, 1, [], Later);
        await CommitAsync(scope, new CompanyChange(acme.Group, known, acme.Seq) { Letter = letter });
        Assert.Empty(await PendingAsync(scope, 10));
        Assert.Equal(1, await Store.DeadLetters.RetryAsync(Project, [letter.Id], Token));
        Assert.Equal("acme", Assert.Single(await PendingAsync(scope, 10)).GroupId);
    }

    [Fact]
    public async Task Another_group_key_begins_anew_and_the_same_one_goes_on()
    {
        await GroupAsync("acme", "1");
        await GroupAsync("red", "1", key: "team");
        var scope = await FollowingAsync();
        await DealAllAsync(scope);
        await Store.Companies.RegisterAsync(scope, GroupKey, Token);
        Assert.Empty(await PendingAsync(scope, 10));
        await Store.Companies.RegisterAsync(scope, "team", Token);
        Assert.Equal("red", Assert.Single(await PendingAsync(scope, 10)).GroupId);
    }

    [Fact]
    public async Task Who_rests_is_left_out_and_takes_nobodys_place()
    {
        var scope = await FollowingAsync();
        await GroupAsync("acme", "1");
        await GroupAsync("beta", "1");
        await GroupAsync("cato", "1");
        foreach (var left in new[] { "acme", "beta", "cato" })
        {
            var without = Keys("acme", "beta", "cato").Except([Key(left)]).ToList();
            Assert.Equal(left, Assert.Single(await Store.Companies.PendingAsync(scope, 1, without, Token)).GroupId);
        }
    }

    [Fact]
    public async Task What_an_earlier_owner_was_doing_has_ended()
    {
        var scope = await FollowingAsync();
        Run[] runs =
        [
            new("r1", null, "companies", "running", DateTimeOffset.UnixEpoch, null, new Dictionary<string, long>(), null),
            new("r2", null, "companies", "done", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, new Dictionary<string, long>(), null),
            new("r3", null, "events", "running", DateTimeOffset.UnixEpoch, null, new Dictionary<string, long>(), null),
        ];
        foreach (var run in runs)
        {
            await Store.Companies.CommitAsync(scope, await LeaseAsync(), null, run, Token);
        }

        await Store.Companies.RegisterAsync(scope, GroupKey, Token);
        Assert.Equal(
            [("r1", "failed", true), ("r2", "done", true), ("r3", "running", false)],
            (await Store.Runs.ListAsync(Project, 10, Token)).Select(r => (r.Id, r.State, r.EndedAt is not null)).Order());
    }

    [Fact]
    public async Task A_worker_that_lost_its_lease_writes_nothing()
    {
        var scope = await FollowingAsync();
        var lease = await LeaseAsync();
        await Assert.ThrowsAsync<LeaseLostException>(
            () => Store.Companies.CommitAsync(scope, lease with { Fence = lease.Fence - 1 }, new CompanyChange(Key("acme"), null, null), null, Token));
    }

    private PersonKey[] Keys(params string[] ids) => [.. ids.Select(Key).Order()];

    private async Task<DeliveryScope> FollowingAsync()
    {
        var scope = Scope() with { Enrichment = new EnrichmentRules([], []) { Companies = GroupKey } };
        await Store.Ledger.RegisterAsync(scope, Token);
        await Store.Companies.RegisterAsync(scope, GroupKey, Token);
        return scope;
    }

    private Task<IReadOnlyList<CompanyState>> PendingAsync(DeliveryScope scope, int limit) => Store.Companies.PendingAsync(scope, limit, [], Token);

    private async Task CommitAsync(DeliveryScope scope, CompanyChange change) => await Store.Companies.CommitAsync(scope, await LeaseAsync(), change, null, Token);

    private Task DealAsync(DeliveryScope scope, CompanyState state) =>
        CommitAsync(scope, new CompanyChange(state.Group, new LedgerCompany("x", 1, [], Later), state.Seq));

    private async Task DealAllAsync(DeliveryScope scope)
    {
        foreach (var state in await PendingAsync(scope, 100))
        {
            await DealAsync(scope, state);
        }
    }

    /// <summary>A person is looked at who belongs to the company.</summary>
    private async Task MemberAsync(DeliveryScope scope, string id, string company)
    {
        ProfileOperation[] set = [new(ProfileOperationKind.Set, GroupKey, Encoding.UTF8.GetBytes($"\"{company}\""))];
        await Store.Profiles.ApplyAsync(new ProfileUpdates(Project, IdentityMode.Simplified, [new ProfileUpdate(0, id, null, false, set)]), Token);
        await Store.Ledger.NoteGroupsAsync(scope, await LeaseAsync(), await Store.Ledger.LoadAsync(scope, [Key(id)], Token), Token);
    }

    private async Task GroupAsync(string id, string value, string key = GroupKey) => await Store.Profiles.ApplyAsync(
        new GroupUpdates(Project, [new GroupUpdate(0, key, id, [new ProfileOperation(ProfileOperationKind.Set, "n", Encoding.UTF8.GetBytes(value))])]), Token);
}

public sealed class SqliteCompanyTests : CompanyContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresCompanyTests : CompanyContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
