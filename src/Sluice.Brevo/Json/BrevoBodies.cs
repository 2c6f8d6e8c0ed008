using System.Text.Json.Serialization;

namespace Sluice.Brevo;

// Bodies as they are sent, field by field in this order. Null is left out; a flag that may only ever be true is left out when it is false.

internal sealed record ContactUpsertBody
{
    public string? Email { get; init; }

    [JsonPropertyName("ext_id")]
    public string? ExtId { get; init; }

    public BrevoAttributes? Attributes { get; init; }

    public IReadOnlyList<long>? ListIds { get; init; }

    // Without it Brevo refuses contacts that exist.
    public bool UpdateEnabled { get; } = true;

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool EmailBlacklisted { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool SmsBlacklisted { get; init; }
}

internal sealed record ContactUpdateBody
{
    [JsonPropertyName("ext_id")]
    public string? ExtId { get; init; }

    public BrevoAttributes? Attributes { get; init; }

    public IReadOnlyList<long>? ListIds { get; init; }

    public IReadOnlyList<long>? UnlinkListIds { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool EmailBlacklisted { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool SmsBlacklisted { get; init; }
}

internal sealed record ImportBody
{
    public string? FileUrl { get; init; }

    public IReadOnlyList<long>? ListIds { get; init; }

    public NewListBody? NewList { get; init; }

    public required bool UpdateExistingContacts { get; init; }

    public required bool EmptyContactsAttributes { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool EmailBlacklist { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool SmsBlacklist { get; init; }

    public required bool DisableNotification { get; init; }

    public string? NotifyUrl { get; init; }
}

internal sealed record NewListBody(string ListName, long FolderId);

internal sealed record ImportRowBody
{
    public string? Email { get; init; }

    public BrevoAttributes? Attributes { get; init; }
}

internal sealed record ExportBody
{
    public required ExportFilterBody CustomContactFilter { get; init; }

    public IReadOnlyList<string>? ExportAttributes { get; init; }

    public required bool ExportMandatoryAttributes { get; init; }

    public IReadOnlyList<string>? ExportMetadata { get; init; }

    public IReadOnlyList<string>? ExportSubscriptionStatus { get; init; }

    [JsonPropertyName("exportDateInUTC")]
    public required bool ExportDateInUTC { get; init; }

    public required bool DisableNotification { get; init; }

    public string? NotifyUrl { get; init; }
}

internal sealed record ExportFilterBody
{
    public required string ActionForContacts { get; init; }

    public long? ListId { get; init; }

    public long? SegmentId { get; init; }
}

internal sealed record ListCreateBody(string Name, long FolderId);

internal sealed record NameBody(string Name);

internal sealed record ListMembersBody
{
    public IReadOnlyList<string>? Emails { get; init; }

    public IReadOnlyList<long>? Ids { get; init; }

    public IReadOnlyList<string>? ExtIds { get; init; }
}

internal sealed record AttributeBody
{
    public string? Type { get; init; }

    public IReadOnlyList<CategoryOptionBody>? Enumeration { get; init; }

    public IReadOnlyList<string>? MultiCategoryOptions { get; init; }

    public string? Value { get; init; }
}

internal sealed record CategoryOptionBody(long Value, string Label);

internal sealed record WebhookBody
{
    public string? Type { get; init; }

    public required string Url { get; init; }

    public required IReadOnlyList<string> Events { get; init; }

    public string? Description { get; init; }

    public bool? Batched { get; init; }

    public WebhookAuthBody? Auth { get; init; }
}

internal sealed record WebhookAuthBody(string Type, string Token);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContactUpsertBody))]
[JsonSerializable(typeof(ContactUpdateBody))]
[JsonSerializable(typeof(ImportBody))]
[JsonSerializable(typeof(ImportRowBody))]
[JsonSerializable(typeof(ExportBody))]
[JsonSerializable(typeof(ListCreateBody))]
[JsonSerializable(typeof(NameBody))]
[JsonSerializable(typeof(ListMembersBody))]
[JsonSerializable(typeof(AttributeBody))]
[JsonSerializable(typeof(WebhookBody))]
internal sealed partial class BrevoWriteContext : JsonSerializerContext;
