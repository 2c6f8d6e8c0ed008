using Sluice.Configuration;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Companies;
using Sluice.Core.Delivery.Enrichment;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Delivery.Worker;
using Sluice.Destinations.Brevo;
using Sluice.Destinations.Brevo.Attributes;
using Sluice.Destinations.Brevo.Companies;
using Sluice.Destinations.Brevo.Events;
using Sluice.Destinations.Brevo.Orders;
using Sluice.Destinations.Webhook;
using Sluice.Storage;

namespace Sluice.Hosting;

/// <summary>Makes the destinations of a project from its settings.</summary>
internal static class Destinations
{
    /// <summary>The Brevo destination and what it is to hold; null when the project has none.</summary>
    public static (BrevoDestination Destination, WorkerTarget Target)? Brevo(
        ProjectSettings project, Uri? publicUrl, string webhookToken, Store store, HttpClient http, TimeProvider time)
    {
        if (project.Brevo is not { } brevo || project.Mixpanel is { Enabled: false } or { Sync: { Cohorts: false, Events: false } })
        {
            return null;
        }

        if (project.PropertyMapping.Entries.FirstOrDefault(e => e.Target.Kind == BrevoFieldKind.Email && SourceName(e.Source) != "$email") is { } other)
        {
            throw new StartException(
                $"project {project.Id}: property_mapping takes {SourceName(other.Source)} for email. The address is always $email: export it under that name.");
        }

        var settings = Settings(project, brevo) with
        {
            Inbox = publicUrl is null ? null : new Uri(publicUrl, $"/brevo/projects/{project.Id}"),
            WebhookToken = webhookToken,
            CampaignEvents = brevo.CampaignEvents,
        };
        var target = Target(project, brevo, settings);
        var destination = new BrevoDestination(settings, http, store.PermitBooks, token => SamplesAsync(target, store, token), time);
        return (destination, target);
    }

    /// <summary>The worker that takes the project's events to Brevo; null when the project has no Brevo.</summary>
    /// <param name="contactsWanted">Called when contacts have to be made before their events.</param>
    public static EventWorker? BrevoEvents(
        ProjectSettings project, Store store, HttpClient http, TimeProvider time, string owner, Action contactsWanted, Action<Exception> report)
    {
        if (project.Brevo is not { } brevo || project.Mixpanel is { Enabled: false })
        {
            return null;
        }

        var names = new EventNames(project.EventMapping.Names, project.EventMapping.SendUnmapped);
        var options = new EventWorkerOptions { Enabled = project.Mixpanel?.Sync.Events != false, OnUnknown = brevo.OnUnknown };
        var settings = Settings(project, brevo);
        return new EventWorker(
            Target(project, brevo, settings), new BrevoEventDestination(project.Id, settings, names, http, store.PermitBooks, time, Orders(project)), store.EventOutbox,
            new EnrichedEventLog(store.EventLog, store.Lookups, Joins(project.Lookups.Where(l => l.Events))), store.Ledger, store.Leases, options, time, owner, contactsWanted, report);
    }

    /// <summary>The worker that makes companies of the project's groups; null when they are to be none.</summary>
    public static CompanyWorker? BrevoCompanies(ProjectSettings project, Store store, HttpClient http, TimeProvider time, string owner, Action<Exception> report) =>
        project.Brevo is { } brevo && GroupKeyOf(project) is { } groupKey
            ? new CompanyWorker(
                project.Id, groupKey,
                new BrevoCompanyDestination(
                    Settings(project, brevo), [.. project.Companies!.Attributes.Select(a => new CompanyMapping(a.Property, a.Attribute))], http, store.PermitBooks, time),
                store.Companies, store.Ledger, store.Leases, time, owner, report)
            : null;

    /// <summary>What deletes contacts at Brevo; null when the project has no Brevo.</summary>
    public static BrevoContactEraser? BrevoEraser(ProjectSettings project, Store store, HttpClient http, TimeProvider time) =>
        project.Brevo is { } brevo ? new BrevoContactEraser(Settings(project, brevo), http, store.PermitBooks, time) : null;

    /// <summary>The workers that take the project's events to the webhooks of the config, one each.</summary>
    public static IReadOnlyList<EventWorker> Webhooks(
        ProjectSettings project, Store store, HttpClient http, TimeProvider time, string owner, Action<string, Exception> report)
    {
        if (project.Mixpanel is { Enabled: false })
        {
            return [];
        }

        // A receiver cannot be asked what it has, and knows a repeat by its id.
        var options = new EventWorkerOptions { Enabled = project.Mixpanel?.Sync.Events != false, OnUnknown = UnknownRule.Resend };
        return
        [
            .. project.Webhooks.Select(w => new EventWorker(
                new WorkerTarget(project.Id, GroupAttributes: false, []),
                new WebhookDestination(
                    new WebhookSettings
                    {
                        Project = project.Id, Name = w.Name, Address = w.Url, Secrets = [.. w.Secrets.Select(s => WebhookSecret.Parse(s.Reveal()))],
                        Events = w.Events, Properties = w.Properties, Rate = w.Rate, Batch = w.Batch,
                    },
                    http, store.PermitBooks, time),
                store.EventOutbox, new EnrichedEventLog(store.EventLog, store.Lookups, Joins(project.Lookups.Where(l => l.Events))), store.Ledger, store.Leases,
                options, time, owner, static () => { }, e => report(w.Name, e))),
        ];
    }

