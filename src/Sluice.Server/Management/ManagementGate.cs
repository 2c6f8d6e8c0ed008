using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Management;
using Sluice.Server.Hosting;
using Sluice.Server.Http;

namespace Sluice.Server.Management;

/// <summary>
/// Stands before every path of the management API: who may call, how large a body may be, what a repeated call gets, and how what went
/// wrong is told. It runs before a handler's parameters are read, so a stranger's body is never parsed.
/// </summary>
internal sealed partial class ManagementGate(RequestDelegate next, RequestFrame frame, Gatekeeper gatekeeper, ManagementServices services, ServerOptions options)
{
    private const string Route = "/api/v1";
    private const long MaxBodyBytes = 256 * 1024;
    private const int LongestRepeatKey = 255;

    public Task InvokeAsync(HttpContext context) => IsOurs(context) ? frame.Around(Route, HandleAsync)(context) : next(context);

    /// <summary>Whatever routing takes for ours, in whichever case it is written, and the paths beside it that are nobody's.</summary>
    private static bool IsOurs(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<ManagementMark>() is not null
        || context.Request.Path.StartsWithSegments(ManagementRoutes.Prefix, StringComparison.OrdinalIgnoreCase);

    private async Task HandleAsync(HttpContext context)
    {
        // Nothing here is anybody else's business, caches included.
        context.Response.Headers.CacheControl = "no-store";
        if (await RefusalAsync(context) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
        }
    }

    private async Task<Refused?> RefusalAsync(HttpContext context)
    {
        if (ComesFromElsewhere(context.Request))
        {
            return new Refused(
                StatusCodes.Status403Forbidden, "cross-site", "The call comes from another site.",
                "A browser sent it for a page of another site: call from a program, or from a page of this origin.");
        }

        var admission = await gatekeeper.AdmitAsync(context, Route, projectId: null, acceptsBearer: null, context.RequestAborted);
        if (admission.Project is not { } project)
        {
            context.Response.Headers.WWWAuthenticate = Gatekeeper.BasicChallenge;
            return new Refused(
                StatusCodes.Status401Unauthorized, "credentials", "The credentials are missing or wrong.", "Send the project's access key and secret key as HTTP Basic.");
        }

        ManagementRoutes.SetProject(context, project);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = MaxBodyBytes;
        }

        try
        {
            if (context.GetEndpoint()?.Metadata.GetMetadata<ManagementMark>() is { Repeatable: true }
                && context.Request.Headers[ManagementRoutes.RepeatKeyHeader] is [{ } key])
            {
                return await RepeatedAsync(context, project.Id, key);
            }

            await next(context);
            return Unanswered(context);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            return Of(e);
        }
        catch (Exception e) when (e is StoreUnavailableException or IntakeBusyException && !context.Response.HasStarted)
        {
            return new Refused(StatusCodes.Status503ServiceUnavailable, "busy-store", "The store is busy.", "Nothing was changed; send it again.") { RetryAfter = options.RetryAfter };
        }
    }

    /// <summary>
    /// Browsers send Basic credentials that they remember with every request, a form on a stranger's page included; and they say
    /// whose page it was. Programs say nothing.
    /// </summary>
    private static bool ComesFromElsewhere(HttpRequest request) =>
        request.Headers.TryGetValue("Sec-Fetch-Site", out var site) && site.ToString() is not ("same-origin" or "none");

    private async Task<Refused?> RepeatedAsync(HttpContext context, string project, string key)
    {
        if (key.Length is 0 or > LongestRepeatKey || key.Any(c => c is < '!' or > '~'))
        {
            return Refused.Invalid(ManagementRoutes.RepeatKeyHeader, $"is no text of 1 to {LongestRepeatKey} visible ASCII characters");
        }

        var repeat = await services.Repeats.BeginAsync(project, key, await HashAsync(context), context.RequestAborted);
        switch (repeat.State)
        {
            case RepeatState.OtherRequest:
                return new Refused(
                    StatusCodes.Status422UnprocessableEntity, "idempotency-key-reused", "The idempotency key belongs to another call.",
                    "The same key came with another path or body within the last 24 hours: make a new key for a new call.");
            case RepeatState.Running:
                return Refused.Conflict("still-running", "The first call with this idempotency key is still at work; ask again later.") with { RetryAfter = options.RetryAfter };
            case RepeatState.Finished:
                await Answers.WriteAsync(
                    context, repeat.Status, repeat.Status >= 400 ? Refused.ContentType : Answers.Json, Encoding.UTF8.GetBytes(repeat.Body), context.RequestAborted);
                return null;
            default:
                await FirstAsync(context, project, key, repeat.Stamp);
                return null;
        }
    }

