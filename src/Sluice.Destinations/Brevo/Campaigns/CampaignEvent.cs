using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sluice.Core.People;

namespace Sluice.Destinations.Brevo.Campaigns;

/// <summary>What became of one of Brevo's messages, as an event of the person who got it.</summary>
/// <param name="Name">The event's name, for instance <c>Brevo Opened</c>.</param>
/// <param name="Email">Who got it. It is in nothing else here.</param>
/// <param name="Time">When it happened, in milliseconds since 1970.</param>
/// <param name="InsertId">The same for every copy of one webhook.</param>
/// <param name="Properties">The members of a JSON object, each followed by nothing: to be put behind the ids.</param>
internal sealed partial record CampaignEvent(string Name, string Email, long Time, string InsertId, IReadOnlyList<(string Name, string Json)> Properties)
{
    private const int LongestText = 255;

    // The payload's names differ from those that are subscribed to, and marketing's from those of single messages; all are taken.
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["delivered"] = "Brevo Delivered",
        ["opened"] = "Brevo Opened",
        ["open"] = "Brevo Opened",
        ["click"] = "Brevo Clicked",
        ["clicked"] = "Brevo Clicked",
        ["unsubscribe"] = "Brevo Unsubscribed",
        ["unsubscribed"] = "Brevo Unsubscribed",
        ["hard_bounce"] = "Brevo Hard Bounced",
        ["hardBounce"] = "Brevo Hard Bounced",
        ["soft_bounce"] = "Brevo Soft Bounced",
        ["softBounce"] = "Brevo Soft Bounced",
        ["spam"] = "Brevo Marked As Spam",
    };

    private static readonly (string Property, string[] Fields)[] Mapped =
    [
        ("campaign_id", ["camp_id"]),
        ("campaign_name", ["campaign name", "campaign_name"]),
        ("subject", ["subject"]),
        ("link", ["URL", "url", "link"]),
        ("tag", ["tag"]),
        ("tags", ["tags"]),
        ("list_ids", ["list_id"]),
        ("template_id", ["template_id"]),
        ("reason", ["reason"]),
    ];

    /// <summary>Reads one object of a webhook.</summary>
    /// <returns>Null when it is about something else, or does not say when it happened: then no two copies would be one.</returns>
    public static CampaignEvent? Read(string project, JsonElement item)
    {
        if (Text(item, "event") is not { } kind || !Names.TryGetValue(kind, out var name)
            || Text(item, "email")?.Trim() is not { Length: > 0 } email || TimeOf(item) is not { } seconds)
        {
            return null;
        }

        var properties = Mapped.Select(m => (m.Property, Json: m.Fields.Select(f => Value(item, f)).FirstOrDefault(v => v is not null)))
            .Where(p => p.Json is not null).Select(p => (p.Property, p.Json!)).Prepend(("$source", "\"brevo\"")).ToList();
        var identity = string.Join(
            '\0', name, email.ToLowerInvariant(), seconds.ToString(CultureInfo.InvariantCulture), Raw(item, "camp_id"), Raw(item, "message-id"), Raw(item, "URL"), Raw(item, "link"));
        return new CampaignEvent(name, email, seconds * 1_000, PersonKey.Of(project, identity).ToString(), properties);
    }

    /// <summary>The event's properties as they are stored.</summary>
    public ReadOnlyMemory<byte> ToJson(string distinctId)
    {
        var json = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("distinct_id", distinctId);
            writer.WriteString("$insert_id", InsertId);
            foreach (var (name, value) in Properties)
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(value);
            }

            writer.WriteEndObject();
        }

        return json.WrittenMemory;
    }

    // Only these are in UTC; the dates beside them are in the account's zone or in Paris time.
    private static long? TimeOf(JsonElement item)
    {
        foreach (var field in new[] { "ts_event", "ts" })
        {
            if (item.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds is > 31_536_000 and < 253_402_300_800)
            {
                return seconds;
            }
        }

        return null;
    }

    /// <summary>A number, a text, or a list of them; nothing else is worth keeping.</summary>
    private static string? Value(JsonElement item, string field) => !item.TryGetProperty(field, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.String => Quoted(value),
        JsonValueKind.Array when value.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.String ? Quoted(v) : v.ValueKind == JsonValueKind.Number ? v.GetRawText() : null)
            .OfType<string>().Take(100).ToArray() is { Length: > 0 } list => $"[{string.Join(',', list)}]",
        _ => null,
    };

    private static string? Quoted(JsonElement value)
    {
        if (TextOf(value) is not { Length: > 0 } text)
        {
            return null;
        }

        // Bounces quote the address, and links may carry it.
        var clean = Address().Replace(text.Length > 4_096 ? text[..4_096] : text, "***");
        var cut = clean.Length <= LongestText ? clean : clean[..(char.IsHighSurrogate(clean[LongestText - 1]) ? LongestText - 1 : LongestText)];
        return $"\"{JsonEncodedText.Encode(cut)}\"";
    }

    private static string? Text(JsonElement item, string field) =>
        item.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? TextOf(value) : null;

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }

    private static string Raw(JsonElement item, string field) => item.TryGetProperty(field, out var value) ? value.GetRawText() : "";

    // Wide on purpose: anything around an @, also percent-encoded.
    [GeneratedRegex(@"[^\s""'<>,;:()\[\]{}=&?/]*(?:@|%40)[^\s""'<>,;()\[\]{}&/]*", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex Address();
}
