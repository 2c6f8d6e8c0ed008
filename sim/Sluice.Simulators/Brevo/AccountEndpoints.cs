using System.Globalization;

namespace Sluice.Simulators.Brevo;

/// <summary>The account itself and its transactional block list.</summary>
internal static class AccountEndpoints
{
    public static BrevoAnswer Get(BrevoAccount account, BrevoRequest request) => BrevoAnswer.Json(200, json =>
    {
        json.WriteStartObject();
        json.WriteString("organization_id", account.Options.OrganizationId);
        json.WriteNumber("user_id", 9_001);
        json.WriteBoolean("enterprise", false);
        json.WriteString("companyName", "Simulated account");
        json.WriteString("email", account.Options.AccountEmail);
        json.WriteString("firstName", "Ada");
        json.WriteString("lastName", "Owner");
        json.WriteStartObject("address");
        json.WriteString("street", "1 Loopback Road");
        json.WriteString("city", "Paris");
        json.WriteString("zipCode", "75001");
        json.WriteString("country", "France");
        json.WriteEndObject();
        json.WriteStartObject("marketingAutomation");
        json.WriteBoolean("enabled", true);
        json.WriteString("key", "ma-key-simulator");
        json.WriteEndObject();
        json.WriteStartArray("plan");
        json.WriteStartObject();
        json.WriteString("type", "subscription");
        json.WriteNumber("credits", 4_500);
        json.WriteString("creditsType", "sendLimit");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("relay");
        json.WriteBoolean("enabled", false);
        json.WriteStartObject("data");
        json.WriteString("userName", account.Options.AccountEmail);
        json.WriteString("relay", "smtp-relay.brevo.com");
        json.WriteNumber("port", 587);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("dateTimePreferences");
        json.WriteString("timezone", account.Options.AccountTimeZone.Id);
        json.WriteString("timeFormat", "24");
        json.WriteString("dateFormat", "dd-mm-yyyy");
        json.WriteEndObject();
        json.WriteEndObject();
    });

    public static BrevoAnswer Blocked(BrevoAccount account, BrevoRequest request)
    {
        var (offset, limit) = request.Page(defaultLimit: 50, maxLimit: 100);
        var range = request.Range();

        // The one list in a query that is separated by commas instead of repeated.
        var senders = request.Text("senders")?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var matching = account.Blocked.NewestFirst
            .Where(entry => range is not { } days || (entry.BlockedAt >= days.Start && entry.BlockedAt <= days.End))
            .Where(entry => senders is null || senders.Contains(entry.Sender))
            .ToList();
        if (!request.Descending())
        {
            matching.Reverse();
        }

        return BrevoAnswer.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("count", matching.Count);
            json.WriteStartArray("contacts");
            foreach (var entry in matching.Skip(offset).Take(limit))
            {
                json.WriteStartObject();
                json.WriteString("email", entry.Email);
                json.WriteString("senderEmail", entry.Sender);
                json.WriteString(
                    "blockedAt", entry.BlockedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
                json.WriteStartObject("reason");
                json.WriteString("code", entry.Code);
                json.WriteString("message", BlockedContacts.Message(entry.Code));
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }
}
