using Microsoft.Extensions.Logging;
using Sluice.Configuration;
using Sluice.Core.Delivery.Forwarding;
using Sluice.Destinations.Mixpanel;
using Sluice.Mixpanel.Client;
using Sluice.Storage;

namespace Sluice.Hosting;

/// <summary>Makes from a project's settings what passes on what it receives.</summary>
internal static class Forwarding
{
    /// <summary>What is to be passed on; while the connector is not enabled, all of it waits.</summary>
    public static ForwardScope ScopeOf(ProjectSettings project) => project.Mixpanel is { ProjectToken: not null } mixpanel
        ? new ForwardScope(Received: mixpanel.Forward, Told: project.Brevo is { CampaignEvents: true })
        : default;

    /// <summary>
    /// Before anything is received, so that nothing of it is missed: what is passed on begins here, and what the file has switched off is dropped.
    /// </summary>
    public static async Task StartAsync(IReadOnlyList<ProjectSettings> projects, Store store, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        // What lacks only what is connected by the management API was not switched off: it may be connected again, with all that waits.
        foreach (var project in projects.Where(p => !ScopeOf(p).IsNothing || !IsWished(p)))
        {
            if (await store.Forwarding.StartAsync(project.Id, ScopeOf(project), cancellationToken) is > 0 and var dropped)
            {
                NodeLog.ForwardingDropped(loggers.CreateLogger("Sluice.Node"), project.Id, dropped);
            }
        }
    }

    /// <summary>
    /// Before a project's work goes on with other settings: what they begin to pass on begins here. Nothing that waits is dropped, as at a
    /// start: what was taken out may be put back.
    /// </summary>
    public static Task GoOnAsync(ProjectSettings project, Store store, CancellationToken cancellationToken) =>
        ScopeOf(project).IsNothing ? Task.CompletedTask : store.Forwarding.StartAsync(project.Id, new ForwardScope(Received: true, Told: true), cancellationToken);

    /// <summary>Whether the file says that something is passed on, whatever is connected.</summary>
    private static bool IsWished(ProjectSettings project) => project.Mixpanel is { Forward: true } || project.UnconnectedBrevo.CampaignEvents;

    /// <summary>The worker of a project; null when nothing is passed on, or not now.</summary>
    public static ForwardWorker? Worker(
        ProjectSettings project, Store store, HttpClient http, MixpanelTokens tokens, TimeProvider time, string owner, Action<Exception> report)
    {
        var scope = ScopeOf(project);
        return scope.IsNothing || project.Mixpanel is { Enabled: false }
            ? null
            : new ForwardWorker(
                project.Id, scope, new MixpanelDestination(project.Id, SettingsOf(project.Mixpanel!, tokens.Of(project)), http, store.PermitBooks, store.Lookups, time), store.Forwarding,
                store.EventLog, store.Leases, new ForwardOptions(), time, Random.Shared.NextDouble, owner, report);
    }

    /// <param name="oauth">Where the tokens of the block <c>oauth</c> come from; null when it is not there.</param>
    public static MixpanelSettings SettingsOf(MixpanelConnectorSettings mixpanel, IMixpanelTokenSource? oauth = null) => new()
    {
        Token = mixpanel.ProjectToken!,
        Credentials = MixpanelAccess.CredentialsOf(mixpanel, oauth) ?? MixpanelCredentials.ProjectToken(mixpanel.ProjectToken!),
        Ingestion = MixpanelAccess.HostsOf(mixpanel).Ingestion,
        Accounts = MixpanelAccess.AccountsOf(mixpanel),
    };
}
