using System.Globalization;
using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>How a contact looks in answers.</summary>
internal static class ContactJson
{
    public static void Write(Utf8JsonWriter json, BrevoAccount account, Contact contact, bool withStatistics = false)
    {
        json.WriteStartObject();
        json.WriteNumber("id", contact.Id);
        if (contact.Email is { } email)
        {
            json.WriteString("email", email);
        }

        json.WriteBoolean("emailBlacklisted", contact.EmailBlacklisted);
        json.WriteBoolean("smsBlacklisted", contact.SmsBlacklisted);
        json.WriteBoolean("whatsappBlacklisted", contact.WhatsAppBlacklisted);
        json.WriteString("createdAt", Time(account, contact.CreatedTicks));
        json.WriteString("modifiedAt", Time(account, contact.ModifiedTicks));
        WriteIds(json, "listIds", account.Lists.Lists.Values.Where(list => list.Members.Contains(contact.Id)));
        WriteIds(json, "listUnsubscribed", account.Lists.Lists.Values.Where(list => list.Unsubscribed.Contains(contact.Id)));
        json.WriteStartObject("attributes");
        foreach (var kind in Identifiers.Assignable)
        {
            if (kind != IdentifierKind.Email && contact.Get(kind) is { } identifier)
            {
                json.WriteString(Identifiers.AttributeName(kind), identifier);
            }
        }

        foreach (var (definition, value) in contact.Values)
        {
            json.WritePropertyName(definition.Name);
            WriteValue(json, definition.Category == "category" ? CategoryValue((string)value) : value);
        }

        json.WriteEndObject();
        if (withStatistics)
        {
            json.WriteStartObject("statistics");
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public static void WriteValue(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case double number:
                json.WriteNumberValue(number);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case string[] options:
                json.WriteStartArray();
                foreach (var option in options)
                {
                    json.WriteStringValue(option);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue((string)value);
                break;
        }
    }

    public static string Time(BrevoAccount account, long ticks)
    {
        var time = new DateTimeOffset(ticks, TimeSpan.Zero).ToOffset(account.Options.AnswerOffset);
        var format = account.Options.AnswerOffset == TimeSpan.Zero ? "yyyy-MM-dd'T'HH:mm:ss.fff'Z'" : "yyyy-MM-dd'T'HH:mm:ss.fffzzz";
        return time.ToString(format, CultureInfo.InvariantCulture);
    }

    // A raw key that is an integer is answered as one.
    private static object CategoryValue(string key) =>
        long.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? (double)number : key;

    private static void WriteIds(Utf8JsonWriter json, string name, IEnumerable<ContactList> lists)
    {
        json.WriteStartArray(name);
        foreach (var list in lists)
        {
            json.WriteNumberValue(list.Id);
        }

        json.WriteEndArray();
    }
}
