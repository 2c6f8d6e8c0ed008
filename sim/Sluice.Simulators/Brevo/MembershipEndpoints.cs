using System.Globalization;
using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>Adding contacts to a list and removing them, by at most 150 identifiers of one kind.</summary>
internal static class MembershipEndpoints
{
    private const int MaxIdentifiers = 150;

    public static BrevoAnswer Add(BrevoAccount account, BrevoRequest request)
    {
        var list = account.Lists.Get(request.Number(0));
        return Apply(account, request.Body(), contact => account.Writer.AddToLists(contact, [list]));
    }

    public static BrevoAnswer Remove(BrevoAccount account, BrevoRequest request)
    {
        var list = account.Lists.Get(request.Number(0));
        var body = request.Body();
        if (body.Flag("all") is not true)
        {
            return Apply(account, body, contact => account.Writer.RemoveFromList(contact, list));
        }

        if (body.Field("emails") is not null || body.Field("ids") is not null || body.Field("extIds") is not null)
        {
            throw BrevoRefusal.Invalid("all should be passed alone");
        }

        var process = account.Processes.Run("LIST_REMOVE_ALL", _ =>
        {
            foreach (var id in list.Members.Enumerate())
            {
                account.Contacts.Find(id)!.ModifiedTicks = account.Now.UtcTicks;
            }

            list.Members.Clear();
        });
        var total = list.Members.Count;
        return BrevoAnswer.Json(201, json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("contacts");
            json.WriteNumber("processId", process.Id);
            json.WriteNumber("total", total);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private static BrevoAnswer Apply(BrevoAccount account, JsonElement body, Func<Contact, bool> apply)
    {
        var (kind, sent) = Identified(body);
        List<string> success = [];
        List<string> failure = [];
        foreach (var value in sent)
        {
            // Unknown contacts and contacts that are (or are not) in the list already fail alike.
            (account.Contacts.Find(kind, value) is { } contact && apply(contact) ? success : failure).Add(value);
        }

        if (success.Count == 0)
        {
            throw BrevoRefusal.Invalid("Contact already in list and/or does not exist");
        }

        return BrevoAnswer.Json(201, json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("contacts");
            Write(json, "success", success, kind);
            Write(json, "failure", failure, kind);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private static (IdentifierKind Kind, List<string> Values) Identified(JsonElement body)
    {
        var emails = body.Texts("emails");
        var ids = body.Numbers("ids")?.ConvertAll(id => id.ToString(CultureInfo.InvariantCulture));
        var extIds = body.Texts("extIds");
        List<(IdentifierKind Kind, List<string> Values)> given = [];
        Give(IdentifierKind.Email, emails);
        Give(IdentifierKind.ContactId, ids);
        Give(IdentifierKind.ExtId, extIds);
        if (given.Count != 1)
        {
            throw given.Count == 0
                ? BrevoRefusal.Missing("Either of emails, ids or extIds is required")
                : BrevoRefusal.Invalid("Only one of emails, ids or extIds is allowed");
        }

        if (given[0].Values.Count is 0 or > MaxIdentifiers)
        {
            throw BrevoRefusal.OutOfRange($"Between 1 and {MaxIdentifiers} contacts are allowed in one request");
        }

        // Addresses are compared as they are stored, and one that is malformed or has a capital letter spoils the whole call.
        if (given[0].Kind == IdentifierKind.Email
            && !given[0].Values.TrueForAll(email => Identifiers.Normalize(IdentifierKind.Email, email) == email))
        {
            throw BrevoRefusal.Invalid("Contact email addresses are invalid/ not in valid format");
        }

        return given[0];

        void Give(IdentifierKind kind, List<string>? values)
        {
            if (values is not null)
            {
                given.Add((kind, values));
            }
        }
    }

    private static void Write(Utf8JsonWriter json, string name, List<string> values, IdentifierKind kind)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            if (kind == IdentifierKind.ContactId)
            {
                json.WriteRawValue(value);
            }
            else
            {
                json.WriteStringValue(value);
            }
        }

        json.WriteEndArray();
    }
}
