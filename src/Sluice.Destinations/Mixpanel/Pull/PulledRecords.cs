using Sluice.Core.Cohorts;
using Sluice.Core.Events;
using Sluice.Mixpanel.Cohorts;
using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Events;

namespace Sluice.Destinations.Mixpanel.Pull;

/// <summary>
/// How records on Mixpanel's wire become records that can be stored. The receiver's own ways are handed in here, so that what is fetched is
/// judged and kept exactly as what is received.
/// </summary>
/// <param name="Page">A page of a cohort.</param>
/// <param name="Events">Events that were accepted.</param>
/// <param name="Refused">An event that was not.</param>
public sealed record PulledRecords(
    Func<CohortWebhookPage, CohortPage> Page, Func<IReadOnlyList<MixpanelEvent>, Core.Events.EventBatch> Events, Func<FailedRecord, RefusedRecord> Refused);
