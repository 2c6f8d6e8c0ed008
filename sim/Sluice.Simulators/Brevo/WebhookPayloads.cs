using System.Globalization;
using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>
/// The bodies of marketing webhooks, with their quirks: the names differ from those subscribed to, <c>id</c> is the
/// webhook's, <c>date_event</c> is local to the account, and <c>email</c> of a deletion is an array.
/// </summary>
internal static class WebhookPayloads
{
    private const long CampaignId = 12;

    public static byte[] Unsubscribe(long id, string email, IReadOnlyList<long> lists, DateTimeOffset now, TimeZoneInfo zone) =>
        Write(id, "unsubscribe", json =>
        {
            json.WriteString("email", email);
            json.WriteNumber("camp_id", CampaignId);
            json.WriteString("campaign name", "Newsletter");
            Ids(json, lists);
            Times(json, now, zone);
        });

    public static byte[] ListAddition(long id, string email, IReadOnlyList<long> lists, DateTimeOffset now, TimeZoneInfo zone) =>
        Write(id, "list_addition", json =>
        {
            json.WriteString("email", email);
            Ids(json, lists);
            Times(json, now, zone);
        });

    public static byte[] ContactUpdated(
        long id, string email, IReadOnlyList<(string Name, object? Value)> changed, DateTimeOffset now, TimeZoneInfo zone) =>
        Write(id, "contact_updated", json =>
        {
            json.WriteString("email", email);
            json.WriteStartArray("content");
            json.WriteStartObject();
            json.WriteString("email", email);
            json.WriteStartObject("attributes");
            foreach (var (name, value) in changed)
            {
                json.WritePropertyName(name);
                ContactJson.WriteValue(json, value ?? "");
            }

            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            Times(json, now, zone);
        });

    public static byte[] ContactDeleted(long id, string email, DateTimeOffset now) => Write(id, "contact_deleted", json =>
    {
        json.WriteStartArray("email");
        json.WriteStringValue(email);
        json.WriteEndArray();
        json.WriteString("date", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteNumber("ts", now.ToUnixTimeSeconds());
    });

    public static byte[] Complaint(long id, string name, string email, string reason, DateTimeOffset now, TimeZoneInfo zone) =>
        Write(id, name, json =>
        {
            json.WriteString("email", email);
            json.WriteNumber("camp_id", CampaignId);
            json.WriteString("campaign name", "Newsletter");
            json.WriteString("reason", reason);
            json.WriteString("tag", "");
            json.WriteNumber("ts_sent", now.AddMinutes(-5).ToUnixTimeSeconds());
            Times(json, now, zone);
        });

    public static byte[] Batch(IEnumerable<byte[]> payloads) => BrevoAnswer.Bytes(json =>
    {
        json.WriteStartArray();
        foreach (var payload in payloads)
        {
            json.WriteRawValue(payload);
        }

        json.WriteEndArray();
    });

    private static byte[] Write(long id, string name, Action<Utf8JsonWriter> fields) => BrevoAnswer.Bytes(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("id", id);
        json.WriteString("event", name);
        fields(json);
        json.WriteEndObject();
    });

    private static void Ids(Utf8JsonWriter json, IReadOnlyList<long> lists)
    {
        json.WriteStartArray("list_id");
        foreach (var list in lists)
        {
            json.WriteNumberValue(list);
        }

        json.WriteEndArray();
    }

    private static void Times(Utf8JsonWriter json, DateTimeOffset now, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone);
        json.WriteString("date_event", local.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
        json.WriteNumber("ts", now.ToUnixTimeSeconds());
        json.WriteNumber("ts_event", now.ToUnixTimeSeconds());
    }
}
