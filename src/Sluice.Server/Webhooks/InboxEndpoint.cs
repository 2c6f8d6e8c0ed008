using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Projects;
using Sluice.Server.Hosting;
using Sluice.Server.Http;
using Sluice.Server.Telemetry;

namespace Sluice.Server.Webhooks;

/// <summary>A destination's own calls: its webhooks, and its notices that a job has ended.</summary>
/// <remarks>
/// Brevo ends its retries, and the event is lost, at any 4xx but 429 and at any 5xx. So everything that passes by itself is 429 here,
/// never 503.
/// </remarks>
internal sealed class InboxEndpoint(
    IDestinationInbox inbox,
    IProjectDirectory projects,
    Gatekeeper gatekeeper,
    BodyBudget budget,
    ServerOptions options,
    GatewayMetrics metrics,
    ILogger<InboxEndpoint> logger)
{
    public const string EventsRoute = "inbox_events";
    public const string NoticesRoute = "inbox_imports";

    private const string ProjectParameter = "project";
    private const string TokenParameter = "token";

    // 128 bits are 22 characters in base64; what is shorter is no token of ours.
    private const int MinimumTokenLength = 22;
    private const int MaximumTokenLength = 200;
    private const int MaximumMessageLength = 300;
    private const int MaximumNoticesAtOnce = 16;

    private int _notices;

    public string EventsPattern => $"/{inbox.Destination}/projects/{{{ProjectParameter}}}/events";

    public string NoticesPattern => $"/{inbox.Destination}/projects/{{{ProjectParameter}}}/imports/{{{TokenParameter}}}";

    public async Task HandleEventsAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = HttpMethods.Post;
            await Answers.WriteTextAsync(
                context,
                StatusCodes.Status405MethodNotAllowed,
                "This address receives webhooks; it is not a page to look at.\n",
                context.RequestAborted);
            return;
        }

        var projectId = (string)context.Request.RouteValues[ProjectParameter]!;
        var admission = await gatekeeper.AdmitAsync(context, EventsRoute, projectId, inbox.Accepts, context.RequestAborted);
        switch (admission.Outcome)
        {
            case AdmissionOutcome.Admitted:
                await ReceiveAsync(context, admission.Project!.Id);
                break;
            case AdmissionOutcome.ForeignProject:
                await SendAsync(context, StatusCodes.Status404NotFound, "The project in this URL is not the one that these keys open.");
                break;
            default:
                context.Response.Headers.WWWAuthenticate = new([Gatekeeper.BasicChallenge, Gatekeeper.BearerChallenge]);
                await SendAsync(context, StatusCodes.Status401Unauthorized, "The credentials are missing or wrong.");
                break;
        }
    }

    public async Task HandleNoticeAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method) && !HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = $"{HttpMethods.Get}, {HttpMethods.Post}";
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        // Answered before anything is looked up: the notice is only a hint to look earlier, and the answer tells a stranger nothing.
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            // The caller must not send its next request on a connection that is still busy with this one.
            context.Response.Headers.Connection = "close";
        }

        await context.Response.CompleteAsync();

        var projectId = (string)context.Request.RouteValues[ProjectParameter]!;
        var token = (string)context.Request.RouteValues[TokenParameter]!;
        if (token.Length is < MinimumTokenLength or > MaximumTokenLength || projects.Find(projectId) is not { } project)
        {
            metrics.InboxNotice(inbox.Destination, "unknown");
            return;
        }

        await PassNoticeAsync(project.Id, token);
    }

    private async Task PassNoticeAsync(string project, string token)
    {
        // Anybody may call here, so the work that it causes is bounded. A dropped notice is found by polling.
        if (Interlocked.Increment(ref _notices) > MaximumNoticesAtOnce)
        {
            Interlocked.Decrement(ref _notices);
            metrics.InboxNotice(inbox.Destination, "dropped");
            GatewayLog.JobNoticeDropped(logger, inbox.Destination, project);
            return;
        }

        try
        {
            // Not tied to the request: the caller has its answer and may be gone.
            await inbox.JobEndedAsync(project, token, CancellationToken.None);
            metrics.InboxNotice(inbox.Destination, "passed");
        }
        catch (Exception exception)
        {
            metrics.InboxNotice(inbox.Destination, "failed");
            GatewayLog.JobNoticeFailed(logger, inbox.Destination, project, exception);
        }
        finally
        {
            Interlocked.Decrement(ref _notices);
        }
    }

    private async Task ReceiveAsync(HttpContext context, string project)
    {
        try
        {
            using var body = await RequestBody.OpenAsync(
                context, project, options.MaxInboxBodyBytes, budget, logger, context.RequestAborted);
            using var content = await BufferedBody.ReadAsync(context, body, options.MaxInboxBodyBytes, context.RequestAborted);
            metrics.BodyReceived(EventsRoute, body.BytesReceived);
            await inbox.ReceiveAsync(project, content.Content, context.RequestAborted);
            metrics.InboxDelivery(inbox.Destination, "taken");
            GatewayLog.InboxTaken(logger, inbox.Destination, project, content.Content.Length);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (BodyRefusedException exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            await RefuseAsync(context, project, exception);
        }
        catch (InboxFormatException exception)
        {
            await RefuseAsync(context, project, StatusCodes.Status400BadRequest, exception.Message);
        }
        catch (IntakeBusyException exception)
        {
            GatewayLog.InboxBusy(logger, inbox.Destination, project, exception.Message);
            await ComeAgainAsync(context, "busy", "The store is busy; send it again.");
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The outermost body of this request: whatever broke, nothing was acknowledged and the same webhook may come again.
            GatewayLog.InboxFailed(logger, inbox.Destination, project, exception);
            await ComeAgainAsync(context, "failed", "It could not be stored; send it again.");
        }
    }

    private Task RefuseAsync(HttpContext context, string project, BodyRefusedException exception)
    {
        switch (exception.Refusal)
        {
            case BodyRefusal.TooLarge:
                return RefuseAsync(
                    context, project, StatusCodes.Status413PayloadTooLarge, $"The body is larger than {options.MaxInboxBodyBytes} bytes.");
            case BodyRefusal.Encoding:
                context.Response.Headers.AcceptEncoding = "gzip, identity";
                return RefuseAsync(
                    context, project, StatusCodes.Status415UnsupportedMediaType, "The content encoding is not supported: send it plain or as gzip.");
            case BodyRefusal.Damaged:
                return RefuseAsync(
                    context, project, StatusCodes.Status400BadRequest, "The body says gzip, but cannot be decompressed.");
            case BodyRefusal.Incomplete:
                return RefuseAsync(context, project, StatusCodes.Status400BadRequest, "The body ended before it was complete.");
            case BodyRefusal.TooSlow:
                return ComeAgainAsync(context, "busy", "The body came too slowly; send it again.");
            default:
                return ComeAgainAsync(context, "busy", "Too many webhooks are being worked on; send it again.");
        }
    }

    private Task RefuseAsync(HttpContext context, string project, int status, string message)
    {
        metrics.InboxDelivery(inbox.Destination, "refused");
        GatewayLog.InboxRefused(logger, inbox.Destination, project, status, message);
        return SendAsync(context, status, message);
    }

    private Task ComeAgainAsync(HttpContext context, string outcome, string message)
    {
        metrics.InboxDelivery(inbox.Destination, outcome);
        Answers.RetryAfter(context, options.RetryAfter);
        return SendAsync(context, StatusCodes.Status429TooManyRequests, message);
    }

    private static Task SendAsync(HttpContext context, int status, string message)
    {
        var body = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WriteString("message", message.Length <= MaximumMessageLength ? message : message[..MaximumMessageLength]);
            writer.WriteEndObject();
        }

        return Answers.WriteAsync(context, status, Answers.Json, body.WrittenMemory, context.RequestAborted);
    }
}
