using Sluice.Commands.Output;
using Sluice.Configuration;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Insight;
using Sluice.Core.Delivery.Worker;
using Sluice.Destinations.Brevo;
using Sluice.Storage;

namespace Sluice.Commands;

/// <summary>What a command about one project works with.</summary>
/// <param name="Tokens">Opens Mixpanel where the project has OAuth.</param>
internal sealed record ProjectSession(
    SluiceSettings Settings, ProjectSettings Configured, Store Store, CommandConsole Console, bool Json, CommandHost Host, Hosting.MixpanelTokens Tokens)
{
    public string Project => Configured.Id;

    /// <summary>
    /// The Brevo destination over this client; null when the project has none, or its cohorts go nowhere. Nothing listens in this process,
    /// so Brevo is told no address of ours.
    /// </summary>
    public (BrevoDestination Destination, WorkerTarget Target)? Brevo(HttpClient http) =>
        Hosting.Destinations.Brevo(Configured, publicUrl: null, webhookToken: "", Store, http, Host.Time);

    /// <summary>The lists of the config as they are kept in step now.</summary>
    public async Task<DeliveryScope> ScopeAsync(IReadOnlyList<UserGroup> groups, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(Host.Http());
        if (Brevo(http) is not { Target: var target })
        {
            return new DeliveryScope(Project, BrevoDestination.DestinationName, [], GroupAttributes: false);
        }

        var bound = await Store.Insight.SourcesAsync(Project, BrevoDestination.DestinationName, cancellationToken);
        return new DeliveryScope(Project, BrevoDestination.DestinationName, ListRules.Of(target.Lists, bound, groups), target.GroupAttributes)
        {
            Enrichment = target.Enrichment,
        };
    }

    /// <summary>The user group of a cohort id, a name or a slug.</summary>
    /// <exception cref="CommandException">There is none, or the name is that of several.</exception>
    public UserGroup Group(IReadOnlyList<UserGroup> groups, string id)
    {
        if (groups.FirstOrDefault(g => g.Cohort == id) is { } found)
        {
            return found;
        }

        var named = groups.Where(g => g.Name == id || g.Slug == id).ToList();
        return named.Count switch
        {
            1 => named[0],
            0 => throw new CommandException(
                ExitCode.NotFound, $"Project {Project} has no cohort '{id}'. 'sluice cohorts list' shows those it has; a cohort is there once Mixpanel has sent its first page."),
            _ => throw new CommandException(
                ExitCode.Usage, $"Several cohorts are called '{id}': {string.Join(", ", named.Select(g => g.Cohort))}. Give the id."),
        };
    }
}
