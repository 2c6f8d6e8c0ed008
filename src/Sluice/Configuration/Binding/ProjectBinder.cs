using Sluice.Configuration.Definition;
using Sluice.Configuration.Reading;

namespace Sluice.Configuration.Binding;

/// <summary>A project with the places that rules across projects point at.</summary>
/// <param name="Settings">The project.</param>
/// <param name="Identity">Its block <c>project</c>.</param>
/// <param name="Mixpanel">Its block <c>connectors.mixpanel</c>.</param>
/// <param name="Lists">Its list targets with their places.</param>
internal sealed record BoundProject(
    ProjectSettings Settings, BlockReader Identity, BlockReader Mixpanel, IReadOnlyList<Placed<ListSettings>> Lists);

/// <summary>Reads a project: the keys at the root, or an entry of <c>projects</c>.</summary>
internal static class ProjectBinder
{
    /// <summary>All projects of a file.</summary>
    public static IReadOnlyList<BoundProject> BindAll(BlockReader root, ReadContext context)
    {
        if (!root.Has(ConfigDefinition.Projects))
        {
            if (root.Mentions(ConfigDefinition.Projects))
            {
                context.Problem(root.PlaceOf(ConfigDefinition.Projects), "is empty", "write at least one item, or remove the key");
            }

            return [Bind(root, context)];
        }

        foreach (var key in new Key[] { ConfigDefinition.Project, ConfigDefinition.Connectors, ConfigDefinition.EventMapping, ConfigDefinition.PropertyMapping, ConfigDefinition.Lookups, ConfigDefinition.Orders, ConfigDefinition.Companies, ConfigDefinition.Destinations, ConfigDefinition.Pull, ConfigDefinition.Reports })
        {
            if (root.Mentions(key))
            {
                context.Problem(
                    root.PlaceOf(key),
                    "stands at the root beside projects",
                    "move it into an entry of projects, or remove projects");
            }
        }

        var entries = root.Read(ConfigDefinition.Projects);
        return entries.IsValid ? [.. entries.Content.Select(entry => Bind(entry, context))] : [];
    }

    private static BoundProject Bind(BlockReader block, ReadContext context)
    {
        var identity = block.Section(ConfigDefinition.Project);
        var connectors = block.Section(ConfigDefinition.Connectors);
        var mixpanel = connectors.Section(ConnectorKeys.Mixpanel);
        var lists = ListsBinder.Bind(mixpanel, context);
        var events = MappingBinder.BindEvents(block, context);
        var connector = connectors.Has(ConnectorKeys.Mixpanel)
            ? MixpanelBinder.Bind(mixpanel, context) with { Lists = [.. lists.Select(target => target.Content)] }
            : null;
        var (apiKey, brevo) = BindBrevo(connectors, context);
        var settings = new ProjectSettings
        {
            Id = identity.Get(ProjectKeys.Id)!,
            AccessKey = identity.Get(ProjectKeys.AccessKey),
            SecretKey = identity.Get(ProjectKeys.SecretKey),
            ImportWithToken = identity.Get(ProjectKeys.ImportWithToken),
            TimeZone = identity.Get(ProjectKeys.TimeZone)!,
            Mixpanel = connector,
            Brevo = apiKey is null ? null : brevo.With(apiKey),
            UnconnectedBrevo = brevo,
            EventMapping = events,
            PropertyMapping = MappingBinder.BindProperties(block, context),
            Lookups = LookupsBinder.Bind(block, context),
            Orders = OrdersBinder.Bind(block, events, context),
            Companies = CompaniesBinder.Bind(block, mixpanel, context),
            Webhooks = DestinationsBinder.Bind(block, context),
            Pull = PullBinder.Bind(block, mixpanel, context),
            Reports = block.Get(ConfigDefinition.Reports),
        };
        return new BoundProject(settings, identity, mixpanel, lists);
    }

    private static (Secret? ApiKey, UnconnectedBrevoSettings Block) BindBrevo(BlockReader connectors, ReadContext context)
    {
        var brevo = connectors.Section(ConnectorKeys.Brevo);
        var block = new UnconnectedBrevoSettings(
            brevo.Get(BrevoKeys.BaseUrl)!, brevo.Get(BrevoKeys.MaxRemoval), brevo.Get(BrevoKeys.WebhookToken), brevo.Get(BrevoKeys.OnUnknown),
            brevo.Get(BrevoKeys.CampaignEvents));
        JudgeCampaignEvents(connectors.Section(ConnectorKeys.Mixpanel), block.CampaignEvents, context);
        return (brevo.Get(BrevoKeys.ApiKey), block);
    }

    // Events find their Mixpanel project by its token.
    private static void JudgeCampaignEvents(BlockReader mixpanel, bool campaignEvents, ReadContext context)
    {
        if (campaignEvents && !mixpanel.Has(MixpanelKeys.ProjectToken))
        {
            context.Problem(mixpanel.PlaceOf(MixpanelKeys.ProjectToken), "is required with connectors.brevo.campaign_events", MixpanelKeys.ProjectToken.Shape.Remedy);
        }

        // Brevo is asked to tell us of them by the work that takes contacts there.
        var sync = mixpanel.Section(MixpanelKeys.Sync);
        if (campaignEvents && !sync.Get(MixpanelKeys.SyncCohorts) && !sync.Get(MixpanelKeys.SyncEvents))
        {
            context.Problem(
                sync.PlaceOf(MixpanelKeys.SyncEvents), "is false beside sync.cohorts, and connectors.brevo.campaign_events needs one of the two", "let cohorts or events travel, or remove campaign_events");
        }
    }
}
