using Microsoft.Extensions.Logging;

namespace Sluice.Hosting;

/// <summary>What the program itself logs: 2xxx the engine.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(2001, LogLevel.Warning, "Delivery of project {Project} was interrupted and goes on: {Reason}")]
    public static partial void DeliveryInterrupted(ILogger logger, string project, string reason, Exception exception);

    [LoggerMessage(2003, LogLevel.Warning, "Delivery of the events of project {Project} was interrupted and goes on: {Reason}")]
    public static partial void EventsInterrupted(ILogger logger, string project, string reason, Exception exception);

    [LoggerMessage(2002, LogLevel.Warning, "Settling of project {Project} was interrupted and goes on: {Reason}")]
    public static partial void SettlingInterrupted(ILogger logger, string project, string reason, Exception exception);
}
