using Sluice.Core.Delivery.Events;

namespace Sluice.Configuration;

/// <summary>The block <c>connectors.brevo</c>.</summary>
public sealed record BrevoConnectorSettings
{
    /// <summary>API key of the account.</summary>
    public required Secret ApiKey { get; init; }

    /// <summary>Root of the API, without a trailing slash in its path. Default: <c>https://api.brevo.com/v3</c>.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>Share of a list, 0 to 1, that may leave within 24 hours without a person's word. Default: 0.5.</summary>
    public required double MaxRemoval { get; init; }

    /// <summary>Bearer that Brevo's webhooks may use instead of the project's keys. Default: null.</summary>
    public Secret? WebhookToken { get; init; }

    /// <summary>What happens to events whose outcome stays unknown. Default: <see cref="UnknownRule.Skip"/>.</summary>
    public required UnknownRule OnUnknown { get; init; }

    /// <summary>Whether what becomes of messages is sent to Mixpanel as events. Default: false.</summary>
    public bool CampaignEvents { get; init; }
}

/// <summary>The block <c>connectors.brevo</c> but for the key, which the file may leave to the management API.</summary>
public sealed record UnconnectedBrevoSettings(Uri BaseUrl, double MaxRemoval, Secret? WebhookToken, UnknownRule OnUnknown, bool CampaignEvents)
{
    /// <summary>As it is where the file has no such block.</summary>
    public static UnconnectedBrevoSettings Default { get; } = new(new Uri("https://api.brevo.com/v3"), 0.5, null, UnknownRule.Skip, CampaignEvents: false);

    /// <summary>The whole block.</summary>
    public BrevoConnectorSettings With(Secret apiKey) => new()
    {
        ApiKey = apiKey, BaseUrl = BaseUrl, MaxRemoval = MaxRemoval, WebhookToken = WebhookToken, OnUnknown = OnUnknown, CampaignEvents = CampaignEvents,
    };
}
