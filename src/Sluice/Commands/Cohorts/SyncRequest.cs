using System.Globalization;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Delivery.Worker;
using Sluice.Destinations.Brevo;

namespace Sluice.Commands.Cohorts;

/// <summary>A cohort and a list that are to be brought in step.</summary>
/// <param name="Configured">The config keeps them in step already: then it is only asked to hurry.</param>
/// <param name="Target">Everything that the account's worker does, the list in question first.</param>
internal sealed record SyncRequest(UserGroup Group, ListRule Rule, bool Configured, bool AllowRemovals, DeliveryScope Scope, WorkerTarget Target)
{
    public static async Task<SyncRequest> CreateAsync(
        ProjectSession session, string cohort, long list, ListMode mode, bool allowRemovals, CancellationToken cancellationToken)
    {
        var groups = await session.Store.Groups.ListAsync(session.Project, cancellationToken);
        var group = session.Group(groups, cohort);
        if (session.Configured.BrevoPaused)
        {
            throw new CommandException(ExitCode.Config, "Somebody has paused Brevo with the management API: resume it first (POST /api/v1/connectors/brevo/resume).");
        }

        using var http = new HttpClient(session.Host.Http());
        if (session.Configured.Brevo is not { } brevo || session.Brevo(http) is not { Target: var target })
        {
            throw new CommandException(ExitCode.Config, "The project sends no cohorts to Brevo: it needs connectors.brevo, and sync.cohorts must not be false.");
        }

        var scope = await session.ScopeAsync(groups, cancellationToken);
        if (scope.Rules.FirstOrDefault(r => r.List == list) is { } configured)
        {
            if (configured.Mode != mode || !configured.Cohorts.Contains(group.Cohort))
            {
                var sources = configured.AllUsers ? configured.Cohorts.Prepend(ListTarget.AllUsers) : configured.Cohorts;
                throw new CommandException(ExitCode.Usage, string.Create(
                    CultureInfo.InvariantCulture,
                    $"The config keeps list {list} in step ({configured.Mode.ToString().ToLowerInvariant()} of {string.Join(", ", sources.Concat(configured.Waiting))}). It cannot be another cohort's or of another mode at the same time: change connectors.mixpanel.lists, or name another list."));
            }

            var first = target.Lists.OrderBy(l => l.List == list ? 0 : 1).ToList();
            return new SyncRequest(group, configured, true, allowRemovals, scope, target with { Lists = first });
        }

        await CheckOwnerAsync(session, list, cancellationToken);

        // The worker does all of the account's work while it runs here: someone's mark is dealt with once, for all lists.
        var own = new ListTarget(group.Cohort, list, mode, brevo.MaxRemoval);
        var rule = new ListRule(list, mode, false, [group.Cohort], [], brevo.MaxRemoval);
        return new SyncRequest(
            group, rule, false, allowRemovals, scope with { Rules = [rule, .. scope.Rules] }, target with { Lists = [own, .. target.Lists] });
    }

    /// <summary>A list belongs to one project: whoever asks for another one's would take its people off it, or mail them.</summary>
    /// <exception cref="CommandException">Another project with the same account names the list in its config, or has filled it.</exception>
    public static async Task CheckOwnerAsync(ProjectSession session, long list, CancellationToken cancellationToken)
    {
        var own = session.Configured.Brevo;
        foreach (var other in session.Settings.Projects.Where(p => p.Id != session.Project && p.Brevo is { } brevo && brevo.BaseUrl == own?.BaseUrl && brevo.ApiKey.Equals(own.ApiKey)))
        {
            if (other.Mixpanel?.Lists.Any(l => l.ListId == list) == true
                || (await session.Store.Insight.DestinationAsync(other.Id, BrevoDestination.DestinationName, cancellationToken))?.Lists.ContainsKey(list) == true)
            {
                throw new CommandException(ExitCode.InUse, string.Create(
                    CultureInfo.InvariantCulture, $"Another project fills list {list} of this Brevo account, or has filled it: a list belongs to one project. Name another list."));
            }
        }
    }
}
