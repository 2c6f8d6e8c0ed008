using System.Globalization;
using System.Text.Json;

namespace Sluice.Simulators.Brevo;

/// <summary>Management of webhooks.</summary>
internal static class WebhookEndpoints
{
    private static readonly Dictionary<string, string[]> EventsByType = new(StringComparer.Ordinal)
    {
        ["transactional"] =
        [
            "sent", "request", "delivered", "hardBounce", "softBounce", "blocked", "spam", "invalid", "deferred", "click", "opened",
            "uniqueOpened", "unsubscribed",
        ],
        ["marketing"] =
        [
            "spam", "opened", "click", "hardBounce", "softBounce", "unsubscribed", "listAddition", "delivered", "contactUpdated",
            "contactDeleted",
        ],
        ["inbound"] = ["inboundEmailProcessed", "reply"],
    };

    public static BrevoAnswer Create(BrevoAccount account, BrevoRequest request)
    {
        var body = request.Body();
        var type = body.Text("type") ?? "transactional";
        if (!EventsByType.ContainsKey(type))
        {
            throw BrevoRefusal.Invalid("type is invalid");
        }

        var url = Url(body) ?? throw BrevoRefusal.Missing("url is missing");
        var events = Events(type, body) ?? (type == "inbound"
            ? ["inboundEmailProcessed"]
            : throw BrevoRefusal.Missing("events is missing"));
        var webhook = new Webhook(account.Webhooks.NextId(), type)
        {
            Url = url,
            Events = events,
            CreatedAt = account.Now,
        };
        Fill(webhook, body, account.Now);
        if (body.Text("channel") is { } channel)
        {
            webhook.Channel = channel is "email" or "sms" ? channel : throw BrevoRefusal.Invalid("channel is invalid");
        }

        account.Webhooks.Add(webhook);
        return BrevoAnswer.Id(201, "id", webhook.Id);
    }

    /// <summary>Without a type only the transactional ones are listed.</summary>
    public static BrevoAnswer List(BrevoAccount account, BrevoRequest request)
    {
        var type = request.Text("type") ?? "transactional";
        if (!EventsByType.ContainsKey(type))
        {
            throw BrevoRefusal.Invalid("type is invalid");
        }

        var webhooks = account.Webhooks.All.Where(webhook => webhook.Type == type);
        webhooks = request.Descending() ? webhooks.Reverse() : webhooks;
        return BrevoAnswer.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("webhooks");
            foreach (var webhook in webhooks)
            {
                Write(json, webhook);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public static BrevoAnswer Get(BrevoAccount account, BrevoRequest request)
    {
        var webhook = Find(account, request);
        return BrevoAnswer.Json(200, json => Write(json, webhook));
    }

    public static BrevoAnswer Update(BrevoAccount account, BrevoRequest request)
    {
        var webhook = Find(account, request);
        var body = request.Body();
        var url = Url(body);
        var events = Events(webhook.Type, body);
        Fill(webhook, body, account.Now);
        webhook.Url = url ?? webhook.Url;
        webhook.Events = events ?? webhook.Events;
        return BrevoAnswer.NoContent;
    }

    public static BrevoAnswer Delete(BrevoAccount account, BrevoRequest request)
    {
        account.Webhooks.Remove(Find(account, request).Id);
        return BrevoAnswer.NoContent;
    }

    private static Webhook Find(BrevoAccount account, BrevoRequest request) =>
        account.Webhooks.Find(request.Number(0)) ?? throw BrevoRefusal.NotFound("Webhook record not found");

    private static Uri? Url(JsonElement body)
    {
        if (body.Text("url") is not { } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme is "http" or "https")
            ? url
            : throw BrevoRefusal.Invalid("url is not a valid URL");
    }

    private static List<string>? Events(string type, JsonElement body)
    {
        if (body.Texts("events") is not { } events)
        {
            return null;
        }

        return events.Count > 0 && events.TrueForAll(name => EventsByType[type].Contains(name))
            ? events
            : throw BrevoRefusal.Invalid("events do not go with the type of the webhook");
    }

    private static void Fill(Webhook webhook, JsonElement body, DateTimeOffset now)
    {
        var headers = body.Field("headers") is { } list ? Headers(list) : webhook.Headers;
        var auth = webhook.Auth;
        if (body.Object("auth") is { } given)
        {
            auth = given.Text("type") == "bearer" && given.Text("token") is { Length: > 0 } token
                ? ("bearer", token)
                : throw BrevoRefusal.Invalid("auth should have the type bearer and a token");
        }

        webhook.Batched = body.Flag("batched") ?? webhook.Batched;
        webhook.Description = body.Text("description") ?? webhook.Description;
        webhook.Domain = body.Text("domain") ?? webhook.Domain;
        webhook.Headers = headers;
        webhook.Auth = auth;
        webhook.ModifiedAt = now;
    }

    private static List<KeyValuePair<string, string>> Headers(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw BrevoRefusal.Invalid("headers should be an array");
        }

        List<KeyValuePair<string, string>> headers = [];
        foreach (var header in list.EnumerateArray())
        {
            headers.Add(header.ValueKind == JsonValueKind.Object
                && header.Text("key") is { Length: > 0 } key && header.Text("value") is { } value
                    ? new(key, value)
                    : throw BrevoRefusal.Invalid("headers should have a key and a value"));
        }

        return headers;
    }

    private static void Write(Utf8JsonWriter json, Webhook webhook)
    {
        json.WriteStartObject();
        json.WriteNumber("id", webhook.Id);
        json.WriteString("url", webhook.Url.OriginalString);
        json.WriteString("description", webhook.Description);
        json.WriteString("type", webhook.Type);
        json.WriteString("channel", webhook.Channel);
        json.WriteBoolean("batched", webhook.Batched);
        json.WriteStartArray("events");
        foreach (var name in webhook.Events)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteStartArray("headers");
        foreach (var (key, value) in webhook.Headers)
        {
            json.WriteStartObject();
            json.WriteString("key", key);
            json.WriteString("value", value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (webhook.Auth is { } auth)
        {
            json.WriteStartObject("auth");
            json.WriteString("type", auth.Type);
            json.WriteString("token", auth.Token);
            json.WriteEndObject();
        }

        if (webhook.Type == "inbound")
        {
            json.WriteString("domain", webhook.Domain);
        }

        json.WriteString("createdAt", Time(webhook.CreatedAt));
        json.WriteString("modifiedAt", Time(webhook.ModifiedAt));
        json.WriteEndObject();
    }

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
