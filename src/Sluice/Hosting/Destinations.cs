using Sluice.Configuration;
using Sluice.Core.Delivery.Events;
using Sluice.Core.Delivery.Worker;
using Sluice.Destinations.Brevo;
using Sluice.Destinations.Brevo.Attributes;
using Sluice.Destinations.Brevo.Events;
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
        };
        var destination = new BrevoDestination(
            settings, http, store.PermitBooks, token => store.Ledger.SampleProfilesAsync(project.Id, 1_000, token), time);

        return (destination, Target(project, brevo, settings));
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
            Target(project, brevo, settings), new BrevoEventDestination(project.Id, settings, names, http, store.PermitBooks, time), store.EventOutbox,
            store.EventLog, store.Ledger, store.Leases, options, time, owner, contactsWanted, report);
    }

    private static WorkerTarget Target(ProjectSettings project, BrevoConnectorSettings brevo, BrevoSettings settings)
    {
        // Without cohorts there are no lists; contacts are made all the same when events go to them.
        var lists = (project.Mixpanel is { Sync.Cohorts: true } mixpanel ? mixpanel.Lists : []).Select(l => new ListTarget(
            SourceKey(l.Source), l.ListId, l.Mode, l.MaxRemoval ?? brevo.MaxRemoval));
        var groups = settings.Mapping.Any(m => m.Property == "user_groups" || m.Property.StartsWith("user_group:", StringComparison.Ordinal));
        return new WorkerTarget(project.Id, groups, [.. lists]);
    }

    private static BrevoSettings Settings(ProjectSettings project, BrevoConnectorSettings brevo) => new()
    {
        ApiKey = brevo.ApiKey.Reveal(),
        BaseAddress = brevo.BaseUrl,
        Mapping = [.. project.PropertyMapping.Entries.Select(e => new AttributeMapping(SourceName(e.Source), e.Target.Name, Kind(e.Type)))],
        TimeZone = project.TimeZone,
    };

    private static string SourceName(PropertySource source) => source switch
    {
        PropertySource.ProfileProperty property => property.Name,
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
