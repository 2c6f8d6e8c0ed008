namespace Sluice.Simulators.Brevo;

/// <summary>How one simulated account behaves. A new instance is an ordinary account on the general tier.</summary>
public sealed record BrevoSimulatorOptions
{
    /// <summary>The one key that opens the account.</summary>
    public string ApiKey { get; init; } = "xkeysib-simulator";

    /// <summary>Port on 127.0.0.1; 0 takes any free one.</summary>
    public int Port { get; init; }

    /// <summary>Drives windows, processes, webhook retries, delays and every time stamp.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Seed of the draws that faults with a probability make.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The account's allowances.</summary>
    public BrevoLimits Limits { get; init; } = BrevoLimits.General;

    /// <summary>
    /// Answers that lack the three rate-limit headers, as <c>METHOD /path</c> with <c>*</c> for any run of characters,
    /// for example <c>GET /contacts/lists*</c>.
    /// </summary>
    public IReadOnlyList<string> AnswersWithoutRateLimitHeaders { get; init; } = [];

    /// <summary>How long an import waits in the queue even when nothing runs.</summary>
    public TimeSpan ImportQueueTime { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The part of an import's duration that does not depend on its size.</summary>
    public TimeSpan ImportBaseTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The part of an import's duration that every row adds.</summary>
    public TimeSpan ImportTimePerRow { get; init; } = TimeSpan.FromMicroseconds(50);

    /// <summary>How long an export, or the emptying of a list, takes.</summary>
    public TimeSpan ProcessTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long after <c>202</c> the events of a batch are stored.</summary>
    public TimeSpan EventBatchTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Largest inline import, as UTF-8 bytes of <c>jsonBody</c> or <c>fileBody</c>.</summary>
    public int MaxInlineImportBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>Largest <c>event_properties</c>, in bytes of JSON.</summary>
    public int MaxEventPropertiesBytes { get; init; } = 50 * 1024;

    /// <summary>Most events in one batch.</summary>
    public int MaxBatchEvents { get; init; } = 200;

    /// <summary>Largest body of a batch of events.</summary>
    public int MaxBatchBytes { get; init; } = 512 * 1024;

    /// <summary>
    /// Whether an import with <c>updateExistingContacts: false</c> adds contacts that exist already to its lists.
    /// Brevo does not say.
    /// </summary>
    public bool CreateOnlyImportAddsExistingToLists { get; init; }

    /// <summary>
    /// Whether events of contacts that do not exist are kept and attached to a contact without a match (contact id 0).
    /// Otherwise they are accepted and dropped. Brevo does not say.
    /// </summary>
    public bool KeepEventsOfUnknownContacts { get; init; }

    /// <summary>Whether the eCommerce app is active, without which there are no orders.</summary>
    public bool IsEcommerceActive { get; init; } = true;

    /// <summary>The id of the account's organisation.</summary>
    public string OrganizationId { get; init; } = "65f0c1d2e3a4b5c6d7e8f901";

    /// <summary>The account owner's address, which cannot be deleted as a contact.</summary>
    public string AccountEmail { get; init; } = "owner@account.test";

    /// <summary>The pair of name attributes, which depends on the language of the account.</summary>
    public (string First, string Last) NameAttributes { get; init; } = ("FIRSTNAME", "LASTNAME");

    /// <summary>Offset that <c>createdAt</c> and <c>modifiedAt</c> carry; live answers carry Z or the account's.</summary>
    public TimeSpan AnswerOffset { get; init; } = TimeSpan.Zero;

    /// <summary>Zone of the local dates in webhook payloads.</summary>
    public TimeZoneInfo AccountTimeZone { get; init; } =
        TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Paris", out var zone) ? zone : TimeZoneInfo.Utc;

    /// <summary>When a failed webhook is tried again, counted from its first try.</summary>
    public IReadOnlyList<TimeSpan> WebhookRetries { get; init; } =
        [TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(8)];

    /// <summary>How long a webhook waits for its answer.</summary>
    public TimeSpan WebhookTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a batched webhook is sent.</summary>
    public TimeSpan WebhookBatchInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most events in one batched webhook.</summary>
    public int WebhookBatchSize { get; init; } = 500;

    /// <summary>How many of the newest calls, violations and webhook tries are kept one by one; counters are kept for ever.</summary>
    public int LogEntries { get; init; } = 10_000;
}
