using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.Brevo;

/// <summary>Where a process stands.</summary>
public enum BrevoProcessState
{
    /// <summary>Not over: queued, at work, or a status that is not known.</summary>
    Running,

    /// <summary>Over, done. Single rows may have been left out, see <see cref="BrevoProcess.Info"/>.</summary>
    Completed,

    /// <summary>Over, failed.</summary>
    Failed,

    /// <summary>Over, cancelled.</summary>
    Cancelled,
}

/// <summary>A background process of the account: an import, an export and others.</summary>
/// <seealso href="https://developers.brevo.com/reference/get-process"/>
public sealed record BrevoProcess
{
    /// <summary>The id; 0 when the answer had none.</summary>
    public long Id { get; init; }

    /// <summary>What kind of process it is, for example <c>IMPORTUSER</c>; an open set.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// The status as Brevo names it: <c>queued</c>, <c>in_process</c>, <c>processing</c>, <c>completed</c>, <c>failed</c>,
    /// <c>cancelled</c>; an open set. See <see cref="State"/>.
    /// </summary>
    public string? Status { get; init; }

    /// <summary>What is known about its work, or null.</summary>
    [JsonConverter(typeof(LenientObjectConverter<BrevoProcessInfo>))]
    public BrevoProcessInfo? Info { get; init; }

    /// <summary>
    /// Where the file of a completed export is, or null. Fetch it with <see cref="BrevoClient.DownloadAsync"/>; the address itself is a
    /// secret.
    /// </summary>
    [JsonPropertyName("export_url")]
    public Uri? ExportUrl { get; init; }

    /// <summary>Why a failed process failed, or null.</summary>
    public string? Error { get; init; }

    /// <summary>Where the process stands. A status that is not known counts as running.</summary>
    [JsonIgnore]
    public BrevoProcessState State => Status switch
    {
        "completed" => BrevoProcessState.Completed,
        "failed" => BrevoProcessState.Failed,
        "cancelled" or "canceled" => BrevoProcessState.Cancelled,
        _ => BrevoProcessState.Running,
    };

    /// <summary>Names id, kind and status.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"BrevoProcess {Id} {Name} {Status}";
}

/// <summary>What is known about the work of a process.</summary>
public sealed record BrevoProcessInfo
{
    /// <summary>Rows of an import that were not taken as they were, or null when it is no import.</summary>
    [JsonConverter(typeof(LenientObjectConverter<BrevoImportReport>))]
    public BrevoImportReport? Import { get; init; }
}

/// <summary>Rows of an import that were not taken as they were. There are no counters of the rows that were.</summary>
public sealed record BrevoImportReport
{
    /// <summary>Rows whose address is not valid.</summary>
    [JsonPropertyName("invalid_emails")]
    public BrevoImportFinding InvalidEmails { get; init; }

    /// <summary>Rows that repeat a contact id.</summary>
    [JsonPropertyName("duplicate_contact_id")]
    public BrevoImportFinding DuplicateContactId { get; init; }

    /// <summary>Rows that repeat an external id.</summary>
    [JsonPropertyName("duplicate_ext_id")]
    public BrevoImportFinding DuplicateExternalId { get; init; }

    /// <summary>Rows that repeat an e-mail address.</summary>
    [JsonPropertyName("duplicate_email_id")]
    public BrevoImportFinding DuplicateEmail { get; init; }

    /// <summary>Rows that repeat a mobile number.</summary>
    [JsonPropertyName("duplicate_phone_id")]
    public BrevoImportFinding DuplicatePhone { get; init; }

    /// <summary>Rows that repeat a WhatsApp number.</summary>
    [JsonPropertyName("duplicate_whatsapp_id")]
    public BrevoImportFinding DuplicateWhatsApp { get; init; }

    /// <summary>Rows that repeat a landline number.</summary>
    [JsonPropertyName("duplicate_landline_number_id")]
    public BrevoImportFinding DuplicateLandlineNumber { get; init; }

    /// <summary>Whether any row was left out.</summary>
    [JsonIgnore]
    public bool HasFindings =>
        InvalidEmails.Any || DuplicateContactId.Any || DuplicateExternalId.Any || DuplicateEmail.Any || DuplicatePhone.Any || DuplicateWhatsApp.Any || DuplicateLandlineNumber.Any;
}

/// <summary>Rows of one kind that an import left out: usually the address of a CSV file with them, in older answers their number.</summary>
/// <param name="File">Where the CSV with the rows is, or null. Fetch it with <see cref="BrevoClient.DownloadAsync"/>.</param>
/// <param name="Count">How many there are, or null when not said.</param>
[JsonConverter(typeof(BrevoImportFindingConverter))]
public readonly record struct BrevoImportFinding(Uri? File, long? Count)
{
    /// <summary>Whether there are such rows.</summary>
    public bool Any => File is not null || Count > 0;
}

internal sealed class BrevoImportFindingConverter : AnswerConverter<BrevoImportFinding>
{
    public override BrevoImportFinding Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetInt64(out var count):
                return new BrevoImportFinding(null, count);
            case JsonTokenType.String:
                return new BrevoImportFinding(LenientUriConverter.Parse(LenientStringConverter.Text(ref reader)), null);
            default:
                reader.Skip();
                return default;
        }
    }
}
