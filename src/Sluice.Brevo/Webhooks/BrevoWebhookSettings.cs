namespace Sluice.Brevo;

/// <summary>A webhook to create, or what an existing one is to become.</summary>
/// <remarks>
/// A subscription concerns the whole account: every list and every contact fires. Brevo ends its attempts at any answer of 4xx (except
/// 429) or 5xx.
/// </remarks>
/// <seealso href="https://developers.brevo.com/reference/create-webhook"/>
public sealed class BrevoWebhookSettings
{
    /// <summary>
    /// The address to call, absolute, http or https. Credentials in it (<c>https://user:password@…</c>) are sent as Basic authentication.
    /// </summary>
    public required Uri Url { get; init; }

    /// <summary>The events, at least one, for example of <see cref="BrevoMarketingEvents"/>.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>One of <see cref="BrevoWebhookTypes"/>. Default marketing. It cannot be changed and is sent at creation only.</summary>
    public string Type { get; init; } = BrevoWebhookTypes.Marketing;

    /// <summary>What it is for, or null.</summary>
    public string? Description { get; init; }

    /// <summary>A token that Brevo sends as <c>Authorization: Bearer</c> with every call, or null for none.</summary>
    public string? BearerToken { get; init; }

    /// <summary>
    /// Whether to deliver in batches, every 5 minutes and up to 500 events at once. Null leaves it to Brevo, which delivers singly.
    /// </summary>
    public bool? Batched { get; init; }

    internal WebhookBody ToBody(bool isNew)
    {
        ArgumentNullException.ThrowIfNull(Url);
        if (Events is not { Count: > 0 } || Events.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException("A webhook needs at least one event, and none of them may be empty.");
        }

        return new WebhookBody
        {
            Type = isNew ? RequestBodies.Name(Type, nameof(Type)) : null,
            Url = RequestBodies.Address(Url, nameof(Url))!,
            Events = Events,
            Description = Description,
            Batched = Batched,
            Auth = string.IsNullOrEmpty(BearerToken) ? null : new WebhookAuthBody("bearer", BearerToken),
        };
    }
}
