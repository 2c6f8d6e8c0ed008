using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Events;
using Sluice.Core.People;

namespace Sluice.Destinations.Brevo.Events;

/// <summary>An event as Brevo is to have it, with what it is found by afterwards.</summary>
internal sealed record EventPayload(BrevoEvent Event, string InsertId, DateTimeOffset Date, long? ContactId);

/// <summary>Makes of a logged event the one that Brevo is to have.</summary>
internal sealed class EventMapper(string project, EventNames names)
{
    // Brevo says 50 KB; by the smaller kilobyte it fits whichever was meant.
    private const int MaxProperties = 50_000;

    public EventMapping Map(LoggedEvent logged, PersonState person)
    {
        var contact = person.Contact;
        var identifiers = new BrevoEventIdentifiers { ContactId = contact?.RemoteId, ExternalId = person.DistinctId, Email = contact?.Email };
        if (identifiers is { ContactId: null, ExternalId: null or "", Email: null })
        {
            return EventMapping.Refused("no_identifier", "Nothing is known of the person by which Brevo could find the contact.");
        }

        // What brought no insert id gets one that is the same at every try.
        var position = FormattableString.Invariant($"{logged.Position.Batch}/{logged.Position.Number}");
        var (insertId, properties) = EventProperties.Convert(logged.Properties, PersonKey.Of(project, position).ToString(), MaxProperties);
        if (properties is null)
        {
            return EventMapping.Refused("properties_too_large", "The event's properties are larger than 50 KB, also with their texts shortened.");
        }

        var date = DateTimeOffset.FromUnixTimeMilliseconds(logged.Time);
        var item = BrevoEvent.Create(names.NameOf(logged.Name), identifiers, date, properties);
        return EventMapping.Of(new MappedEvent(item.ByteCount, new EventPayload(item, insertId, date, contact?.RemoteId)));
    }
}
