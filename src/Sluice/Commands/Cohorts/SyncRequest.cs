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
    /// <exception cref="CommandException">Another project with the same account names the list in its config, or has filled it because somebody asked.</exception>
    public static async Task CheckOwnerAsync(ProjectSession session, long list, CancellationToken cancellationToken)
    {
        // An account may have several keys: what is known of the account itself counts as well.
        var own = session.Configured.Brevo;
        var accounts = await session.Store.Connectors.AccountsAsync(BrevoDestination.DestinationName, cancellationToken);
        var account = accounts.GetValueOrDefault(session.Project);
        var served = await ServedAsync(session, cancellationToken);
        foreach (var other in session.Settings.Projects.Where(p => p.Id != session.Project
            && ((p.Brevo is { } brevo && brevo.BaseUrl == own?.BaseUrl && brevo.ApiKey.Equals(own.ApiKey)) || (account is not null && accounts.GetValueOrDefault(p.Id) == account))))
        {
            if (other.Mixpanel?.Lists.Any(l => l.ListId == list) == true)
            {
                throw new CommandException(ExitCode.InUse, string.Create(
                    CultureInfo.InvariantCulture,
                    $"Project {other.Id} fills list {list} of this Brevo account: a list belongs to one project. Name another list, or take this one out of its connectors.mixpanel.lists."));
            }

            if (served.Contains(other.Id)
                && (await session.Store.Insight.DestinationAsync(other.Id, BrevoDestination.DestinationName, cancellationToken))?.Lists.GetValueOrDefault(list) is { IsKept: true })
            {
                throw Taken(list, other.Id);
            }
        }
    }

    /// <summary>Makes a list that the config does not name the project's own, of several who ask at the same time for one of them; who must not be contacted leaves it from then on.</summary>
    /// <returns>Names the claim when this call has made it; null when the project had the list before.</returns>
    /// <inheritdoc cref="CheckOwnerAsync"/>
    public static async Task<string?> ClaimAsync(ProjectSession session, long list, CancellationToken cancellationToken)
    {
        await CheckOwnerAsync(session, list, cancellationToken);
        var served = await ServedAsync(session, cancellationToken);
        var claim = await session.Store.ListClaims.ClaimAsync(Account(session), session.Project, BrevoDestination.DestinationName, list, served, cancellationToken);
        return claim.Owner == session.Project ? claim.Made : throw Taken(list, claim.Owner);
    }

    /// <summary>Gives a list back that was claimed and that nobody was put into.</summary>
    /// <param name="made">What <see cref="ClaimAsync"/> has answered.</param>
    public static Task ReleaseUnusedAsync(ProjectSession session, long list, string? made) => made is null
        ? Task.CompletedTask
        : session.Store.ListClaims.ReleaseUnusedAsync(Account(session), session.Project, BrevoDestination.DestinationName, list, made, CancellationToken.None);

    private static string Account(ProjectSession session)
    {
        using var http = new HttpClient(session.Host.Http());
        return session.Brevo(http)!.Value.Destination.Account;
    }

    /// <summary>The projects that Brevo is connected to, by the config file or since: what others have claimed passes on.</summary>
    private static async Task<IReadOnlyCollection<string>> ServedAsync(ProjectSession session, CancellationToken cancellationToken)
    {
        var served = new HashSet<string>(StringComparer.Ordinal) { session.Project };
        foreach (var project in session.Settings.Projects)
        {
            if (project.Brevo is not null
                || (await session.Store.Connectors.ListAsync(project.Id, cancellationToken)).Any(c => c is { Name: BrevoDestination.DestinationName, Sealed: not null }))
            {
                served.Add(project.Id);
            }
        }

        return served;
    }

    private static CommandException Taken(long list, string owner) => new(ExitCode.InUse, string.Create(
        CultureInfo.InvariantCulture,
        $"Project {owner} has filled list {list} of this Brevo account, because somebody asked: a list belongs to one project. Name another list. This one is free when it is deleted in Brevo, or when Brevo is disconnected from {owner}, or that project is taken out of the config."));
}
