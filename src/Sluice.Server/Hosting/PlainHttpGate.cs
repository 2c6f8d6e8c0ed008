using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Sluice.Server.Telemetry;

namespace Sluice.Server.Hosting;

/// <summary>
/// Refuses plain HTTP from beyond this machine unless it comes from a declared proxy: keys and people's data would have crossed the
/// network in the clear, and an answer of any other kind would hide that.
/// </summary>
/// <remarks>Asks the connection, so it must run before forwarded headers are looked at.</remarks>
internal sealed class PlainHttpGate(RequestDelegate next, TrustedProxies proxies, GatewayMetrics metrics)
{
    private const string Refusal =
        "Plain HTTP is answered only on this machine and behind a proxy named in server.trusted_proxies. Use https.\n";

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<ITlsHandshakeFeature>() is not null || MayUsePlainHttp(context.Connection.RemoteIpAddress))
        {
            return next(context);
        }

        metrics.PlainHttpRefused();
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(Refusal, context.RequestAborted);
    }

    // No address at all means a socket that only this machine has.
    private bool MayUsePlainHttp(IPAddress? address) => address is null || IPAddress.IsLoopback(address) || proxies.Contains(address);
}
