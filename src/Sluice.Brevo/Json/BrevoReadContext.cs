using System.Text.Json.Serialization;

namespace Sluice.Brevo;

/// <summary>How answers are read: unknown fields are ignored, odd values are absent.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    Converters =
    [
        typeof(LenientStringConverter),
        typeof(LenientInt64Converter),
        typeof(LenientIdConverter),
        typeof(LenientDecimalConverter),
        typeof(LenientBooleanConverter),
        typeof(LenientTimeConverter),
        typeof(LenientUriConverter),
        typeof(LenientInt64ListConverter),
        typeof(LenientStringListConverter),
        typeof(LenientValuesConverter),
    ])]
[JsonSerializable(typeof(CreatedAnswer))]
[JsonSerializable(typeof(ProcessStartedAnswer))]
[JsonSerializable(typeof(BrevoAccount))]
[JsonSerializable(typeof(AttributesAnswer))]
[JsonSerializable(typeof(ContactsAnswer))]
[JsonSerializable(typeof(ListsAnswer))]
[JsonSerializable(typeof(ListChangeAnswer))]
[JsonSerializable(typeof(FoldersAnswer))]
[JsonSerializable(typeof(ProcessesAnswer))]
[JsonSerializable(typeof(WebhooksAnswer))]
[JsonSerializable(typeof(BrevoAccountAddress))]
[JsonSerializable(typeof(BrevoDateTimePreferences))]
[JsonSerializable(typeof(BrevoPlan))]
[JsonSerializable(typeof(BrevoPlanVertical))]
[JsonSerializable(typeof(BrevoAttributeInfo))]
[JsonSerializable(typeof(BrevoCategoryOption))]
[JsonSerializable(typeof(BrevoContact))]
[JsonSerializable(typeof(BrevoConsent))]
[JsonSerializable(typeof(BrevoList))]
[JsonSerializable(typeof(BrevoFolder))]
[JsonSerializable(typeof(BrevoProcess))]
[JsonSerializable(typeof(BrevoProcessInfo))]
[JsonSerializable(typeof(BrevoImportReport))]
[JsonSerializable(typeof(BrevoWebhook))]
[JsonSerializable(typeof(EventsAnswer))]
[JsonSerializable(typeof(EventBatchAnswer))]
[JsonSerializable(typeof(EventBatchError))]
[JsonSerializable(typeof(BrevoStoredEvent))]
[JsonSerializable(typeof(System.Text.Json.JsonDocument))]
internal sealed partial class BrevoReadContext : JsonSerializerContext;