    private static WorkerTarget Target(ProjectSettings project, BrevoConnectorSettings brevo, BrevoSettings settings)
    {
        // Without cohorts there are no lists; contacts are made all the same when events go to them.
        var lists = (project.Mixpanel is { Sync.Cohorts: true } mixpanel ? mixpanel.Lists : []).Select(l => new ListTarget(
            SourceKey(l.Source), l.ListId, l.Mode, l.MaxRemoval ?? brevo.MaxRemoval));
        var groups = settings.Mapping.Any(m => m.Property == "user_groups" || m.Property.StartsWith("user_group:", StringComparison.Ordinal));
        return new WorkerTarget(project.Id, groups, [.. lists]) { Enrichment = EnrichmentOf(project, settings) };
    }

    /// <summary>Only what the mapping uses: whatever else changes in a group or a table is nobody's change.</summary>
    private static EnrichmentRules EnrichmentOf(ProjectSettings project, BrevoSettings settings)
    {
        var used = settings.Mapping.Select(m => m.Property).ToHashSet(StringComparer.Ordinal);
        var lookups = project.Lookups.Where(l => l.Profiles)
            .Select(l => l with { Columns = [.. l.Columns.Where(c => used.Contains(c.Property))] }).Where(l => l.Columns.Count > 0);
        return new EnrichmentRules(
            [.. project.PropertyMapping.Entries.Select(e => e.Source).OfType<PropertySource.GroupProperty>().Select(g => g.Source).Distinct()], Joins(lookups))
        {
            Companies = GroupKeyOf(project),
        };
    }

    private static string? GroupKeyOf(ProjectSettings project) => project.Mixpanel is { Enabled: true, Sync.Groups: true } ? project.Companies?.GroupKey : null;

    private static IReadOnlyList<OrderRule> Orders(ProjectSettings project) =>
    [
        .. project.Orders.Select(o => new OrderRule(
            o.Event, o.Id, o.Amount, o.Status, o.StatusProperty,
            o.Products is { } p ? new OrderProductRule(p.List, p.Id, p.Price, p.Quantity, p.Variant) : null, o.Coupons, o.Meta)),
    ];

    private static IReadOnlyList<LookupJoin> Joins(IEnumerable<LookupSettings> lookups) =>
        [.. lookups.Select(l => new LookupJoin(l.Table, l.Join, [.. l.Columns.Select(c => new LookupColumn(c.Column, c.Property))]))];

    /// <summary>What the values look like that are to be mapped: profiles' own, and what is added to them.</summary>
    private static async Task<IReadOnlyList<string>> SamplesAsync(WorkerTarget target, Store store, CancellationToken cancellationToken)
    {
        const int profiles = 1_000;
        var scope = new DeliveryScope(target.Project, BrevoDestination.DestinationName, [], target.GroupAttributes) { Enrichment = target.Enrichment };
        return [.. await store.Ledger.SampleProfilesAsync(target.Project, profiles, cancellationToken), .. await store.Ledger.SampleAddedAsync(scope, profiles, cancellationToken)];
    }

    public static BrevoSettings Settings(ProjectSettings project, BrevoConnectorSettings brevo) => new()
    {
        ApiKey = brevo.ApiKey.Reveal(),
        BaseAddress = brevo.BaseUrl,
        Mapping = [.. project.PropertyMapping.Entries.Select(e => new AttributeMapping(SourceName(e.Source), e.Target.Name, Kind(e.Type)))],
        TimeZone = project.TimeZone,
    };

    internal static string SourceName(PropertySource source) => source switch
    {
        PropertySource.ProfileProperty property => property.Name,
        PropertySource.GroupProperty group => group.Source.Name,
        PropertySource.UserGroup group => FormattableString.Invariant($"user_group:{group.CohortId}"),
        _ => "user_groups",
    };

    private static string SourceKey(ListSource source) => source switch
    {
        ListSource.Cohort cohort => FormattableString.Invariant($"{cohort.CohortId}"),
        ListSource.Named named => named.NameOrSlug,
        _ => ListTarget.AllUsers,
    };

    private static AttributeKind? Kind(BrevoAttributeType? type) => type switch
    {
        null => null,
        BrevoAttributeType.Text => AttributeKind.Text,
        BrevoAttributeType.Number => AttributeKind.Number,
        BrevoAttributeType.Date => AttributeKind.Date,
        BrevoAttributeType.Boolean => AttributeKind.Boolean,
        BrevoAttributeType.Category => AttributeKind.Category,
        BrevoAttributeType.MultipleChoice => AttributeKind.MultipleChoice,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an attribute type."),
    };
}
