using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>An event that passed validation.</summary>
internal sealed record IncomingEvent(
    string Name,
    DateTimeOffset? Date,
    IReadOnlyList<(IdentifierKind Kind, string Value)> Identifiers,
    byte[] EventProperties,
    byte[] ContactProperties,
    ContactChange Change)
{
    /// <summary>The contact, by the strongest identifier that leads to one; a contact id decides alone.</summary>
    public Contact? FindContact(BrevoAccount account)
    {
        foreach (var (kind, value) in Identifiers)
        {
            var contact = account.Contacts.Find(kind, value);
            if (contact is not null || kind == IdentifierKind.ContactId)
            {
                return contact;
            }
        }

        return null;
    }
}

/// <summary>The rules of one event.</summary>
internal static class EventReader
{
    private const int MaxName = 255;

    private static readonly byte[] NoProperties = "{}"u8.ToArray();

    public static IncomingEvent Read(BrevoAccount account, JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            throw BrevoRefusal.BadRequest("Parsing error: unmarshal json");
        }

        var name = item.Text("event_name") ?? throw BrevoRefusal.Missing("event_name is missing");
        if (!IsName(name))
        {
            throw BrevoRefusal.Invalid("event_name should have 1 to 255 letters, digits, - or _");
        }

        var identifiers = ReadIdentifiers(item.Object("identifiers") ?? throw BrevoRefusal.Missing("identifiers is missing"));
        item.Object("object");
        var change = new ContactChange();
        return new IncomingEvent(
            name,
            Date(item.Text("event_date")),
            identifiers,
            EventProperties(account, item.Object("event_properties")),
            ContactProperties(account, item.Object("contact_properties"), change),
            change);
    }

    private static List<(IdentifierKind Kind, string Value)> ReadIdentifiers(JsonElement identifiers)
    {
        List<(IdentifierKind Kind, string Value)> known = [];
        foreach (var identifier in identifiers.EnumerateObject())
        {
            if (Identifiers.FromType(identifier.Name) is not { } kind || identifier.Value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            var value = (kind, identifier.Value.ValueKind) switch
            {
                (IdentifierKind.ContactId, JsonValueKind.Number) => identifier.Value.GetRawText(),
                (not IdentifierKind.ContactId, JsonValueKind.String) => identifier.Value.GetString()!,
                _ => throw BrevoRefusal.Invalid($"{identifier.Name} has the wrong type"),
            };
            if (value.Length > 0)
            {
                known.Add((kind, Identifiers.IsPhone(kind) ? Identifiers.Phone(value) ?? value : value));
            }
        }

        known.Sort((left, right) => left.Kind.CompareTo(right.Kind));
        return known.Count > 0 ? known : throw BrevoRefusal.Missing("At least one identifier is required");
    }

    private static DateTimeOffset? Date(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var hasOffset = text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-');
        return hasOffset && text.Length > 10 && text[10] == 'T'
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
                ? date
                : throw BrevoRefusal.Invalid("event_date should be an ISO 8601 date-time with an offset");
    }

    private static byte[] EventProperties(BrevoAccount account, JsonElement? properties)
    {
        if (properties is not { } given)
        {
            return NoProperties;
        }

        var bytes = JsonMarshal.GetRawUtf8Value(given).ToArray();
        if (bytes.Length > account.Options.MaxEventPropertiesBytes)
        {
            throw BrevoRefusal.Invalid("event_properties is larger than the maximum allowed size");
        }

        RequireKeys(given);
        return bytes;
    }

    private static byte[] ContactProperties(BrevoAccount account, JsonElement? properties, ContactChange change)
    {
        if (properties is not { } given)
        {
            return NoProperties;
        }

        foreach (var property in given.EnumerateObject())
        {
            if (property.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False))
            {
                throw BrevoRefusal.Invalid("contact_properties should be strings, numbers or booleans");
            }

            // Existing attributes of the right type are set; everything else is dropped without a word.
            if (Identifiers.FromAttribute(property.Name) is null && account.Attributes.Find(property.Name) is { } definition
                && definition.TryRead(property.Value, out var value))
            {
                change.Set(definition, value);
            }
        }

        return JsonMarshal.GetRawUtf8Value(given).ToArray();
    }

    private static void RequireKeys(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
            {
                RequireKeys(item);
            }
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in value.EnumerateObject())
            {
                if (!IsName(property.Name) || property.Value.ValueKind == JsonValueKind.Null)
                {
                    throw BrevoRefusal.Invalid($"event_properties has an invalid key or value: {property.Name}");
                }

                RequireKeys(property.Value);
            }
        }
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxName && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-');
}
