using System.Globalization;

namespace Sluice.Brevo;

public sealed partial class BrevoClient
{
    /// <summary>Lists the webhooks of one type. Counted in <see cref="BrevoBucket.Other"/>.</summary>
    /// <param name="type">One of <see cref="BrevoWebhookTypes"/>, default marketing.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The webhooks; empty when there are none.</returns>
    /// <exception cref="ArgumentException">The type is empty.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/get-webhooks"/>
    public async Task<IReadOnlyList<BrevoWebhook>> GetWebhooksAsync(string type = BrevoWebhookTypes.Marketing, CancellationToken cancellationToken = default)
    {
        var path = new QueryBuilder("/webhooks").Add("type", RequestBodies.Name(type, nameof(type))).ToString();

        // Absence of all webhooks may be answered like the absence of one.
        var answer = await OrNullAsync(_transport.ReadAsync(BrevoEndpoints.WebhooksList, path, null, BrevoReadContext.Default.WebhooksAnswer, cancellationToken));
        return answer?.Webhooks ?? [];
    }

    /// <summary>Creates a webhook. Counted in <see cref="BrevoBucket.Other"/>.</summary>
    /// <param name="webhook">What to create.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The new webhook's id.</returns>
    /// <exception cref="ArgumentException">The address is not absolute http or https, or there are no events.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/create-webhook"/>
    public Task<long> CreateWebhookAsync(BrevoWebhookSettings webhook, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(webhook);
        return CreateAsync(
            BrevoEndpoints.WebhooksCreate,
            "/webhooks",
            RequestBodies.ToContent(webhook.ToBody(isNew: true), BrevoWriteContext.Default.WebhookBody),
            cancellationToken);
    }

    /// <summary>Changes a webhook, except for its type. Counted in <see cref="BrevoBucket.Other"/>.</summary>
    /// <param name="webhookId">The webhook's id.</param>
    /// <param name="webhook">What it is to become. What is null here stays as it is.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>True when it was changed, false when there is no such webhook.</returns>
    /// <exception cref="ArgumentException">The address is not absolute http or https, or there are no events.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    public Task<bool> UpdateWebhookAsync(long webhookId, BrevoWebhookSettings webhook, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(webhook);
        return OrFalseAsync(_transport.WriteAsync(
            BrevoEndpoints.WebhooksUpdate,
            WebhookPath(webhookId),
            RequestBodies.ToContent(webhook.ToBody(isNew: false), BrevoWriteContext.Default.WebhookBody),
            cancellationToken));
    }

    /// <summary>Deletes a webhook. Counted in <see cref="BrevoBucket.Other"/>.</summary>
    /// <param name="webhookId">The webhook's id.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>True when it was deleted, false when there was none.</returns>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/delete-webhook"/>
    public Task<bool> DeleteWebhookAsync(long webhookId, CancellationToken cancellationToken = default) =>
        OrFalseAsync(_transport.WriteAsync(BrevoEndpoints.WebhooksDelete, WebhookPath(webhookId), null, cancellationToken));

    private static string WebhookPath(long webhookId) => "/webhooks/" + webhookId.ToString(CultureInfo.InvariantCulture);
}
