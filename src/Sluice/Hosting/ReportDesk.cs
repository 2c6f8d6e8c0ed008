using System.Collections.Concurrent;
using Sluice.Configuration;
using Sluice.Core.Delivery;
using Sluice.Core.Reports;
using Sluice.Destinations.Mixpanel.Reports;

namespace Sluice.Hosting;

/// <summary>Hands each project's questions to who answers them by its settings.</summary>
/// <param name="find">The project as it runs now.</param>
internal sealed class ReportDesk(Func<string, ProjectSettings?> find, IPermitBooks books, HttpClient http, MixpanelTokens tokens, TimeProvider time) : IReportSource
{
    private readonly ConcurrentDictionary<string, (ProjectSettings Settings, MixpanelReports? Reports)> _desks = new(StringComparer.Ordinal);

    public async Task<ReportAnswer> AskAsync(string project, ReportQuestion question, CancellationToken cancellationToken)
    {
        if (find(project) is not { } settings)
        {
            return new ReportAnswer.NotConfigured("This project is not served here.");
        }

        // What is connected may have changed; answers to other credentials are not given to these.
        var desk = _desks.AddOrUpdate(
            project, _ => (settings, Make(settings)), (_, known) => ReferenceEquals(known.Settings, settings) ? known : (settings, Make(settings)));
        return desk.Reports is null
            ? new ReportAnswer.NotConfigured(
                "Reports are answered by Mixpanel, and this project has no credentials for it: set connectors.mixpanel.service_account and project_id (or project_secret), and see that the connector is not switched off or paused.")
            : await desk.Reports.AskAsync(question, cancellationToken);
    }

    private MixpanelReports? Make(ProjectSettings settings) =>
        settings.Reports == ReportSource.Mixpanel && MixpanelAccess.Of(settings, books, tokens, time) is { } access ? new MixpanelReports(http, access.Options, access.Budgets) : null;
}
