using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sluice.Core.Cohorts;
using Sluice.Core.Events;
using Sluice.Core.Projects;
using Sluice.Mixpanel.Cohorts;
using Sluice.Server.Hosting;
using Sluice.Server.Http;
using Sluice.Server.Ingestion;
using Sluice.Server.Telemetry;

namespace Sluice.Server.Webhooks;

/// <summary>
/// Mixpanel's cohort webhook: authenticate, parse while the body streams in, hand the page to the store, and answer once it is durable.
/// </summary>
/// <remarks>
/// Mixpanel pauses a sync at 400, 401, 403 and 404 until a person acts, and comes again by itself after 429 and 5xx. So a 4xx says
/// that a person must act, and everything that passes by itself is 503.
/// </remarks>
internal sealed class CohortEndpoint(
    Gatekeeper gatekeeper,
    ICohortIntake intake,
    BodyBudget budget,
    ServerOptions options,
    GatewayMetrics metrics,
    IntakeTally tally,
    ILogger<CohortEndpoint> logger)
{
    public const string Route = "cohorts";
    public const string Pattern = "/mixpanel/projects/{" + ProjectParameter + "}/cohorts";

    private const string ProjectParameter = "project";

    private const string Help =
        "This is the address of Sluice's receiver for Mixpanel cohorts. It is not a page to look at: enter it in Mixpanel under " +
        "Data > Destinations > Webhook as the URL, with the project's access key as user name and its secret key as password.\n";

    private readonly CohortWebhookParser _parser = new(new CohortWebhookParserOptions { MaxBodyBytes = options.MaxBodyBytes });
    private readonly ConcurrentDictionary<string, string> _otherRemoteProjects = new(StringComparer.Ordinal);

    public async Task HandleAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = HttpMethods.Post;
            await Answers.WriteTextAsync(context, StatusCodes.Status405MethodNotAllowed, Help, context.RequestAborted);
            return;
        }

        var projectId = (string)context.Request.RouteValues[ProjectParameter]!;
        var admission = await gatekeeper.AdmitAsync(context, Route, projectId, acceptsBearer: null, context.RequestAborted);
        var answer = admission.Outcome switch
        {
            AdmissionOutcome.Admitted => await TakeAsync(context, admission.Project!),
            AdmissionOutcome.NoCredentials => Answer.Failed(
                StatusCodes.Status401Unauthorized, "Credentials are missing: the connection needs the project's access key as user name and its secret key as password."),
            AdmissionOutcome.WrongCredentials => Answer.Failed(
                StatusCodes.Status401Unauthorized, "The access key or the secret key is wrong."),
            _ => Answer.Failed(
                StatusCodes.Status404NotFound, "The project in this URL is not the one that these keys open: check the URL."),
        };
        await SendAsync(context, answer);
    }

    private async Task<Answer> TakeAsync(HttpContext context, Project project)
    {
        string? action = null;
        try
        {
            using var body = await RequestBody.OpenAsync(
                context, project.Id, options.MaxBodyBytes, budget, logger, context.RequestAborted);
            var page = await ParseAsync(body, project, context.RequestAborted);
            if (page.Failure is { } failure)
            {
                return Refused(project, failure.Action, failure.Message, failure.StatusCode);
            }

            action = CohortActionNames.Of(page.Action);
            var outcome = await intake.ApplyAsync(page.Page!, context.RequestAborted);
            Report(project, page.Page!, action, outcome);
            return new Answer(StatusCodes.Status200OK, CohortWebhookAnswer.Success(page.Action));
        }
        catch (BodyRefusedException exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            return Refused(project, exception);
        }
        catch (IntakeBusyException exception)
        {
            metrics.Page(action ?? "unknown", "busy");
            GatewayLog.PageBusy(logger, project.Id, exception.Message);
            return Answer.Failed(StatusCodes.Status503ServiceUnavailable, "The store is busy; send the page again.", action);
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The outermost body of this request: whatever broke, nothing was acknowledged and the same page may come again.
            metrics.Page(action ?? "unknown", "failed");
            GatewayLog.PageFailed(logger, project.Id, exception);
            return Answer.Failed(StatusCodes.Status503ServiceUnavailable, "The page could not be stored; send it again.", action);
        }
    }

    private async Task<ParsedPage> ParseAsync(RequestBody body, Project project, CancellationToken cancellationToken)
    {
        var result = await _parser.ParseAsync(body.Content, cancellationToken);
        metrics.BodyReceived(Route, body.BytesReceived);
        if (result is not CohortWebhookPage received)
        {
            return new ParsedPage(default, Page: null, (CohortWebhookFailure)result);
        }

        // The parsed members live in pooled memory; what is stored from them does not, so the pool has its memory back before the commit.
        using (received)
        {
            body.ReadToEnd();
            return new ParsedPage(received.Action, CohortPageMap.Map(project.Id, received), Failure: null);
        }
    }

    private Answer Refused(Project project, BodyRefusedException exception) => exception.Refusal switch
    {
        BodyRefusal.TooLarge => Refused(
            project, action: null, $"The body is larger than {options.MaxBodyBytes} bytes.", StatusCodes.Status413PayloadTooLarge),
        BodyRefusal.Encoding => Refused(
            project, action: null, "The body's content encoding is not supported: send it plain or as gzip.", StatusCodes.Status415UnsupportedMediaType),
        BodyRefusal.Damaged => Refused(
            project, action: null, "The body says gzip, but cannot be decompressed.", StatusCodes.Status400BadRequest),
        BodyRefusal.Incomplete => Refused(
            project, action: null, "The body ended before it was complete.", StatusCodes.Status400BadRequest),
        BodyRefusal.TooSlow => Refused(
            project, action: null, "The body came too slowly; send it again.", StatusCodes.Status503ServiceUnavailable),
        _ => Refused(
            project, action: null, "Too many pages are being worked on; send it again.", StatusCodes.Status503ServiceUnavailable),
    };

    private Answer Refused(Project project, string? action, string message, int status)
    {
        metrics.Page(CohortActionNames.Find(action) is null ? "unknown" : action!, status == StatusCodes.Status503ServiceUnavailable ? "busy" : "refused");
        GatewayLog.PageRefused(logger, project.Id, status, message);
        return Answer.Failed(status, message, action);
    }

    private void Report(Project project, CohortPage page, string action, CohortPageOutcome outcome)
    {
        metrics.Page(action, outcome.Effect switch
        {
            CohortPageEffect.Applied => "applied",
            CohortPageEffect.Repeated => "repeated",
            CohortPageEffect.Replaced => "replaced",
            CohortPageEffect.Overtaken => "overtaken",
            CohortPageEffect.UnknownCohort => "unknown_cohort",
            _ => "other",
        });
        metrics.MembersAccepted(page.Members.Count - outcome.Erased, action);
        tally.Records(Route, project.Id, IntakeOutcome.Erased, "", outcome.Erased, 0);
        foreach (var rejected in page.Rejected)
        {
            metrics.MemberRejected(rejected.Reason);
        }

        if (page.Rejected.Count > 0)
        {
            GatewayLog.MembersRejected(logger, page.Rejected.Count, page.Page, page.Cohort, project.Id);
        }

        if (outcome.Warning is not null)
        {
            GatewayLog.PageWarning(logger, page.Page, page.Cohort, project.Id, outcome.Warning);
        }

        if (logger.IsEnabled(LogLevel.Debug))
        {
            GatewayLog.PageTaken(
                logger, page.Page, page.TotalPages, action, page.Cohort, project.Id, outcome.Effect.ToString(), page.Members.Count);
        }

        WarnAboutOtherRemoteProject(project, page.RemoteProject);
    }

    // Said when it begins or changes, not with every page.
    private void WarnAboutOtherRemoteProject(Project project, string received)
    {
        if (project.RemoteProject is not { } configured)
        {
            return;
        }

        var before = _otherRemoteProjects.GetValueOrDefault(project.Id, configured);
        if (before != received)
        {
            _otherRemoteProjects[project.Id] = received;
            if (received != configured)
            {
                GatewayLog.OtherRemoteProject(logger, project.Id, received, configured);
            }
        }
    }

    private async Task SendAsync(HttpContext context, Answer answer)
    {
        switch (answer.Status)
        {
            case StatusCodes.Status401Unauthorized:
                context.Response.Headers.WWWAuthenticate = Gatekeeper.BasicChallenge;
                break;
            case StatusCodes.Status415UnsupportedMediaType:
                context.Response.Headers.AcceptEncoding = "gzip, identity";
                break;
            case StatusCodes.Status503ServiceUnavailable:
                Answers.RetryAfter(context, options.RetryAfter);
                break;
        }

        await Answers.WriteAsync(context, answer.Status, CohortWebhookAnswer.ContentType, answer.Body, context.RequestAborted);
    }

    private readonly record struct ParsedPage(
        Mixpanel.Cohorts.CohortAction Action, CohortPage? Page, CohortWebhookFailure? Failure);

    private readonly record struct Answer(int Status, ReadOnlyMemory<byte> Body)
    {
        public static Answer Failed(int status, string message, string? action = null) =>
            new(status, CohortWebhookAnswer.Failure(action, message, status));
    }
}
