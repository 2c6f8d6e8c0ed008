using Sluice.Brevo;
using Sluice.Core.Delivery;

namespace Sluice.Destinations.Brevo;

/// <summary>
/// Sees to it that Brevo tells us who unsubscribes, complains, bounces or is deleted, and, where that is wanted, what becomes of its
/// messages. Where it cannot, the regular reading of changes tells the first, later.
/// </summary>
internal sealed class BrevoWebhookSetup(BrevoClient client, BrevoSettings settings)
{
    // Updates of contacts and additions to lists are left out: every import of ours would come back as one call a row.
    private static readonly string[] Events =
        [BrevoMarketingEvents.Unsubscribed, BrevoMarketingEvents.Spam, BrevoMarketingEvents.HardBounce, BrevoMarketingEvents.ContactDeleted];

    // What the first one tells already is not asked for twice.
    private static readonly string[] OfCampaigns =
        [BrevoMarketingEvents.Delivered, BrevoMarketingEvents.Opened, BrevoMarketingEvents.Click, BrevoMarketingEvents.SoftBounce];

    private static readonly string[] OfMessages =
        [.. OfCampaigns, BrevoMarketingEvents.HardBounce, BrevoMarketingEvents.Spam, BrevoMarketingEvents.Unsubscribed];

    // Brevo does not show the tokens that it has: once a start they are set to ours.
    private readonly HashSet<Uri> _ours = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (settings.Inbox is not { } inbox || settings.WebhookToken is not { } token)
        {
            return;
        }

        var url = $"{inbox.AbsoluteUri.TrimEnd('/')}/events";
        var suppressions = new BrevoWebhookSettings { Url = new Uri(url), Events = Events, BearerToken = token, Description = "Sluice: who must not be written to" };

        // A campaign is opened by thousands within minutes: in batches. A webhook has one address, and an address here one webhook.
        var campaigns = new BrevoWebhookSettings
        {
            Url = new Uri(url + "?of=campaigns"), Events = OfCampaigns, BearerToken = token, Batched = true, Description = "Sluice: what becomes of campaigns",
        };
        var messages = new BrevoWebhookSettings
        {
            Url = new Uri(url + "?of=messages"), Events = OfMessages, BearerToken = token, Batched = true, Type = BrevoWebhookTypes.Transactional,
            Description = "Sluice: what becomes of single messages",
        };
        try
        {
            var marketing = await client.GetWebhooksAsync(BrevoWebhookTypes.Marketing, cancellationToken);
            await SetAsync(suppressions, marketing, cancellationToken);
            if (settings.CampaignEvents)
            {
                await SetAsync(campaigns, marketing, cancellationToken);
                await SetAsync(messages, await client.GetWebhooksAsync(BrevoWebhookTypes.Transactional, cancellationToken), cancellationToken);
            }
            else if (marketing.FirstOrDefault(w => w.Url == campaigns.Url) is { } left)
            {
                // They were wanted once.
                var others = (await client.GetWebhooksAsync(BrevoWebhookTypes.Transactional, cancellationToken)).Where(w => w.Url == messages.Url);
                foreach (var webhook in others.Append(left))
                {
                    await client.DeleteWebhookAsync(webhook.Id, cancellationToken);
                }
            }
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

    private async Task SetAsync(BrevoWebhookSettings wanted, IReadOnlyList<BrevoWebhook> there, CancellationToken cancellationToken)
    {
        var found = there.FirstOrDefault(w => w.Url == wanted.Url);
        if (found is null)
        {
            await client.CreateWebhookAsync(wanted, cancellationToken);
        }
        else if (!_ours.Contains(wanted.Url) || !wanted.Events.All(found.Events.Contains))
        {
            await client.UpdateWebhookAsync(found.Id, wanted, cancellationToken);
        }

        _ours.Add(wanted.Url);
    }
}
