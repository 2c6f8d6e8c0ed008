using Microsoft.Extensions.Logging;

namespace Sluice.Server.Erasure;

/// <summary>What is logged of erasures and retrievals: that there was one, never of whom.</summary>
internal static partial class ErasureLog
{
    [LoggerMessage(1500, LogLevel.Information, "Project {Project}: {Route} of {Count} distinct ids was asked for, as {Id}.")]
    public static partial void Requested(ILogger logger, string project, string route, int count, string id);

    [LoggerMessage(1501, LogLevel.Information, "Project {Project}: {Count} deletions were taken back.")]
    public static partial void TakenBack(ILogger logger, string project, int count);

    [LoggerMessage(1502, LogLevel.Information, "Project {Project}: the result of retrieval {Id} was fetched.")]
    public static partial void Fetched(ILogger logger, string project, string id);
}
