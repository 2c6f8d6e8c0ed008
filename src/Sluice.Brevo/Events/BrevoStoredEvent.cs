using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.Brevo;

/// <summary>An event as Brevo has stored it.</summary>
public sealed record BrevoStoredEvent
{
    /// <summary>The contact that it belongs to.</summary>
    [JsonPropertyName("contact_id")]
    public long? ContactId { get; init; }

    /// <summary>When it happened.</summary>
    [JsonPropertyName("event_date")]
    public DateTimeOffset? Date { get; init; }

    /// <summary>Its name.</summary>
    [JsonPropertyName("event_name")]
    public string? Name { get; init; }

    /// <summary>Its properties as they stand in the answer.</summary>
    [JsonPropertyName("event_properties")]
    public IReadOnlyDictionary<string, JsonElement> Properties { get; init => field = value ?? new Dictionary<string, JsonElement>(); } =
        new Dictionary<string, JsonElement>();

    /// <summary>Names the event and nobody.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"{Name} {Date:O}";
}
