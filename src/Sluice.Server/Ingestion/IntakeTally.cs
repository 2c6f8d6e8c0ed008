using Sluice.Core.Events;
using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Events;
using Sluice.Server.Telemetry;

namespace Sluice.Server.Ingestion;

/// <summary>Counts records twice: for the operator without names, and for the project with them.</summary>
internal sealed class IntakeTally(IntakeMonitor monitor, GatewayMetrics metrics)
{
    /// <summary>Where records are counted that carry the token of no project.</summary>
    public const string Nobody = "";

    public void Records(string way, string project, string outcome, string name, long records, long bytes)
    {
        if (records > 0)
        {
            metrics.IntakeRecords(way, outcome, records);
            monitor.Count(project, way, outcome, name, records, bytes);
        }
    }

    public void Events(string way, string project, string outcome, IEnumerable<MixpanelEvent> events)
    {
        foreach (var name in events.GroupBy(e => e.Name, StringComparer.Ordinal))
        {
            Records(way, project, outcome, name.Key, name.Count(), name.Sum(e => (long)e.Properties.Length));
        }
    }

    public void Failed(string way, string project, IReadOnlyCollection<FailedRecord> failed) =>
        Records(way, project, IntakeOutcome.Refused, "", failed.Count, failed.Sum(f => (long)f.Payload.Length));
}
