using Sluice.Core.Events;

namespace Sluice.Core.Delivery.Events;

/// <summary>
/// A system that takes events, of its contacts or of whomever they are about. It says how a call looks, what it costs and what its answer means; the engine owns the
/// order, the clock, what is written down, and repetitions.
/// </summary>
public interface IEventDestination
{
    /// <summary>For instance <c>brevo</c>.</summary>
    string Name { get; }

    /// <summary>Names of the events that are sent; null for all.</summary>
    IReadOnlyCollection<string>? Wanted { get; }

    /// <summary>
    /// True where events only go to people whom the destination has as contacts: an event then waits for its person's contact. Elsewhere
    /// <see cref="PersonState.Contact"/> is never there.
    /// </summary>
    bool NeedsContacts { get; }

    /// <summary>Events come from it too (<see cref="Origin.Destination"/>): those are never sent back to it.</summary>
    bool TellsEvents { get; }

    /// <summary>How long a call may take: one that began longer ago has arrived or will not.</summary>
    TimeSpan CallLimit { get; }

    /// <summary>How events can be sent now, the one that moves most first. Asked before every call: answers change it.</summary>
    IReadOnlyList<EventWay> Ways { get; }

    /// <summary>Why the person cannot become a contact; null when they can. Pure; only asked where contacts are needed.</summary>
    string? WhyNoContact(PersonState person);

    /// <summary>An event as the destination is to have it. Pure.</summary>
    /// <param name="person">Whose it is: a contact of the destination, as far as is known.</param>
    EventMapping Map(LoggedEvent logged, PersonState person);

    /// <summary>Makes one call.</summary>
    /// <param name="prepare">
    /// Called when nothing but the call itself is left to do, so that what is written down as under way is under way. Gives what is to be
    /// sent; nothing means no call.
    /// </param>
    /// <param name="waiting">Ends the wait for a permit.</param>
    /// <param name="calling">Ends the call itself.</param>
    Task<EventOutcome> SendAsync(
        EventWay way, Func<CancellationToken, Task<IReadOnlyList<MappedEvent>>> prepare, CancellationToken waiting, CancellationToken calling);

    /// <summary>Looks which of some events the destination has; null where it cannot tell, or where asking would cost what is kept for others.</summary>
    Task<IReadOnlyList<bool?>> FindAsync(IReadOnlyList<MappedEvent> events, CancellationToken cancellationToken);
}

/// <summary>One kind of call.</summary>
/// <param name="Budget">What its calls are counted in: of two ways with one budget the one that moves more goes first.</param>
/// <param name="MaxEvents">Events a call.</param>
/// <param name="MaxBytes">Bytes a call.</param>
/// <param name="WorthFrom">With fewer events waiting, other ways are better.</param>
/// <param name="Parallel">Calls at one time.</param>
/// <param name="SettlesAfter">The destination stores what came this way so much later: a person's next event does not overtake it on another way.</param>
public sealed record EventWay(string Name, string Budget, int MaxEvents, int MaxBytes, int WorthFrom, int Parallel, TimeSpan SettlesAfter)
{
    /// <summary>What it carries: only events of the same kind go this way.</summary>
    public string Kind { get; init; } = "";
}

/// <param name="Bytes">Its size in a call.</param>
/// <param name="Payload">The destination's own; the engine never looks into it.</param>
public sealed record MappedEvent(int Bytes, object Payload)
{
    /// <summary>Which ways it may go.</summary>
    public string Kind { get; init; } = "";
}

/// <summary>What becomes of an event: it is sent, or there is a reason against it.</summary>
/// <param name="Event">Null when it is refused.</param>
/// <param name="Reason">A stable code; empty when it is sent.</param>
/// <param name="Detail">What a person needs to know; no one's data.</param>
public sealed record EventMapping(MappedEvent? Event, string Reason, string Detail)
{
    public static EventMapping Of(MappedEvent mapped) => new(mapped, "", "");

    public static EventMapping Refused(string reason, string detail) => new(null, reason, detail);
}

/// <summary>What became of a call.</summary>
/// <param name="Called">False when no call was made: nothing of it can have arrived.</param>
/// <param name="Decision">About the call as a whole.</param>
/// <param name="Each">What the answer said of each event, in their order; null when it spoke of all alike.</param>
public sealed record EventOutcome(bool Called, Decision Decision, IReadOnlyList<Decision>? Each = null);

/// <summary>What is done with events of which nobody knows whether they arrived.</summary>
public enum UnknownRule
{
    /// <summary>They are taken for delivered: nobody gets one twice.</summary>
    Skip = 0,

    /// <summary>They are sent again: none is missing.</summary>
    Resend = 1,
}

/// <summary>Stable reasons why an event is not sent.</summary>
public static class EventSkip
{
    public const string NotMapped = "not_mapped";
    public const string Off = "sync_events_off";
    public const string Nobody = "no_distinct_id";
    public const string OwnEcho = "came_from_the_destination";
    public const string Suppressed = "suppressed";
    public const string NotContactable = "not_contactable";
    public const string AddressOfAnother = "same_address_as_another_person";
    public const string ContactRefused = "contact_refused";
    public const string NoContact = "contact_not_made";
    public const string Erased = "erased";
}
