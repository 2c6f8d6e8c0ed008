using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>Marks of people who have to be looked at: none is lost, and none is dealt with twice for nothing.</summary>
public abstract class PendingContract : DeliveryContract
{
    [Fact]
    public async Task A_mark_goes_when_it_has_been_dealt_with()
    {
        var scope = await MarkedAsync("ana", "bo");
        var ana = await StateAsync(scope, "ana");
        await CommitAsync(scope, c => c.Dealt.Add((ana.Key, ana.PendingSeq)));

        Assert.Equal([Key("bo")], await PendingAsync(scope));
    }

    [Fact]
    public async Task Who_is_marked_again_while_being_dealt_with_stays_marked()
    {
        var scope = await MarkedAsync("ana");
        var before = await StateAsync(scope, "ana");
        await MarkAsync(scope, "ana");
        await CommitAsync(scope, c => c.Dealt.Add((before.Key, before.PendingSeq)));

        var after = await StateAsync(scope, "ana");
        Assert.True(after.PendingSeq > before.PendingSeq);
        await CommitAsync(scope, c => c.Dealt.Add((after.Key, after.PendingSeq)));
        Assert.Empty(await PendingAsync(scope));
    }

    [Fact]
    public async Task Many_marks_of_one_person_are_one()
    {
        var scope = await MarkedAsync("ana");
        await MarkAsync(scope, "ana");
        await MarkAsync(scope, "ana");

        Assert.Equal([Key("ana")], await PendingAsync(scope));
    }

    [Fact]
    public async Task Who_waits_for_a_job_comes_back_when_it_has_ended()
    {
        var scope = await MarkedAsync("ana", "bo");
        var before = await StateAsync(scope, "ana");
        await CommitAsync(scope, c => c.Waiting.Add((Key("ana"), before.PendingSeq, "j1")));
        Assert.Equal([Key("bo")], await PendingAsync(scope));

        var lease = await LeaseAsync();
        await Store.Ledger.SettleJobAsync(scope, lease, JobOf("j1", 15), KeyRange.Slice(0, 2), LedgerState.Present, last: false, Token);
        Assert.Equal([Key("bo")], await PendingAsync(scope));
        await Store.Ledger.SettleJobAsync(scope, lease, JobOf("j2", 15), KeyRange.All, LedgerState.Present, last: true, Token);
        Assert.Equal([Key("bo")], await PendingAsync(scope));
        await Store.Ledger.SettleJobAsync(scope, lease, JobOf("j1", 15), KeyRange.Slice(1, 2), LedgerState.Present, last: true, Token);
        Assert.Equal(new[] { Key("ana"), Key("bo") }.Order(), await PendingAsync(scope));
        Assert.True((await StateAsync(scope, "ana")).PendingSeq > before.PendingSeq);
    }

    [Fact]
    public async Task Who_is_marked_while_waiting_is_looked_at_at_once()
    {
        var scope = await MarkedAsync("ana");
        var before = await StateAsync(scope, "ana");
        await CommitAsync(scope, c => c.Waiting.Add((Key("ana"), before.PendingSeq, "j1")));
        Assert.Empty(await PendingAsync(scope));
        await MarkAsync(scope, "ana");

        Assert.Equal([Key("ana")], await PendingAsync(scope));
    }

    [Fact]
    public async Task Who_was_marked_again_before_they_are_to_wait_does_not_wait()
    {
        var scope = await MarkedAsync("ana", "bo");
        var (ana, bo) = (await StateAsync(scope, "ana"), await StateAsync(scope, "bo"));
        await MarkAsync(scope, "ana");
        await CommitAsync(scope, c => c.Waiting.AddRange([(ana.Key, ana.PendingSeq, "j1"), (bo.Key, bo.PendingSeq, "j1")]));

        Assert.Equal([Key("ana")], await PendingAsync(scope));
        Assert.True((await StateAsync(scope, "ana")).PendingSeq > ana.PendingSeq);
    }

    [Fact]
    public async Task Who_was_not_marked_may_wait_for_a_job_too()
    {
        // A walk over a list finds people whom nobody has marked.
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await CommitAsync(scope, c => c.Waiting.Add((Key("ana"), 1, "j1")));
        Assert.Empty(await PendingAsync(scope));

        await Store.Ledger.SettleJobAsync(scope, await LeaseAsync(), JobOf("j1", 15), KeyRange.All, LedgerState.Present, last: true, Token);
        Assert.Equal([Key("ana")], await PendingAsync(scope));
    }

    [Fact]
    public async Task No_more_are_given_than_asked_for_and_all_come_in_the_end()
    {
        var ids = Enumerable.Range(0, 250).Select(i => $"u-{i}").ToArray();
        var scope = await MarkedAsync(ids);
        var seen = new HashSet<PersonKey>();
        while (await Store.Ledger.PendingAsync(scope, 100, Token) is { Count: > 0 } part)
        {
            Assert.InRange(part.Count, 1, 100);
            Assert.All(part, p => Assert.True(seen.Add(p.Key)));
            await CommitAsync(scope, c => c.Dealt.AddRange(part.Select(p => (p.Key, p.PendingSeq))));
        }

        Assert.Equal(250, seen.Count);
    }

    [Fact]
    public async Task Marks_are_each_destinations_own()
    {
        var other = Scope() with { Destination = "other" };
        await Store.Ledger.RegisterAsync(other, Token);
        var scope = await MarkedAsync("ana");
        Assert.Equal([Key("ana")], await PendingAsync(other));
        await CommitAsync(scope, c => c.Dealt.Add((Key("ana"), 1)));

        Assert.Empty(await PendingAsync(scope));
        Assert.Equal([Key("ana")], await PendingAsync(other));
    }

    private async Task<DeliveryScope> MarkedAsync(params string[] ids)
    {
        var scope = await RegisterAsync(Rule(15, ListMode.Mirror, "7"));
        await MarkAsync(scope, ids);
        return scope;
    }

    private Task MarkAsync(DeliveryScope scope, params string[] ids) => CommitAsync(scope, c => c.Marked.AddRange(ids.Select(Key)));

    private async Task<PersonState> StateAsync(DeliveryScope scope, string id) =>
        Assert.Single(await Store.Ledger.PendingAsync(scope, 1_000, Token), p => p.Key == Key(id));
}

public sealed class SqlitePendingTests : PendingContract
{
    protected override Task<StoreHome> CreateHomeAsync() => Task.FromResult<StoreHome>(new SqliteHome());
}

public sealed class PostgresPendingTests : PendingContract
{
    protected override async Task<StoreHome> CreateHomeAsync() => await PostgresHome.CreateAsync(Token);
}
