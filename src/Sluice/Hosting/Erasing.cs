using Sluice.Configuration;
using Sluice.Core.Erasure;
using Sluice.Destinations.Mixpanel.Budgets;
using Sluice.Destinations.Mixpanel.Erasure;
using Sluice.Mixpanel.Client;
using Sluice.Server.Hosting;
using Sluice.Storage;

namespace Sluice.Hosting;

/// <summary>Makes from the settings what erases people, and what takes the requests.</summary>
internal static class Erasing
{
    // Another node's call is over by then; what lasts longer is a rest that Mixpanel asks for.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static ErasureWorker Worker(
        ProjectSettings project, Store store, HttpClient http, Scrubber scrubber, TimeProvider time, string owner, Action<Exception> report) =>
        new(
            project.Id, store.ErasureWork, store.Leases, Destinations.BrevoEraser(project, store, http, time) is { } brevo ? [brevo] : [],
            Forwarder(project, store, http, time), scrubber, time, owner, report);

    public static ErasureServices Services(LiveProjects projects, Store store, Action<string> asked, TimeProvider time) =>
        new(new WakingErasures(store.Erasures, asked), new PersonalDataFile(store.PersonalData, store.EventLog, time), projects.AcceptsErasureToken);

    private static MixpanelErasure? Forwarder(ProjectSettings project, Store store, HttpClient http, TimeProvider time) =>
        project.Mixpanel is not { Enabled: true, GdprToken: { } bearer, ProjectToken: { } token } mixpanel
            ? null
            : new MixpanelErasure(
                new MixpanelPersonalDataClient(
                    http,
                    new MixpanelClientOptions
                    {
                        Credentials = MixpanelCredentials.OAuth(bearer.Reveal(), projectId: null),
                        Hosts = MixpanelAccess.HostsOf(mixpanel),
                        TimeProvider = time,
                    },
                    token,
                    new MixpanelBudgets(store.PermitBooks, MixpanelAccess.AccountsOf(mixpanel), time).For(MixpanelCaller.Job(Patience))),
                time);

    /// <summary>Wakes who erases, after the request is durable.</summary>
    private sealed class WakingErasures(IErasures inner, Action<string> asked) : IErasures
    {
        public async Task<ErasureState> RequestAsync(ErasureRequest request, CancellationToken cancellationToken)
        {
            var state = await inner.RequestAsync(request, cancellationToken);
            asked(request.Project);
            return state;
        }

        public Task<ErasureState?> FindAsync(string project, string id, CancellationToken cancellationToken) => inner.FindAsync(project, id, cancellationToken);

        public Task<CancelOutcome> CancelAsync(string project, string id, CancellationToken cancellationToken) => inner.CancelAsync(project, id, cancellationToken);

        public Task<int> CancelOfAsync(string project, IReadOnlyCollection<string> distinctIds, CancellationToken cancellationToken) =>
            inner.CancelOfAsync(project, distinctIds, cancellationToken);
    }
}