    /// <summary>Does the work and keeps its answer, unless the same call may fare better the next time.</summary>
    private async Task FirstAsync(HttpContext context, string project, string key, long stamp)
    {
        var wire = context.Response.Body;
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        var kept = false;
        try
        {
            await next(context);
            if (context.Response.StatusCode is StatusCodes.Status200OK)
            {
                await services.Repeats.FinishAsync(project, key, stamp, context.Response.StatusCode, Encoding.UTF8.GetString(answer.ToArray()), CancellationToken.None);
                kept = true;
            }
        }
        finally
        {
            context.Response.Body = wire;
            if (!kept)
            {
                await services.Repeats.ForgetAsync(project, key, stamp, CancellationToken.None);
            }
        }

        answer.Position = 0;
        await answer.CopyToAsync(wire, context.RequestAborted);
    }

    /// <summary>What makes up the call: method, path and body. The body is kept for the handler.</summary>
    private static async Task<byte[]> HashAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        body.Position = 0;
        context.Request.Body = body;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{context.Request.Method}\n{context.Request.Path}\n{context.Request.QueryString}\n"));
        hash.AppendData(body.GetBuffer().AsSpan(0, (int)body.Length));
        return hash.GetHashAndReset();
    }

    /// <summary>A path or a method that is none of ours has been answered by nobody.</summary>
    private static Refused? Unanswered(HttpContext context) => context.Response switch
    {
        { HasStarted: true } => null,
        { StatusCode: StatusCodes.Status404NotFound } => Refused.NotFound("The management API has no such path; /openapi/v1.json lists all."),
        { StatusCode: StatusCodes.Status405MethodNotAllowed } =>
            new Refused(StatusCodes.Status405MethodNotAllowed, "method", "The method is not allowed here.", $"Allowed: {context.Response.Headers.Allow}."),
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge,
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => OtherType,
        _ => null,
    };

    private static Refused TooLarge { get; } =
        new(StatusCodes.Status413PayloadTooLarge, "too-large", "The body is too large.", $"A body has at most {MaxBodyBytes / 1024} KiB.");

    private static Refused OtherType { get; } =
        new(StatusCodes.Status415UnsupportedMediaType, "media-type", "The body is of another type.", "Send a body of type application/json.");

    private static Refused Of(BadHttpRequestException exception)
    {
        switch (exception.StatusCode)
        {
            case StatusCodes.Status413PayloadTooLarge:
                return TooLarge;
            case StatusCodes.Status415UnsupportedMediaType:
                return OtherType;
        }

        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is JsonException json)
            {
                return Of(json);
            }
        }

        return ParameterName().Match(exception.Message) is { Success: true } parameter
            ? Refused.Invalid(JsonNamingPolicy.CamelCase.ConvertName(parameter.Groups[1].Value), "cannot be read")
            : Refused.Invalid("body", "is missing");
    }

    private static Refused Of(JsonException exception)
    {
        if (MissingProperty().Match(exception.Message) is { Success: true } missing)
        {
            return Refused.Invalid(missing.Groups[1].Value, "is missing");
        }

        return exception.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal)
            ? Refused.Invalid(path[2..], "is unknown here, or of another type")
            : Refused.Invalid("body", "is not the JSON object that is expected here");
    }

    // The framework says what it missed, and which parameter it could not read, in words alone.
    [GeneratedRegex("missing required properties including: '([^']+)'")]
    private static partial Regex MissingProperty();

    [GeneratedRegex("Failed to bind parameter \"[^\"]* ([A-Za-z]+)\" from")]
    private static partial Regex ParameterName();
}
