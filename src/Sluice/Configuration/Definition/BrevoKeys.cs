using Sluice.Core.Delivery.Events;

namespace Sluice.Configuration.Definition;

internal static class BrevoKeys
{
    public static readonly Key<Secret> ApiKey = new("api_key", new SecretShape(), "API key of the Brevo account. Without it nothing goes to Brevo until a key is connected by the management API, which stores it encrypted.")
    {
        Example = "${BREVO_API_KEY}",
    };

    public static readonly Key<Uri> BaseUrl = new("base_url", new UrlShape(), "Root of Brevo's API.")
    {
        Default = new Uri("https://api.brevo.com/v3"),
        DefaultText = "https://api.brevo.com/v3",
        Example = "http://127.0.0.1:9090/v3",
    };

    public static readonly Key<double> MaxRemoval = new(
        "max_removal",
        new ShareShape(),
        "Share of a list, from 0 to 1, that may leave within 24 hours; more waits for a person. Lists under 20 people are exempt.")
    {
        Default = 0.5,
        DefaultText = "0.5",
        Example = "0.25",
    };

    public static readonly Key<Secret> WebhookToken = new(
        "webhook_token", new SecretShape(), "Bearer token that Brevo's webhooks may use instead of the project's keys.")
    {
        Example = "${BREVO_WEBHOOK_TOKEN}",
    };

    public static readonly Key<UnknownRule> OnUnknown = new(
        "on_unknown",
        new ChoiceShape<UnknownRule>(("skip", UnknownRule.Skip), ("resend", UnknownRule.Resend)),
        "What happens to an event whose call had no answer, when Brevo cannot be asked whether it arrived: `skip` takes it for delivered, so that nobody gets it twice; `resend` sends it again, so that none is missing.")
    {
        Default = UnknownRule.Skip,
        DefaultText = "skip",
        Example = "resend",
    };

    public static readonly Key<bool> CampaignEvents = new(
        "campaign_events",
        new BooleanShape(),
        "Whether what becomes of Brevo's messages (delivered, opened, clicked, unsubscribed, bounced, marked as spam) is asked for and sent to Mixpanel as events of the person. Needs `connectors.mixpanel.project_token`, and `server.public_url` where Brevo's webhooks are not set up by hand.")
    {
        Default = false,
        DefaultText = "false",
        Example = "true",
    };

    public static readonly BlockShape Block = new(
        ApiKey,
        BaseUrl,
        MaxRemoval,
        WebhookToken,
        OnUnknown,
        CampaignEvents);
}
