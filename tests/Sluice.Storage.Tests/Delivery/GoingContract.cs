using Sluice.Core.Delivery;
using Sluice.Core.Events;
using Sluice.Core.Identity;
using Sluice.Core.People;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>The last look at people before they are written to: whoever was suppressed since they were read is left out.</summary>
public abstract class GoingContract : DeliveryContract
{
    [Fact]
    public async Task Of_who_was_suppressed_since_they_were_read_nothing_is_written_and_they_are_marked()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await SuppressAsync("ana");
        await DealAsync(scope);

        Assert.Equal([Key("ana")], await GoAsync(scope, 15, "ana", "bo"));
        Assert.Null((await LoadAsync(scope, "ana")).Contact);
        Assert.Empty((await LoadAsync(scope, "ana")).Members);
        Assert.Equal(LedgerState.Intended, (await LoadAsync(scope, "bo")).Contact!.State);
        Assert.Equal([15L], (await LoadAsync(scope, "bo")).Members.Keys);
        Assert.Equal([Key("ana")], await PendingAsync(scope));
    }

    [Fact]
    public async Task A_suppression_for_one_list_keeps_nobody_out_of_another()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"), Rule(16, ListMode.Mirror, "7"));
        await SuppressAsync("ana", list: 15);

        Assert.Empty(await GoAsync(scope, 16, "ana"));
        Assert.Equal([Key("ana")], await GoAsync(scope, 15, "ana"));
        Assert.Equal([16L], (await LoadAsync(scope, "ana")).Members.Keys);
    }

    [Fact]
    public async Task Who_is_known_under_another_id_too_is_left_out_for_that_one()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await Added("s1").SendProfilesAsync(1, 1, ("ana", """{"plan":"pro"}"""), ("old-ana", """{"plan":"pro"}"""));
        await Store.Events.AppendAsync(
            new EventBatch(
                Project, Origin.Received, IdentityMode.Original, [new EventRecord("e", 1, "ana", null, "{}"u8.ToArray())],
                [new IdentityClaim(IdentityClaimKind.Merge, "ana", "old-ana")]),
            Token);
        Assert.Empty(await GoAsync(scope, 15, "ana"));

        await SuppressAsync("old-ana");
        Assert.Equal([Key("ana")], await GoAsync(scope, 15, "ana", "bo"));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(15, true)]
    [InlineData(16, false)]
    public async Task An_upload_does_not_begin_when_somebody_in_it_may_not_be_put_into_its_list(long list, bool stops)
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await CommitAsync(scope, c => c.Job = JobOf("j1", 15, Job.Preparing));
        await SuppressAsync("ana", list);
        var changes = new LedgerChanges { Job = JobOf("j1", 15, Job.Calling), Uploading = [Key("ana"), Key("bo")] };

        Assert.Equal(stops ? [Key("ana")] : [], await Store.Ledger.CommitAsync(scope, await LeaseAsync(), changes, Token));
        Assert.Equal(stops ? Job.Preparing : Job.Calling, Assert.Single(await Store.Ledger.ActiveJobsAsync(scope, Token)).State);
    }

    private async Task<IEnumerable<PersonKey>> GoAsync(DeliveryScope scope, long list, params string[] ids)
    {
        var changes = new LedgerChanges();
        foreach (var person in await Store.Ledger.LoadAsync(scope, [.. ids.Select(Key)], Token))
        {
            changes.Contacts.Add(new(person.Key, Contact(LedgerState.Intended, $"{person.Key}@example.org")));
            changes.Members.Add(new(list, person.Key, Member(LedgerState.Intended)));
            changes.Going.Add((person.Key, person.Screened));
        }

        return await Store.Ledger.CommitAsync(scope, await LeaseAsync(), changes, Token);
    }

    private Task SuppressAsync(string id, long list = 0) => Store.Suppressions.AddAsync(
        Project, [new SuppressionEntry(null, Key(id), list, "manual", "hand", DateTimeOffset.UnixEpoch.AddDays(20_000))], Token);

    private async Task DealAsync(DeliveryScope scope)
    {
        var pending = await Store.Ledger.PendingAsync(scope, 100, Token);
        await CommitAsync(scope, c => c.Dealt.AddRange(pending.Select(p => (p.Key, p.PendingSeq))));
    }
}

public sealed class SqliteGoingTests : GoingContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresGoingTests : GoingContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
