using System.Text.Json.Serialization;

namespace Sluice.Brevo;

// The envelopes of answers; what is inside them is public.

internal sealed record CreatedAnswer
{
    public long? Id { get; init; }
}

internal sealed record ProcessStartedAnswer
{
    public long? ProcessId { get; init; }
}

internal sealed record AttributesAnswer
{
    [JsonConverter(typeof(LenientObjectListConverter<BrevoAttributeInfo>))]
    public IReadOnlyList<BrevoAttributeInfo> Attributes { get; init => field = value ?? []; } = [];
}

internal sealed record ContactsAnswer
{
    [JsonConverter(typeof(LenientObjectListConverter<BrevoContact>))]
    public IReadOnlyList<BrevoContact>? Contacts { get; init; }

    public long? Count { get; init; }
}

internal sealed record ListsAnswer
{
    [JsonConverter(typeof(LenientObjectListConverter<BrevoList>))]
    public IReadOnlyList<BrevoList>? Lists { get; init; }

    public long? Count { get; init; }
}

internal sealed record FoldersAnswer
{
    [JsonConverter(typeof(LenientObjectListConverter<BrevoFolder>))]
    public IReadOnlyList<BrevoFolder>? Folders { get; init; }

    public long? Count { get; init; }
}

internal sealed record ProcessesAnswer
{
    [JsonConverter(typeof(LenientObjectListConverter<BrevoProcess>))]
    public IReadOnlyList<BrevoProcess>? Processes { get; init; }

    public long? Count { get; init; }
}

internal sealed record WebhooksAnswer
{
    [JsonConverter(typeof(LenientObjectListConverter<BrevoWebhook>))]
    public IReadOnlyList<BrevoWebhook> Webhooks { get; init => field = value ?? []; } = [];
}

/// <summary>Documented in two forms: the outcome itself, and the outcome wrapped in <c>contacts</c>.</summary>
internal sealed record ListChangeAnswer
{
    [JsonConverter(typeof(LenientObjectConverter<ListChangeAnswer>))]
    public ListChangeAnswer? Contacts { get; init; }

    public IReadOnlyList<string>? Success { get; init; }

    public IReadOnlyList<string>? Failure { get; init; }
}

internal sealed record EventsAnswer
{
    [JsonConverter(typeof(LenientObjectListConverter<BrevoStoredEvent>))]
    public IReadOnlyList<BrevoStoredEvent>? Events { get; init; }

    public long? Count { get; init; }
}

/// <summary>Documented in two forms: a count of what was queued, and counts with the places of what was refused.</summary>
internal sealed record EventBatchAnswer
{
    public long? Count { get; init; }

    [JsonPropertyName("successful_events")]
    public long? SuccessfulEvents { get; init; }

    [JsonConverter(typeof(LenientObjectListConverter<EventBatchError>))]
    public IReadOnlyList<EventBatchError>? Errors { get; init; }
}

internal sealed record EventBatchError
{
    public IReadOnlyList<long>? EventIndex { get; init; }

    public string? Message { get; init; }
}
