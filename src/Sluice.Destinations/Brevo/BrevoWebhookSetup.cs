using Sluice.Brevo;
using Sluice.Core.Delivery;

namespace Sluice.Destinations.Brevo;

/// <summary>Sees to it that Brevo tells us who unsubscribes, complains, bounces or is deleted. Where it cannot, the regular reading of changes tells the same, later.</summary>
internal sealed class BrevoWebhookSetup(BrevoClient client, BrevoSettings settings)
{
    // Updates of contacts and additions to lists are left out: every import of ours would come back as one call a row.
    private static readonly string[] Events =
        [BrevoMarketingEvents.Unsubscribed, BrevoMarketingEvents.Spam, BrevoMarketingEvents.HardBounce, BrevoMarketingEvents.ContactDeleted];

    // Brevo does not show the token that it has: once a start it is set to ours.
    private bool _tokenIsOurs;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (settings.Inbox is not { } inbox || settings.WebhookToken is not { } token)
        {
            return;
        }

        var wanted = new BrevoWebhookSettings
        {
            Url = new Uri($"{inbox.AbsoluteUri.TrimEnd('/')}/events"), Events = Events, BearerToken = token, Description = "Sluice: who must not be written to",
        };
        try
        {
            var found = (await client.GetWebhooksAsync(BrevoWebhookTypes.Marketing, cancellationToken)).FirstOrDefault(w => w.Url == wanted.Url);
            if (found is null)
            {
                await client.CreateWebhookAsync(wanted, cancellationToken);
            }
            else if (!_tokenIsOurs || !Events.All(found.Events.Contains))
            {
                await client.UpdateWebhookAsync(found.Id, wanted, cancellationToken);
            }

            _tokenIsOurs = true;
        }
        catch (BrevoException)
        {
            // Some plans have no webhooks. It is tried again with the next check of the account.
        }
        catch (DeliveryException)
        {
            // No budget for it now.
        }
    }
}
