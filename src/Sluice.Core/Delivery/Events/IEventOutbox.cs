using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Core.Delivery.Events;

/// <summary>
/// What a destination has taken over from the log and not finished: keys only, the events stay in the log. Every write happens under
/// the worker's lease, whose fencing number is checked in the same transaction.
/// </summary>
public interface IEventOutbox
{
    /// <summary>Makes the destination known. What an earlier owner was calling becomes of unknown outcome, its runs end as interrupted.</summary>
    Task<OutboxState> OpenAsync(DeliveryScope scope, Lease lease, CancellationToken cancellationToken);

    /// <summary>Moves the cursor and takes events over, in one commit.</summary>
    Task TakeOverAsync(
        DeliveryScope scope, Lease lease, LogPosition cursor, IReadOnlyList<LogKey> events, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Events that wait behind a place, in the order of the log, of people who do not rest.</summary>
    /// <param name="restedBy">Whose rest is over by then counts as rested.</param>
    Task<OutboxPage> ReadAsync(DeliveryScope scope, LogPosition after, int limit, DateTimeOffset restedBy, CancellationToken cancellationToken);

    /// <summary>Events of unknown outcome that may be asked about, oldest first. How long ago something was, the store's clock says.</summary>
    /// <param name="wait">Null for all of them, however young.</param>
    Task<IReadOnlyList<OutboxRow>> UnknownAsync(DeliveryScope scope, UnknownWait? wait, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Writes down that events are about to be sent: when this returns, the call may be made. Left out are events of people who have been
    /// suppressed meanwhile, also when that is known of them under an id that has come to speak for them since they were loaded; events
    /// that would go to another contact by now, for their id has left the person or the contact has; and events that have been erased.
    /// </summary>
    Task<CallStart> BeginCallAsync(
        DeliveryScope scope, Lease lease, EventCallId id, IReadOnlyList<OutboxItem> items, CancellationToken cancellationToken);

    Task CommitAsync(DeliveryScope scope, Lease lease, OutboxChanges changes, CancellationToken cancellationToken);
}

/// <param name="Cursor">How far the log has been taken over.</param>
/// <param name="Waiting">How many events are in the outbox.</param>
public sealed record OutboxState(LogPosition Cursor, long Waiting);

/// <summary>An event in the outbox.</summary>
/// <param name="Sender">The key of the id as sent.</param>
/// <param name="Lane">The key of the id that speaks for the person now: one person's events keep their order.</param>
/// <param name="Alone">It goes out in a call of its own, so that an answer is about it alone.</param>
/// <param name="TakenAt">When it was taken over from the log.</param>
/// <param name="CalledAt">When the call began whose outcome is unknown.</param>
/// <param name="Rest">What the person has been waiting for until now; null when for nothing.</param>
public sealed record OutboxRow(
    LogPosition Position, PersonKey Sender, PersonKey Lane, bool Alone, DateTimeOffset TakenAt, DateTimeOffset? CalledAt, Rest? Rest)
{
    /// <summary>Of unknown outcome, by a call whose events are stored later, and not yet looked for.</summary>
    public bool Queued { get; init; }

    /// <summary>The number of the contact that the call named; null when it named none.</summary>
    public long? Contact { get; init; }
}

/// <summary>Why a person's events wait.</summary>
/// <param name="Times">How often they were made to wait.</param>
public sealed record Rest(string Reason, int Times)
{
    /// <summary>The destination does not have the contact yet.</summary>
    public const string Contact = "contact";
    public const string NotContactable = "not_contactable";
    public const string Unavailable = "unavailable";
    public const string Unknown = "unknown_outcome";

    /// <summary>An earlier event of the same id is still on the way, for somebody else.</summary>
    public const string Earlier = "earlier_event";

    /// <summary>Of what goes a slower way of its own enough is held.</summary>
    public const string Crowded = "crowded";
}

/// <param name="NextRest">When the next rest ends; only told at the end.</param>
public sealed record OutboxPage(IReadOnlyList<OutboxRow> Rows, bool AtEnd, DateTimeOffset? NextRest);

/// <summary>Names a call.</summary>
/// <param name="Queued">The destination stores later what came this way: not finding it does not yet mean that it has not arrived.</param>
public readonly record struct EventCallId(string Id, bool Queued);

/// <summary>How long ago the call of an event of unknown outcome must have begun, or the event have been looked for.</summary>
/// <param name="Looked">When the last look did not find what came by a queue.</param>
public sealed record UnknownWait(TimeSpan Direct, TimeSpan Queued, TimeSpan Looked);

/// <summary>Which events of a call are not sent, for what has happened since they were loaded.</summary>
/// <param name="Suppressed">The people, of those given, who must not be written to.</param>
/// <param name="Changed">
/// Events that are another person's, or whose person has another contact, and what else the call has of the same ids: they still wait, and have to
/// be read anew.
/// </param>
/// <param name="Erased">Events that wait no more.</param>
public sealed record CallStart(IReadOnlySet<PersonKey> Suppressed, IReadOnlySet<LogPosition> Changed, IReadOnlySet<LogPosition> Erased)
{
    public bool MayGo(OutboxItem item) => !Changed.Contains(item.Position) && !Erased.Contains(item.Position) && !Suppressed.Contains(item.Lane);
}

/// <summary>An event that is about to be sent.</summary>
/// <param name="Contact">The contact that it is to go to; null where there are none.</param>
public readonly record struct OutboxItem(LogPosition Position, PersonKey Sender, PersonKey Lane, ContactName? Contact = null);

/// <summary>What a destination knows a contact by.</summary>
public sealed record ContactName(long? RemoteId, string? Email)
{
    public static ContactName? Of(LedgerContact? contact) => contact is null ? null : new ContactName(contact.RemoteId, contact.Email);
}

/// <summary>Everything that one step writes at one time.</summary>
public sealed class OutboxChanges
{
    /// <summary>Finished: sent, or never to be sent.</summary>
    public List<(LogPosition Position, PersonKey Sender)> Gone { get; } = [];

    /// <summary>Not sent after all: they wait again.</summary>
    public List<(LogPosition Position, PersonKey Sender, bool Alone)> Again { get; } = [];

    /// <summary>Nobody knows whether they arrived.</summary>
    public List<(LogPosition Position, PersonKey Sender)> Unknown { get; } = [];

    /// <summary>Not found, and perhaps stored later: they are looked for once more.</summary>
    public List<(LogPosition Position, PersonKey Sender)> Looked { get; } = [];

    /// <summary>People who no longer rest, if their rest was over by <see cref="RestedBy"/>. Written before <see cref="Resting"/>.</summary>
    public List<PersonKey> Rested { get; } = [];

    public DateTimeOffset RestedBy { get; init; }

    public List<(PersonKey Person, DateTimeOffset Until, string Reason)> Resting { get; } = [];

    /// <summary>People whose contact has to be made; marked unless they are.</summary>
    public List<PersonKey> Marked { get; } = [];

    public List<DeadLetter> DeadLetters { get; } = [];

    public Run? Run { get; set; }

    public DestinationChange? Destination { get; set; }

    public bool IsEmpty => Gone.Count + Again.Count + Unknown.Count + Looked.Count + Rested.Count + Resting.Count + Marked.Count + DeadLetters.Count == 0
        && Run is null && Destination is null;
}
