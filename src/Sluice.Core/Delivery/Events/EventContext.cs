using System.Text;
using Sluice.Core.Events;

namespace Sluice.Core.Delivery.Events;

/// <summary>What the parts of one worker share: the lease they work under, the ports, and how they write.</summary>
internal sealed class EventContext(
    DeliveryScope scope, Func<CancellationToken, Task<DeliveryScope>> scopeNow, Lease lease, IEventOutbox outbox, IEventLog log, ILedger ledger, IEventDestination destination, EventWorkerOptions options,
    TimeProvider time, Action contactsWanted)
{
    private static readonly TimeSpan StoreRest = TimeSpan.FromMilliseconds(500);

    public DeliveryScope Scope { get; private set; } = scope;

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

    public Task<IReadOnlyList<LoggedEvent>> EventsAsync(IReadOnlyList<LogPosition> positions, CancellationToken cancellationToken) =>
        PatientlyAsync(token => Log.GetAsync(Scope.Project, positions, token), cancellationToken);

    /// <summary>What is known of the people whose rows these are.</summary>
    public Task<IReadOnlyList<PersonState>> PeopleAsync(IReadOnlyList<OutboxRow> rows, CancellationToken cancellationToken) =>
        PatientlyAsync(token => Ledger.LoadAsync(Scope, [.. rows.Select(r => r.Lane).Distinct()], token), cancellationToken);

    /// <summary>Lists may have found their cohorts since.</summary>
    public async Task RenewScopeAsync(CancellationToken cancellationToken) => Scope = await PatientlyAsync(scopeNow, cancellationToken);

    public Task CommitAsync(OutboxChanges changes, CancellationToken cancellationToken) => PatientlyAsync(
        async token =>
        {
            await Outbox.CommitAsync(Scope, Lease, changes, token);
            return true;
        },
        cancellationToken);

    /// <summary>Asks the store until it answers: while the lease lasts, what is known of calls is not thrown away over a store that is busy.</summary>
    public async Task<T> PatientlyAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await work(cancellationToken);
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(StoreRest, Time, cancellationToken);
            }
        }
    }
}
