using System.Buffers;
using System.Text.Json;
using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Events;

namespace Sluice.Destinations.Brevo.Orders;

/// <summary>Makes orders of the events that are orders. What is not as an order has to be is refused with a reason, and not sent as an event instead.</summary>
internal sealed class OrderMapper(IReadOnlyList<OrderRule> rules)
{
    /// <summary>What an event is for the ways that orders go.</summary>
    public const string Kind = "order";

    private readonly Dictionary<string, OrderRule> _rules = rules.ToDictionary(r => r.Event, StringComparer.Ordinal);

    /// <summary>Mixpanel's names of the events that are orders.</summary>
    public IReadOnlyCollection<string> Events => _rules.Keys;

    /// <returns>Null when the event is no order.</returns>
    public EventMapping? Map(LoggedEvent logged, PersonState person)
    {
        if (!_rules.TryGetValue(logged.Name, out var rule))
        {
            return null;
        }

        var identifiers = new BrevoEventIdentifiers { ExternalId = person.DistinctId, Email = person.Contact?.Email };
        if (identifiers is { ExternalId: null or "", Email: null })
        {
            return EventMapping.Refused("no_identifier", "Nothing is known of the person by which Brevo could find the contact.");
        }

        using var document = JsonDocument.Parse(logged.Properties);
        var reader = new OrderReader(rule, document.RootElement);
        if (reader.Read() is { } problem)
        {
            return problem;
        }

        var date = DateTimeOffset.FromUnixTimeMilliseconds(logged.Time);
        var order = BrevoOrder.Create(new BrevoOrderContent
        {
            Id = reader.Id, Status = reader.Status, Amount = reader.Amount, CreatedAt = date, UpdatedAt = date, Identifiers = identifiers,
            Products = reader.Products, Coupons = reader.Coupons, Meta = Meta(rule, document.RootElement),
        });
        return EventMapping.Of(new MappedEvent(order.ByteCount, order) { Kind = Kind });
    }

    private static ReadOnlyMemory<byte> Meta(OrderRule rule, JsonElement properties)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        var any = false;
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var name in rule.Meta.Distinct(StringComparer.Ordinal))
            {
                if (properties.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
                {
                    any = true;
                    writer.WritePropertyName(name);
                    value.WriteTo(writer);
                }
            }

            writer.WriteEndObject();
        }

        return any ? buffer.WrittenMemory : default;
    }
}
