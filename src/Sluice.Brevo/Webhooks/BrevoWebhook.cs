namespace Sluice.Brevo;

/// <summary>The types of webhooks.</summary>
public static class BrevoWebhookTypes
{
    /// <summary>About contacts and campaigns.</summary>
    public const string Marketing = "marketing";

    /// <summary>About transactional messages. What Brevo assumes when no type is given.</summary>
    public const string Transactional = "transactional";

    /// <summary>About incoming e-mail.</summary>
    public const string Inbound = "inbound";
}

/// <summary>
/// The events that a marketing webhook can subscribe to. The payloads name them differently (<c>hardBounce</c> arrives as
/// <c>hard_bounce</c>).
/// </summary>
/// <seealso href="https://developers.brevo.com/docs/marketing-webhooks"/>
public static class BrevoMarketingEvents
{
    /// <summary>A contact unsubscribed.</summary>
    public const string Unsubscribed = "unsubscribed";

    /// <summary>A contact reported spam.</summary>
    public const string Spam = "spam";

    /// <summary>An address does not exist.</summary>
    public const string HardBounce = "hardBounce";

    /// <summary>An address could not be reached for the moment.</summary>
    public const string SoftBounce = "softBounce";

    /// <summary>A contact was added to a list, by anybody, us included.</summary>
    public const string ListAddition = "listAddition";

    /// <summary>A contact changed, by anybody, us included.</summary>
    public const string ContactUpdated = "contactUpdated";

    /// <summary>A contact was deleted.</summary>
    public const string ContactDeleted = "contactDeleted";

    /// <summary>A message was opened.</summary>
    public const string Opened = "opened";

    /// <summary>A link was clicked.</summary>
    public const string Click = "click";

    /// <summary>A message was delivered.</summary>
    public const string Delivered = "delivered";
}

/// <summary>A webhook of the account, as listed. Its token and headers are secrets and are not read.</summary>
/// <seealso href="https://developers.brevo.com/reference/get-webhooks"/>
public sealed record BrevoWebhook
{
    /// <summary>The id; 0 when the answer had none.</summary>
    public long Id { get; init; }

    /// <summary>The address that is called, or null when it is not one. May hold credentials.</summary>
    public Uri? Url { get; init; }

    /// <summary>One of <see cref="BrevoWebhookTypes"/>; an open set.</summary>
    public string? Type { get; init; }

    /// <summary>What it is for, in its creator's words.</summary>
    public string? Description { get; init; }

    /// <summary>The events it subscribes to, for example <see cref="BrevoMarketingEvents.Unsubscribed"/>; empty when not said.</summary>
    public IReadOnlyList<string> Events { get; init => field = value ?? []; } = [];

    /// <summary>Whether events are delivered in batches, every 5 minutes and up to 500 at once.</summary>
    public bool? Batched { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>Names id and type; the address may hold credentials.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"BrevoWebhook {Id} {Type}";
}
