using System.Threading.Channels;
using Sluice.Core.Delivery.Enrichment;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.Events;

namespace Sluice.Core.Delivery.Events;

/// <summary>
/// Sends the events of one project to one destination, in the order of each person, each once. It works alone, under a lease of its own,
/// beside the worker that keeps contacts and lists in step.
/// </summary>
/// <param name="target">Whose events, and what its lists are to hold: that decides whose contact a shared address is.</param>
/// <param name="contactsWanted">Called when people were marked whose contact has to be made first.</param>
public sealed class EventWorker(
    WorkerTarget target, IEventDestination destination, IEventOutbox outbox, IEventLog log, ILedger ledger, ILeases leases, EventWorkerOptions options,
    TimeProvider time, string owner, Action contactsWanted, Action<Exception> report)
{
    private readonly TargetScope _scope = new(target, destination.Name, ledger);
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Events have come: look now.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    public Task RunAsync(CancellationToken cancellationToken) => LeasedLoop.RunAsync(
        leases, $"events/{target.Project}/{destination.Name}", owner, options.LeaseLength, WorkAsync, time, report, cancellationToken);

    private async Task WorkAsync(Lease lease, CancellationToken stopping)
    {
        await using var keeper = new LeaseKeeper(leases, lease, options.LeaseLength, time, stopping);
        var context = new EventContext(
            await ScopeAsync(keeper.Token), ScopeAsync, lease, outbox, log, ledger, destination, options, time, contactsWanted);
        await new EventSession(context, await outbox.OpenAsync(context.Scope, lease, keeper.Token)).RunAsync(WokenAsync, stopping, keeper.Token);
    }

    // No event depends on the groups that its person is in, or on what is added to them.
    private async Task<DeliveryScope> ScopeAsync(CancellationToken cancellationToken) =>
        await _scope.ReadAsync(cancellationToken) with { GroupAttributes = false, Enrichment = EnrichmentRules.None, HasContacts = destination.NeedsContacts };

    private async Task WokenAsync(CancellationToken cancellationToken)
    {
        if (await _wake.Reader.WaitToReadAsync(cancellationToken))
        {
            _wake.Reader.TryRead(out _);
        }
    }
}
