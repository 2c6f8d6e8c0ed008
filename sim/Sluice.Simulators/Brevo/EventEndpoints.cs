using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>Custom events: one, many, and read back.</summary>
internal static class EventEndpoints
{
    public static BrevoAnswer Create(BrevoAccount account, BrevoRequest request)
    {
        var item = EventReader.Read(account, request.Body(BrevoRefusal.BadRequest("Parsing error: unmarshal json")));
        Store(account, item);
        return BrevoAnswer.NoContent;
    }

    /// <summary>
    /// Queues what is valid and says how many that were, not which. Events are stored a little later.
    /// </summary>
    public static BrevoAnswer CreateBatch(BrevoAccount account, BrevoRequest request)
    {
        if (request.BodyBytes > account.Options.MaxBatchBytes)
        {
            throw BrevoRefusal.BadRequest("Request body is larger than the maximum allowed size");
        }

        var body = request.Root(BrevoRefusal.BadRequest("Parsing error: unmarshal json"));
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw BrevoRefusal.BadRequest(
                $"json: cannot unmarshal {body.ValueKind.ToString().ToLowerInvariant()} into Go value of type main.unifiedEventsRequest");
        }

        if (body.Field("events") is not { ValueKind: JsonValueKind.Array } events || events.GetArrayLength() == 0)
        {
            throw BrevoRefusal.Missing("events is missing");
        }

        if (events.GetArrayLength() > account.Options.MaxBatchEvents)
        {
            throw BrevoRefusal.BadRequest($"At most {account.Options.MaxBatchEvents} events are allowed in one request");
        }

        List<IncomingEvent> valid = [];
        foreach (var item in events.EnumerateArray())
        {
            try
            {
                valid.Add(EventReader.Read(account, item));
            }
            catch (BrevoRefusal)
            {
                // Dropped: the answer only counts the others.
            }
        }

        if (valid.Count == 0)
        {
            throw BrevoRefusal.Invalid("No valid event in the request");
        }

        account.Schedule.After(account.Options.EventBatchTime, () => valid.ForEach(item => Store(account, item)));
        return BrevoAnswer.Json(202, json =>
        {
            json.WriteStartObject();
            json.WriteString("message", "Events have been queued for processing");
            json.WriteNumber("count", valid.Count);
            json.WriteEndObject();
        });
    }

    public static BrevoAnswer Query(BrevoAccount account, BrevoRequest request)
    {
        var (offset, limit) = request.Page(defaultLimit: 100, maxLimit: 10_000);
        var (start, end) = request.Range() ?? (account.Now.AddMonths(-6), DateTimeOffset.MaxValue);
        var contacts = request.Numbers("contact_id");
        var names = request.Texts("event_name");
        var objectTypes = request.Texts("object_type");
        var matching = account.Events.All
            .Where(stored => (contacts.Length == 0 || contacts.Contains(stored.ContactId))
                && (names.Length == 0 || names.Contains(stored.Name))
                && (objectTypes.Length == 0 || objectTypes.Contains(stored.ObjectType))
                && stored.Date >= start && stored.Date <= end)
            .Reverse()
            .OrderByDescending(stored => stored.Date)
            .ToList();
        return BrevoAnswer.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("events");
            foreach (var stored in matching.Skip(offset).Take(limit))
            {
                json.WriteStartObject();
                json.WriteNumber("contact_id", stored.ContactId);
                json.WriteString("event_date", stored.Date.ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture));
                json.WriteString("event_name", stored.Name);
                json.WriteString("event_filter_id", FilterId(stored.Name));
                json.WriteString("object_type", stored.ObjectType ?? "");
                json.WritePropertyName("event_properties");
                json.WriteRawValue(stored.EventProperties);
                json.WritePropertyName("contact_properties");
                json.WriteRawValue(stored.ContactProperties);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("count", matching.Count);
            json.WriteEndObject();
        });
    }

    private static void Store(BrevoAccount account, IncomingEvent item)
    {
        var contact = item.FindContact(account);
        if (contact is null && !account.Options.KeepEventsOfUnknownContacts)
        {
            account.Events.Dropped++;
            return;
        }

        account.Events.Add(new StoredEvent(
            contact?.Id ?? 0, item.Name, item.Date ?? account.Now, ObjectType: null, item.EventProperties, item.ContactProperties));
        if (contact is not null && item.Change.Values.Count > 0)
        {
            account.Writer.Update(contact, item.Change);
        }
    }

    private static string FilterId(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..24];
}
