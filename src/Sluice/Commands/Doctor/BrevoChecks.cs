using System.Globalization;
using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Core.Doctor;
using Sluice.Destinations.Brevo;
using Sluice.Destinations.Brevo.Attributes;

namespace Sluice.Commands.Doctor;

/// <summary>What Brevo says to our key, and whether the account has what the config names. Reads only.</summary>
internal static class BrevoChecks
{
    private static readonly string[] Needed = [BrevoMarketingEvents.Unsubscribed, BrevoMarketingEvents.Spam, BrevoMarketingEvents.HardBounce, BrevoMarketingEvents.ContactDeleted];

    public static async Task RunAsync(DoctorContext context, CancellationToken cancellationToken)
    {
        if (context.Project.Brevo is not { } brevo)
        {
            context.Add(FindingCatalogue.DestinationNotConnected, "connectors.brevo.api_key is not set.");
            return;
        }

        if (!context.MayCall)
        {
            context.Add(FindingCatalogue.Unchecked, "Brevo was not asked: its budgets are kept in the store, which cannot be opened.");
            return;
        }

        var settings = Hosting.Destinations.Settings(context.Project, brevo);
        var client = BrevoAccess.Client(settings, context.Http, context.Store?.PermitBooks, DoctorContext.CallLimit, context.Time);
        try
        {
            await client.GetAccountAsync(cancellationToken);
            await LookAtAttributesAsync(context, client, settings, cancellationToken);
            await LookAtListsAsync(context, client, cancellationToken);
            await LookAtWebhooksAsync(context, client, cancellationToken);
        }
        catch (BrevoException e)
        {
            context.Add(KindOf(e), $"{brevo.BaseUrl.Authority}: {e.Message}{(e is BrevoApiException { RemoteMessage: { } said } ? $" It says: {said}" : "")}");
        }
        catch (DeliveryException e)
        {
            context.Add(FindingCatalogue.DestinationBudget, e.Decision.Detail);
        }
        catch (StoreUnavailableException e)
        {
            context.Add(FindingCatalogue.Unchecked, $"Brevo was not asked to the end: {e.Message}");
        }
    }

    private static FindingKind KindOf(BrevoException failure) => failure.Kind switch
    {
        BrevoFailureKind.Unauthorized => FindingCatalogue.DestinationKey,
        BrevoFailureKind.UnrecognisedIp => FindingCatalogue.DestinationAddress,
        BrevoFailureKind.RateLimited or BrevoFailureKind.Busy => FindingCatalogue.DestinationBudget,
        BrevoFailureKind.Transient or BrevoFailureKind.Unreadable => FindingCatalogue.DestinationUnreachable,
        _ => FindingCatalogue.DestinationRefuses,
    };

    private static async Task LookAtAttributesAsync(DoctorContext context, BrevoClient client, BrevoSettings settings, CancellationToken cancellationToken)
    {
        var there = new AttributeCatalogue(await client.GetAttributesAsync(cancellationToken));
        var plan = AttributePlan.Create(there, settings.Mapping, samples: null, settings.TimeZone);
        foreach (var missing in plan.ToCreate)
        {
            context.Add(FindingCatalogue.AttributeMissing, $"The account has no attribute {missing.Name} yet.");
        }

        foreach (var problem in plan.Problems)
        {
            context.Add(FindingCatalogue.AttributeWrong, $"{problem.Property}: {problem.Attribute} cannot be filled ({problem.Reason}).");
        }
    }

    private static async Task LookAtListsAsync(DoctorContext context, BrevoClient client, CancellationToken cancellationToken)
    {
        foreach (var list in (context.Project.Mixpanel?.Lists ?? []).Select(l => l.ListId).Distinct())
        {
            if (await client.GetListAsync(list, cancellationToken) is null)
            {
                context.Add(FindingCatalogue.ListMissing, string.Create(CultureInfo.InvariantCulture, $"The account has no list {list}."));
            }
        }
    }

    private static async Task LookAtWebhooksAsync(DoctorContext context, BrevoClient client, CancellationToken cancellationToken)
    {
        if (context.Settings.Server.PublicUrl is not { } address)
        {
            return;
        }

        // As the worker writes it.
        var inbox = new Uri($"{new Uri(address, $"/brevo/projects/{context.Project.Id}").AbsoluteUri.TrimEnd('/')}/events");
        var webhook = (await client.GetWebhooksAsync(BrevoWebhookTypes.Marketing, cancellationToken)).FirstOrDefault(w => w.Url == inbox);
        var lacking = webhook is null ? Needed : [.. Needed.Except(webhook.Events)];
        if (lacking.Length > 0)
        {
            context.Add(FindingCatalogue.WebhookMissing, webhook is null ? $"The account has no webhook to {inbox}." : $"The webhook to {inbox} lacks {string.Join(", ", lacking)}.");
        }
    }
}
