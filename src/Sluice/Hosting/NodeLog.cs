using Microsoft.Extensions.Logging;

namespace Sluice.Hosting;

/// <summary>What the program itself logs: 2xxx the engine.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(2001, LogLevel.Warning, "Delivery of project {Project} was interrupted and goes on: {Reason}")]
    public static partial void DeliveryInterrupted(ILogger logger, string project, string reason, Exception exception);

    [LoggerMessage(2003, LogLevel.Warning, "Delivery of the events of project {Project} was interrupted and goes on: {Reason}")]
    public static partial void EventsInterrupted(ILogger logger, string project, string reason, Exception exception);

    [LoggerMessage(2004, LogLevel.Warning, "Passing on what project {Project} receives was interrupted and goes on: {Reason}")]
    public static partial void ForwardingInterrupted(ILogger logger, string project, string reason, Exception exception);

    [LoggerMessage(2005, LogLevel.Warning, "Passing on what project {Project} receives is switched off: {Dropped} updates that waited for it were dropped")]
    public static partial void ForwardingDropped(ILogger logger, string project, long dropped);

    [LoggerMessage(2020, LogLevel.Warning, "Erasing people of project {Project} was interrupted and goes on: {Reason}")]
    public static partial void ErasureInterrupted(ILogger logger, string project, string reason, Exception exception);

    [LoggerMessage(2006, LogLevel.Warning, "Delivery of events to {Destination} of project {Project} was interrupted and goes on: {Reason}")]
    public static partial void WebhookInterrupted(ILogger logger, string destination, string project, string reason, Exception exception);

    [LoggerMessage(2016, LogLevel.Warning, "Keeping the companies of project {Project} in step was interrupted and goes on: {Reason}")]
    public static partial void CompaniesInterrupted(ILogger logger, string project, string reason, Exception exception);

    [LoggerMessage(2002, LogLevel.Warning, "Settling of project {Project} was interrupted and goes on: {Reason}")]
    public static partial void SettlingInterrupted(ILogger logger, string project, string reason, Exception exception);

    [LoggerMessage(2040, LogLevel.Warning, "Fetching from the Mixpanel of project {Project} was interrupted: {Reason}")]
    public static partial void PullInterrupted(ILogger logger, string project, string reason, Exception exception);

    [LoggerMessage(2030, LogLevel.Information, "What project {Project} has connected was changed: its work begins anew")]
    public static partial void ConnectorsChanged(ILogger logger, string project);

    [LoggerMessage(2032, LogLevel.Error, "What project {Project} has connected was changed, and its work cannot go on with it: it is tried again. {Reason}")]
    public static partial void ProjectNotExchanged(ILogger logger, string project, string reason, Exception exception);

    [LoggerMessage(2033, LogLevel.Warning, "Bringing list {List} in step, which somebody asked project {Project} for, has failed: {Reason}")]
    public static partial void ListSyncFailed(ILogger logger, string project, long list, string reason, Exception exception);

    [LoggerMessage(2034, LogLevel.Warning, "The OAuth tokens that project {Project} has disconnected lie encrypted in the store and could not be removed: {Reason}")]
    public static partial void TokensNotForgotten(ILogger logger, string project, string reason, Exception exception);

    [LoggerMessage(2035, LogLevel.Warning, "Whose Brevo account the key of project {Project} opens was not found out, and is asked later: {Reason}")]
    public static partial void AccountNotLearned(ILogger logger, string project, string reason, Exception exception);

    [LoggerMessage(2036, LogLevel.Error, "The key of project {Project} in the config file opens another Brevo account than the one before, and what is known of lists and contacts holds for that one alone: take a key of the account before, or declare a project of its own for this one")]
    public static partial void OtherAccount(ILogger logger, string project);

    [LoggerMessage(2031, LogLevel.Warning, "Keys and connectors could not be read, those that were known stay: {Reason}")]
    public static partial void ProjectsNotRead(ILogger logger, string reason, Exception exception);
}
