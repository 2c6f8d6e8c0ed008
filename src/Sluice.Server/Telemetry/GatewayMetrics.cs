using System.Diagnostics.Metrics;

namespace Sluice.Server.Telemetry;

/// <summary>Everything that the gateway counts and measures. The list in docs/telemetry.md is kept equal by a test.</summary>
internal sealed class GatewayMetrics
{
    public const string MeterName = "Sluice.Server";

    private static readonly InstrumentAdvice<double> DurationBuckets = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private static readonly InstrumentAdvice<long> SizeBuckets = new()
    {
        HistogramBucketBoundaries = [1024, 16_384, 131_072, 524_288, 1_048_576, 4_194_304, 16_777_216, 33_554_432],
    };

    private readonly Histogram<double> _requestDuration;
    private readonly Histogram<long> _bodySize;
    private readonly Counter<long> _authenticationFailures;
    private readonly Counter<long> _plainHttpRefusals;
    private readonly UpDownCounter<long> _bodyBudgetUsed;
    private readonly Counter<long> _bodyBudgetRefusals;
    private readonly Counter<long> _pages;
    private readonly Counter<long> _membersAccepted;
    private readonly Counter<long> _membersRejected;
    private readonly Counter<long> _intakeRecords;
    private readonly Counter<long> _inboxDeliveries;
    private readonly Counter<long> _inboxNotices;
    private readonly Counter<long> _certificateReloads;

    public GatewayMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _requestDuration = meter.CreateHistogram(
            "sluice.gateway.request.duration", "s", "How long requests took, waiting included.", tags: null, DurationBuckets);
        _bodySize = meter.CreateHistogram(
            "sluice.gateway.request.body.size", "By", "Size of bodies as sent.", tags: null, SizeBuckets);
        _authenticationFailures = meter.CreateCounter<long>(
            "sluice.gateway.authentication.failures", "{failure}", "Requests whose credentials did not open what they asked for.");
        _plainHttpRefusals = meter.CreateCounter<long>(
            "sluice.gateway.plain_http.refusals", "{request}", "Requests refused because they came in plain HTTP from elsewhere.");
        _bodyBudgetUsed = meter.CreateUpDownCounter<long>(
            "sluice.gateway.body_budget.used", "By", "Bytes of the body budget that are taken.");
        _bodyBudgetRefusals = meter.CreateCounter<long>(
            "sluice.gateway.body_budget.refusals", "{request}", "Requests sent back because the body budget was full.");
        _pages = meter.CreateCounter<long>("sluice.cohort.pages", "{page}", "Pages of cohorts, by what became of them.");
        _membersAccepted = meter.CreateCounter<long>(
            "sluice.cohort.members.accepted", "{member}", "Members of pages that were stored.");
        _membersRejected = meter.CreateCounter<long>(
            "sluice.cohort.members.rejected", "{member}", "Members of stored pages that were set aside, by reason.");
        _intakeRecords = meter.CreateCounter<long>(
            "sluice.intake.records", "{record}", "Events, updates of profiles and rows that clients sent, by what became of them.");
        _inboxDeliveries = meter.CreateCounter<long>(
            "sluice.inbox.deliveries", "{delivery}", "Webhooks of destinations, by what became of them.");
        _inboxNotices = meter.CreateCounter<long>(
            "sluice.inbox.notices", "{notice}", "Notices of destinations that a job has ended, by what became of them.");
        _certificateReloads = meter.CreateCounter<long>(
            "sluice.gateway.tls.reloads", "{reload}", "Changed certificates, by whether they loaded.");
    }

    public void Request(string route, int status, TimeSpan duration) => _requestDuration.Record(
        duration.TotalSeconds, new("route", route), new("http.response.status_code", status));

    public void BodyReceived(string route, long bytes) => _bodySize.Record(bytes, new KeyValuePair<string, object?>("route", route));

    public void AuthenticationFailed(string route, string reason) =>
        _authenticationFailures.Add(1, new("route", route), new("reason", reason));

    public void PlainHttpRefused() => _plainHttpRefusals.Add(1);

    public void BodyBudgetChanged(long bytes) => _bodyBudgetUsed.Add(bytes);

    public void BodyBudgetRefused() => _bodyBudgetRefusals.Add(1);

    public void Page(string action, string outcome) => _pages.Add(1, new("action", action), new("outcome", outcome));

    public void MembersAccepted(int count, string action) =>
        _membersAccepted.Add(count, new KeyValuePair<string, object?>("action", action));

    public void MemberRejected(string reason) => _membersRejected.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void IntakeRecords(string route, string outcome, long count) =>
        _intakeRecords.Add(count, new("route", route), new("outcome", outcome));

    public void InboxDelivery(string destination, string outcome) =>
        _inboxDeliveries.Add(1, new("destination", destination), new("outcome", outcome));

    public void InboxNotice(string destination, string outcome) =>
        _inboxNotices.Add(1, new("destination", destination), new("outcome", outcome));

    public void CertificateReloaded(bool loaded) =>
        _certificateReloads.Add(1, new KeyValuePair<string, object?>("outcome", loaded ? "loaded" : "kept"));
}
