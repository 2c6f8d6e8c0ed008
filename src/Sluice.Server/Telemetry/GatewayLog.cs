using Microsoft.Extensions.Logging;

namespace Sluice.Server.Telemetry;

/// <summary>Every line that the gateway logs. None holds a payload, a person's data or a secret.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(EventIds.Listening, LogLevel.Information, "Listening on {Url}.")]
    public static partial void Listening(ILogger logger, string url);

    [LoggerMessage(EventIds.Stopping, LogLevel.Information, "Stopping: requests in progress have {Timeout} to end.")]
    public static partial void Stopping(ILogger logger, TimeSpan timeout);

    [LoggerMessage(EventIds.Stopped, LogLevel.Information, "Stopped.")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(EventIds.PlainHttpAnywhere, LogLevel.Warning,
        "{Url} is plain HTTP beyond this machine and no trusted proxy is declared: every call from elsewhere will be refused.")]
    public static partial void PlainHttpAnywhere(ILogger logger, string url);

    [LoggerMessage(EventIds.CertificateLoaded, LogLevel.Information, "Certificate of {Subject} loaded, valid until {Expiry:u}.")]
    public static partial void CertificateLoaded(ILogger logger, string subject, DateTimeOffset expiry);

    [LoggerMessage(EventIds.CertificateKept, LogLevel.Error,
        "The changed certificate {Path} or its key does not load; the one before stays in use.")]
    public static partial void CertificateKept(ILogger logger, string path, Exception exception);

    [LoggerMessage(EventIds.CertificateExpired, LogLevel.Error, "The certificate of {Subject} has expired on {Expiry:u}.")]
    public static partial void CertificateExpired(ILogger logger, string subject, DateTimeOffset expiry);

    [LoggerMessage(EventIds.RequestFailed, LogLevel.Error, "A request failed unexpectedly.")]
    public static partial void RequestFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventIds.CredentialsRefused, LogLevel.Warning, "A call to the {Route} of project {Project} from {Source} had {Reason} credentials.")]
    public static partial void CredentialsRefused(ILogger logger, string route, string project, string source, string reason);

    [LoggerMessage(EventIds.ForeignProject, LogLevel.Warning, "The keys of project {Project} were used on the {Route} of another project, from {Source}.")]
    public static partial void ForeignProject(ILogger logger, string project, string route, string source);

    [LoggerMessage(EventIds.BodyBudgetFull, LogLevel.Warning,
        "A body of up to {Bytes} bytes for project {Project} found no room: {Used} of {Budget} bytes are being worked on.")]
    public static partial void BodyBudgetFull(ILogger logger, long bytes, string project, long used, long budget);

    [LoggerMessage(EventIds.PageTaken, LogLevel.Debug,
        "Page {Page} of {TotalPages} ({Action}) of cohort {Cohort} of project {Project}: {Effect}, {Members} members.")]
    public static partial void PageTaken(
        ILogger logger, int page, int totalPages, string action, string cohort, string project, string effect, int members);

    [LoggerMessage(EventIds.PageWarning, LogLevel.Warning, "Page {Page} of cohort {Cohort} of project {Project}: {Warning}")]
    public static partial void PageWarning(ILogger logger, int page, string cohort, string project, string warning);

    [LoggerMessage(EventIds.PageRefused, LogLevel.Warning, "A page for project {Project} was refused with {Status}: {Reason}")]
    public static partial void PageRefused(ILogger logger, string project, int status, string reason);

    [LoggerMessage(EventIds.PageBusy, LogLevel.Warning, "A page for project {Project} was sent back: {Reason}")]
    public static partial void PageBusy(ILogger logger, string project, string reason);

    [LoggerMessage(EventIds.PageFailed, LogLevel.Error, "A page for project {Project} could not be stored; the caller was asked to come again.")]
    public static partial void PageFailed(ILogger logger, string project, Exception exception);

    [LoggerMessage(EventIds.MembersRejected, LogLevel.Warning,
        "{Count} members of page {Page} of cohort {Cohort} of project {Project} were set aside as dead letters.")]
    public static partial void MembersRejected(ILogger logger, int count, int page, string cohort, string project);

    [LoggerMessage(EventIds.OtherRemoteProject, LogLevel.Warning,
        "Project {Project} receives cohorts of Mixpanel project {Received}, but {Configured} is configured. They are taken; check the connection in Mixpanel or connectors.mixpanel.project_id.")]
    public static partial void OtherRemoteProject(ILogger logger, string project, string received, string configured);

    [LoggerMessage(EventIds.InboxTaken, LogLevel.Debug, "A webhook of {Destination} for project {Project} was taken: {Bytes} bytes.")]
    public static partial void InboxTaken(ILogger logger, string destination, string project, int bytes);

    [LoggerMessage(EventIds.InboxRefused, LogLevel.Warning, "A webhook of {Destination} for project {Project} was refused with {Status}: {Reason}")]
    public static partial void InboxRefused(ILogger logger, string destination, string project, int status, string reason);

    [LoggerMessage(EventIds.InboxBusy, LogLevel.Warning, "A webhook of {Destination} for project {Project} was sent back: {Reason}")]
    public static partial void InboxBusy(ILogger logger, string destination, string project, string reason);

    [LoggerMessage(EventIds.InboxFailed, LogLevel.Error, "A webhook of {Destination} for project {Project} could not be stored; the caller was asked to come again.")]
    public static partial void InboxFailed(ILogger logger, string destination, string project, Exception exception);

    [LoggerMessage(EventIds.JobNoticeFailed, LogLevel.Warning, "The notice of {Destination} that a job of project {Project} has ended could not be used; polling will find it.")]
    public static partial void JobNoticeFailed(ILogger logger, string destination, string project, Exception exception);

    [LoggerMessage(EventIds.JobNoticeDropped, LogLevel.Debug, "A notice of {Destination} for project {Project} was dropped: too many at once.")]
    public static partial void JobNoticeDropped(ILogger logger, string destination, string project);

    [LoggerMessage(EventIds.NotReady, LogLevel.Warning, "Not ready: {Checks}.")]
    public static partial void NotReady(ILogger logger, string checks);

    [LoggerMessage(EventIds.ReadinessFailed, LogLevel.Error, "Readiness could not be checked.")]
    public static partial void ReadinessFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventIds.IntakeRefused, LogLevel.Warning, "A call to {Route} of project {Project} was refused with {Status}: {Reason}")]
    public static partial void IntakeRefused(ILogger logger, string route, string project, int status, string reason);

    [LoggerMessage(EventIds.IntakeBusy, LogLevel.Warning, "A call to {Route} was sent back: {Reason}")]
    public static partial void IntakeBusy(ILogger logger, string route, string reason);

    [LoggerMessage(EventIds.IntakeFailed, LogLevel.Error, "What was sent to {Route} could not be stored; the caller was asked to come again.")]
    public static partial void IntakeFailed(ILogger logger, string route, Exception exception);

    [LoggerMessage(EventIds.RecordsRefused, LogLevel.Warning, "{Count} records that were sent to {Route} of project {Project} could not be used.")]
    public static partial void RecordsRefused(ILogger logger, int count, string route, string project);

    [LoggerMessage(EventIds.LookupReplaced, LogLevel.Information, "Lookup table {Table} of project {Project} was replaced: {Rows} rows.")]
    public static partial void LookupReplaced(ILogger logger, string table, string project, long rows);

    [LoggerMessage(EventIds.CountsKept, LogLevel.Warning, "The counts of what came in could not be stored; they are kept for the next time.")]
    public static partial void CountsKept(ILogger logger, Exception exception);

    [LoggerMessage(EventIds.RecordsNotKept, LogLevel.Error,
        "{Count} records that were sent to {Route} of project {Project} could not be used, nor kept as dead letters; the others were stored.")]
    public static partial void RecordsNotKept(ILogger logger, int count, string route, string project, Exception exception);
}
