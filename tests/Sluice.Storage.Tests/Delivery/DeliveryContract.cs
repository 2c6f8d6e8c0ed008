using Sluice.Core.Delivery;
using Sluice.Core.People;
using Sluice.Storage.Tests.Support;

namespace Sluice.Storage.Tests.Delivery;

/// <summary>What the suites about deliveries have in common: a destination with a list, and its worker's lease.</summary>
public abstract class DeliveryContract : StoreContract
{
    protected const string Brevo = "brevo";

    protected DeliveryScope Scope(params ListRule[] rules) => new(Project, Brevo, rules, GroupAttributes: false);

    protected static ListRule Rule(long list, ListMode mode, params string[] cohorts) => new(list, mode, AllUsers: false, cohorts, [], MaxRemoval: 0.5);

    protected async Task<DeliveryScope> RegisterAsync(params ListRule[] rules)
    {
        var scope = Scope(rules);
        await Store.Ledger.RegisterAsync(scope, Token);
        return scope;
    }

    protected async Task<Lease> LeaseAsync(string owner = "node-1") =>
        (await Store.Leases.TryTakeAsync($"worker-{Project}", owner, TimeSpan.FromHours(1), Token))!;

    /// <summary>Commits what <paramref name="fill"/> puts into the changes, under the worker's lease.</summary>
    protected async Task CommitAsync(DeliveryScope scope, Action<LedgerChanges> fill)
    {
        var changes = new LedgerChanges();
        fill(changes);
        await Store.Ledger.CommitAsync(scope, await LeaseAsync(), changes, Token);
    }

    protected async Task<PersonState> LoadAsync(DeliveryScope scope, string id) => Assert.Single(await Store.Ledger.LoadAsync(scope, [Key(id)], Token));

    protected async Task<IReadOnlyList<PersonKey>> PendingAsync(DeliveryScope scope) =>
        [.. (await Store.Ledger.PendingAsync(scope, 100_000, Token)).Select(p => p.Key).Order()];

    protected static LedgerMember Member(LedgerState state, string? job = null) => new(state, job, DateTimeOffset.UnixEpoch.AddDays(20_000), "run-1");

    protected static LedgerContact Contact(LedgerState state, string? email = null, string? job = null, long? remoteId = null) =>
        new(remoteId, email, 42, 7, state, job, null);

    protected static Job JobOf(string id, long list, string state = Job.Running) =>
        new(id, list, "run-1", state, 99, "token", 3, "witness", DateTimeOffset.UnixEpoch.AddDays(20_000), null, null);
}
