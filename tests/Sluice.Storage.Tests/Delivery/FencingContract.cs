using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Storage.Tests.Support;
using Sluice.Testing;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>What is written under a lease that has gone to another node is not written.</summary>
public abstract class FencingContract : DeliveryContract
{
    [Fact]
    public async Task A_commit_under_a_lost_lease_writes_nothing_at_all()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror));
        var lost = await LoseAsync();
        var changes = new LedgerChanges { Job = JobOf("j1", 15), Run = new Run("r1", 15, "walk", "running", DateTimeOffset.UnixEpoch, null, new Dictionary<string, long>(), null) };
        changes.Contacts.Add(new(Key("ana"), Contact(LedgerState.Intended)));
        changes.Members.Add(new(15, Key("ana"), Member(LedgerState.Intended)));
        changes.Marked.Add(Key("ana"));
        changes.Foreign.Add(new ForeignMember(15, 1, 1));
        changes.Removed[15] = 3;
        changes.DeadLetters.Add(new DeadLetter("l1", Brevo, "refused", "", Key("ana"), null, "{}", "open", DateTimeOffset.UnixEpoch));
        changes.Suppressions.Add(new SuppressionEntry("ana@example.org", null, 0, "spam", "seen", DateTimeOffset.UnixEpoch));
        changes.Destination = new DestinationChange { PausedReason = "key" };

        await Assert.ThrowsAsync<LeaseLostException>(() => Store.Ledger.CommitAsync(scope, lost, changes, Token));
        var person = await LoadAsync(scope, "ana");
        Assert.Null(person.Contact);
        Assert.Empty(person.Members);
        Assert.Empty(await PendingAsync(scope));
        Assert.Empty(await Store.Ledger.ActiveJobsAsync(scope, Token));
        Assert.Empty(await Store.Runs.ListAsync(Project, 10, Token));
        Assert.Empty(await Store.DeadLetters.ListAsync(Project, null, 10, Token));
        Assert.Empty(await Store.Suppressions.ListAsync(Project, 10, Token));
        Assert.Equal((0L, 0L), await Store.Ledger.CountAsync(scope, 15, Token));
        Assert.Equal(0, (await Store.Ledger.CountRemovalsAsync(scope, scope.Rules[0], Token)).Removed24Hours);
        Assert.Null((await Store.Ledger.RegisterAsync(scope, Token)).PausedReason);
    }

    [Fact]
    public async Task A_job_is_not_settled_under_a_lost_lease()
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror));
        await CommitAsync(scope, c => c.Members.Add(new(15, Key("ana"), Member(LedgerState.Intended, "j1"))));
        await Store.Leases.ReleaseAsync(await LeaseAsync(), Token);
        var lost = await LoseAsync();

        await Assert.ThrowsAsync<LeaseLostException>(
            () => Store.Ledger.SettleJobAsync(scope, lost, JobOf("j1", 15), KeyRange.All, LedgerState.Present, last: true, Token));
        Assert.Equal(LedgerState.Intended, (await LoadAsync(scope, "ana")).Members[15].State);
    }

    [Fact]
    public async Task A_lease_that_nobody_ever_took_opens_nothing()
    {
        var scope = await RegisterAsync();
        var invented = new Lease("invented-" + Project, "node-1", 1);

        await Assert.ThrowsAsync<LeaseLostException>(() => Store.Ledger.CommitAsync(scope, invented, new LedgerChanges(), Token));
    }

    [Fact]
    public async Task A_lease_that_ran_out_and_was_taken_by_nobody_still_holds()
    {
        // Nobody else can have written meanwhile: what is checked is the number, not the clock.
        var scope = await RegisterAsync();
        var lease = (await Store.Leases.TryTakeAsync("worker-" + Project, "node-1", TimeSpan.FromMilliseconds(1), Token))!;
        Home.Advance(TimeSpan.FromHours(1));
        var changes = new LedgerChanges();
        changes.Contacts.Add(new(Key("ana"), Contact(LedgerState.Intended)));
        await Store.Ledger.CommitAsync(scope, lease, changes, Token);

        Assert.NotNull((await LoadAsync(scope, "ana")).Contact);
    }

    /// <summary>A lease of one node that ran out and has gone to another.</summary>
    private async Task<Lease> LoseAsync()
    {
        var name = "worker-" + Project;
        var lease = await Store.Leases.TryTakeAsync(name, "node-a", TimeSpan.FromMilliseconds(1), Token);
        Home.Advance(TimeSpan.FromSeconds(1));
        await Eventually.GetAsync(
            "the lease runs out", token => Store.Leases.TryTakeAsync(name, "node-b", TimeSpan.FromHours(1), token), taken => taken is not null, cancellationToken: Token);
        return lease!;
    }
}

public sealed class SqliteFencingTests : FencingContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresFencingTests : FencingContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
