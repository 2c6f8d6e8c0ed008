using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sluice.Server.Http;
using Sluice.Server.Telemetry;

namespace Sluice.Server.Hosting;

/// <summary>What goes around every handler: how long it took, and what becomes of what it did not catch.</summary>
internal sealed class RequestFrame(ServerOptions options, TimeProvider timeProvider, GatewayMetrics metrics, ILogger<RequestFrame> logger)
{
    // Nobody reads it: the status under which requests are counted whose caller went away.
    private const int ClientClosedRequest = 499;

    public RequestDelegate Around(string route, RequestDelegate handler) => async context =>
    {
        var start = timeProvider.GetTimestamp();
        var status = ClientClosedRequest;
        try
        {
            await handler(context);
            status = context.RequestAborted.IsCancellationRequested ? ClientClosedRequest : context.Response.StatusCode;
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller went away; there is nobody to answer.
        }
        catch (Exception exception)
        {
            // The process's edge: the caller learns that it may come again, the log learns the rest.
            GatewayLog.RequestFailed(logger, exception);
            status = StatusCodes.Status503ServiceUnavailable;
            if (!context.Response.HasStarted)
            {
                context.Response.Clear();
                Answers.RetryAfter(context, options.RetryAfter);
                await Answers.WriteTextAsync(context, status, "Something went wrong; try again.\n", context.RequestAborted);
            }
        }
        finally
        {
            metrics.Request(route, status, timeProvider.GetElapsedTime(start));
        }
    };
}
