using System.Text;
using Sluice.Core.Events;

namespace Sluice.Core.Delivery.Events;

/// <summary>What the parts of one worker share: the lease they work under, the ports, and how they write.</summary>
internal sealed class EventContext(
    DeliveryScope scope, Lease lease, IEventOutbox outbox, IEventLog log, ILedger ledger, IEventDestination destination, EventWorkerOptions options,
    TimeProvider time, Action contactsWanted)
{
    public DeliveryScope Scope { get; } = scope;

    public Lease Lease { get; } = lease;

    public IEventOutbox Outbox { get; } = outbox;

    public IEventLog Log { get; } = log;

    public ILedger Ledger { get; } = ledger;

    public IEventDestination Destination { get; } = destination;

    public EventWorkerOptions Options { get; } = options;

    public TimeProvider Time { get; } = time;

    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>A call that began so long ago has arrived or will not.</summary>
    public TimeSpan Certainty => Destination.CallLimit + TimeSpan.FromSeconds(5);

    /// <summary>People were marked whose contact has to be made.</summary>
    public void ContactsWanted() => contactsWanted();

    /// <summary>One letter an event, however often it comes up: it is named after the event's place in the log.</summary>
    public DeadLetter Letter(LoggedEvent logged, string reason, string detail) => new(
        EventLetter.IdOf(Scope.Destination, logged.Position),
        Scope.Destination, reason, detail, logged.Person, logged.Name, Encoding.UTF8.GetString(logged.Properties), "open", Now);

    public Task CommitAsync(OutboxChanges changes, CancellationToken cancellationToken) => Outbox.CommitAsync(Scope, Lease, changes, cancellationToken);
}
