using Sluice.Configuration;
using Sluice.Core.Delivery.Worker;
using Sluice.Destinations.Brevo;
using Sluice.Destinations.Brevo.Attributes;
using Sluice.Storage;

namespace Sluice.Hosting;

/// <summary>Makes the destinations of a project from its settings.</summary>
internal static class Destinations
{
    /// <summary>The Brevo destination and what it is to hold; null when the project has none.</summary>
    public static (BrevoDestination Destination, WorkerTarget Target)? Brevo(
        ProjectSettings project, Uri? publicUrl, string webhookToken, Store store, HttpClient http, TimeProvider time)
    {
        if (project.Brevo is not { } brevo || project.Mixpanel is { Enabled: false } or { Sync.Cohorts: false })
        {
            return null;
        }

        if (project.PropertyMapping.Entries.FirstOrDefault(e => e.Target.Kind == BrevoFieldKind.Email && SourceName(e.Source) != "$email") is { } other)
        {
            throw new StartException(
                $"project {project.Id}: property_mapping takes {SourceName(other.Source)} for email. The address is always $email: export it under that name.");
        }

        var mapping = project.PropertyMapping.Entries.Select(e => new AttributeMapping(SourceName(e.Source), e.Target.Name, Kind(e.Type))).ToList();
        var settings = new BrevoSettings
        {
            ApiKey = brevo.ApiKey.Reveal(),
            BaseAddress = brevo.BaseUrl,
            Mapping = mapping,
            TimeZone = project.TimeZone,
            Inbox = publicUrl is null ? null : new Uri(publicUrl, $"/brevo/projects/{project.Id}"),
            WebhookToken = webhookToken,
        };
        var destination = new BrevoDestination(
            settings, http, store.PermitBooks, token => store.Ledger.SampleProfilesAsync(project.Id, 1_000, token), time);
        var lists = (project.Mixpanel?.Lists ?? []).Select(l => new Core.Delivery.Worker.ListTarget(
            SourceKey(l.Source), l.ListId, Mode(l.Mode), l.MaxRemoval ?? brevo.MaxRemoval));
        var groups = mapping.Any(m => m.Property == "user_groups" || m.Property.StartsWith("user_group:", StringComparison.Ordinal));
        return (destination, new WorkerTarget(project.Id, groups, [.. lists]));
    }

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
        _ => Core.Delivery.Worker.ListTarget.AllUsers,
    };

    private static Core.Delivery.ListMode Mode(Configuration.ListMode mode) => Enum.Parse<Core.Delivery.ListMode>(mode.ToString());

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
