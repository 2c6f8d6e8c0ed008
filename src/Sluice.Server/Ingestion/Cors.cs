using Microsoft.AspNetCore.Http;

namespace Sluice.Server.Ingestion;

/// <summary>Lets pages of any origin send: Mixpanel's script runs on the customer's pages, and there with credentials.</summary>
/// <remarks>
/// That is no more than what is allowed without it: these paths are opened by a token that everybody may know, look at no cookie, and
/// give nothing back.
/// </remarks>
internal static class Cors
{
    public const string Methods = "GET, POST, OPTIONS";

    // The longest that browsers remember the answer to their question.
    private const string MaxAgeSeconds = "86400";

    /// <summary>Names the origin of the page that asks; a request without an origin comes from no page.</summary>
    public static void Allow(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.Vary = "Origin";
        if (context.Request.Headers.Origin is [{ Length: > 0 } origin])
        {
            headers.AccessControlAllowOrigin = origin;
            headers.AccessControlAllowCredentials = "true";
            headers.AccessControlExposeHeaders = "Retry-After";
        }
    }

    /// <summary>Answers a browser that asks before it sends.</summary>
    public static void AnswerPreflight(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.Allow = Methods;
        headers.AccessControlAllowMethods = Methods;
        headers.AccessControlMaxAge = MaxAgeSeconds;
        if (context.Request.Headers.AccessControlRequestHeaders is [{ Length: > 0 } asked])
        {
            headers.AccessControlAllowHeaders = asked;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
