using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>Reads what a body says about one contact.</summary>
internal static class ContactReader
{
    /// <summary>
    /// Reads <c>attributes</c>. Unknown names, names in another case and values of another type are dropped without a
    /// word; only identifiers are refused when they are malformed.
    /// </summary>
    public static void ReadAttributes(BrevoAccount account, JsonElement attributes, ContactChange change)
    {
        var transactional = false;
        var transactionalKey = false;
        foreach (var attribute in attributes.EnumerateObject())
        {
            if (Identifiers.FromAttribute(attribute.Name) is { } kind)
            {
                ReadIdentifier(kind, attribute.Value, change);
            }
            else if (account.Attributes.Find(attribute.Name) is { } definition)
            {
                transactional |= definition.Category == "transactional";
                transactionalKey |= definition is { Category: "transactional", Type: "id" };
                if (definition.TryRead(attribute.Value, out var value))
                {
                    change.Set(definition, value);
                }
            }
        }

        if (transactional && !transactionalKey)
        {
            throw BrevoRefusal.Invalid("Transactional attribute as primary Key is missing");
        }
    }

    /// <summary>Reads the body of a creation or an update: identifiers, attributes and flags.</summary>
    public static ContactChange Read(BrevoAccount account, JsonElement body)
    {
        var change = new ContactChange
        {
            EmailBlacklisted = body.Flag("emailBlacklisted"),
            SmsBlacklisted = body.Flag("smsBlacklisted"),
        };
        if (body.Object("attributes") is { } attributes)
        {
            ReadAttributes(account, attributes, change);
        }

        // The field is ext_id; camel case is not a field and does nothing.
        if (body.Text("ext_id") is { Length: > 0 } extId)
        {
            change[IdentifierKind.ExtId] = extId;
        }

        return change;
    }

    public static string Email(string text) =>
        Identifiers.Normalize(IdentifierKind.Email, text) ?? throw BrevoRefusal.Invalid("Invalid email address");

    private static void ReadIdentifier(IdentifierKind kind, JsonElement value, ContactChange change)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        };
        if (text is null)
        {
            return;
        }

        if (text.Length == 0)
        {
            if (Identifiers.IsPhone(kind))
            {
                change.Clear(kind);
            }

            return;
        }

        change[kind] = Identifiers.Normalize(kind, text)
            ?? throw BrevoRefusal.Invalid(kind == IdentifierKind.Email ? "Invalid email address" : "Invalid phone number");
    }
}
