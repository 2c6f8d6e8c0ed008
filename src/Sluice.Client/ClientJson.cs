using System.Text.Json.Serialization;

namespace Sluice.Client;

internal sealed record MixpanelConnectionBody(
    string? ProjectToken, string? ServiceAccountUser, string? ServiceAccountSecret, string? ProjectId, MixpanelDataResidency DataResidency, bool Check, string? OauthClientId,
    string? OauthClientSecret, string? OauthRefreshToken);

internal sealed record BrevoConnectionBody(string ApiKey);

internal sealed record CohortSyncBody(long TargetList, SyncMode SyncMode, int WaitSeconds);

internal sealed record CohortPreviewBody(long TargetList, SyncMode SyncMode);

internal sealed record RetryBody(IReadOnlyList<string>? Ids, bool All);

internal sealed record DropBody(IReadOnlyList<string> Ids);

internal sealed record SuppressBody(string? Email, string? Phone, long? ListId, string Reason);

internal sealed record UnsuppressBody(string? Email, string? Phone);

internal sealed record ItemsOf<T>(IReadOnlyList<T> Items);

internal sealed record PageOf<T>(IReadOnlyList<T> Items, string? NextCursor);

internal sealed record MemberItem(string DistinctId);

internal sealed record Retried([property: JsonPropertyName("retried")] int Count);

internal sealed record Dropped([property: JsonPropertyName("dropped")] int Count);

internal sealed record Unsuppressed([property: JsonPropertyName("removed")] int Count);

[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(SluiceProject))]
[JsonSerializable(typeof(ItemsOf<ProjectKey>), TypeInfoPropertyName = "Keys")]
[JsonSerializable(typeof(NewProjectKey))]
[JsonSerializable(typeof(ItemsOf<Connector>), TypeInfoPropertyName = "Connectors")]
[JsonSerializable(typeof(MixpanelConnectionBody))]
[JsonSerializable(typeof(BrevoConnectionBody))]
[JsonSerializable(typeof(CohortSyncBody))]
[JsonSerializable(typeof(CohortSyncResult))]
[JsonSerializable(typeof(CohortPreviewBody))]
[JsonSerializable(typeof(CohortSyncPreview))]
[JsonSerializable(typeof(ItemsOf<UserGroup>), TypeInfoPropertyName = "UserGroups")]
[JsonSerializable(typeof(PageOf<MemberItem>), TypeInfoPropertyName = "Members")]
[JsonSerializable(typeof(PageOf<GroupStay>), TypeInfoPropertyName = "Stays")]
[JsonSerializable(typeof(PersonProfile))]
[JsonSerializable(typeof(PageOf<Run>), TypeInfoPropertyName = "Runs")]
[JsonSerializable(typeof(PageOf<DeadLetter>), TypeInfoPropertyName = "DeadLetters")]
[JsonSerializable(typeof(RetryBody))]
[JsonSerializable(typeof(DropBody))]
[JsonSerializable(typeof(Retried))]
[JsonSerializable(typeof(Dropped))]
[JsonSerializable(typeof(PageOf<Suppression>), TypeInfoPropertyName = "Suppressions")]
[JsonSerializable(typeof(SuppressBody))]
[JsonSerializable(typeof(Suppression))]
[JsonSerializable(typeof(UnsuppressBody))]
[JsonSerializable(typeof(Unsuppressed))]
[JsonSerializable(typeof(Mappings))]
[JsonSerializable(typeof(IngestionStatistics))]
[JsonSerializable(typeof(ItemsOf<Budget>), TypeInfoPropertyName = "Budgets")]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class ClientJson : JsonSerializerContext;
