using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sluice.Core.Events;
using Sluice.Core.Projects;
using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Answers;
using Sluice.Mixpanel.Ingestion.Forms;
using Sluice.Server.Http;

namespace Sluice.Server.Ingestion;

/// <summary>A path that the token inside each record opens. Everybody may know a token, and records of an unknown one are dropped.</summary>
internal abstract class TokenEndpoint(string route, IntakeServices services, ILogger logger) : IntakeEndpoint(route, services, logger)
{
    protected override async Task ReceiveAsync(HttpContext context)
    {
        Cors.Allow(context);
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            Cors.AnswerPreflight(context);
            return;
        }

        if (!HttpMethods.IsPost(context.Request.Method) && !HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = Cors.Methods;
            await Answers.WriteTextAsync(
                context, StatusCodes.Status405MethodNotAllowed, "This address receives what Mixpanel's clients send; it is not a page to look at.\n",
                context.RequestAborted);
            return;
        }

        using var request = await ReadAsync(context, project: null);
        await SendAsync(context, await TakeAsync(context, request, TrackAnswerForm.Of(request.Form), context.RequestAborted));
    }

    protected abstract Task<IngestionAnswer> TakeAsync(
        HttpContext context, IntakeRequest request, TrackAnswerForm form, CancellationToken cancellationToken);

    // What is wrong with the data is said with 200 here, in the way that was asked for.
    protected override IngestionAnswer Refusal(HttpContext context, int status, string message) =>
        status is StatusCodes.Status400BadRequest or StatusCodes.Status415UnsupportedMediaType
            ? TrackAnswer.Write(isSuccess: false, message, TrackAnswerForm.Of(FormBody.Read(context.Request.QueryString.Value, body: default)))
            : TrackAnswer.Denied(status, message);

    /// <summary>The answer to a body that was refused as a whole. Too many records are told by the status: the clients then send fewer.</summary>
    protected IngestionAnswer Refused(BodyFailure failure, IntakeRequest request, TrackAnswerForm form)
    {
        Services.Tally.Records(Way, IntakeTally.Nobody, IntakeOutcome.Refused, "", 1, request.Data.Length);
        return failure.Kind == BodyFailureKind.TooManyRecords
            ? TrackAnswer.Denied(failure.StatusCode, failure.Message)
            : TrackAnswer.Of(failure, form);
    }

    /// <summary>Sets records aside that failed, each for the project whose token it carries.</summary>
    protected async Task SetAsideAsync(IEnumerable<(Project? Project, FailedRecord Record)> failed, CancellationToken cancellationToken)
    {
        foreach (var group in failed.GroupBy(f => f.Project?.Id, f => f))
        {
            FailedRecord[] records = [.. group.Select(f => f.Record)];
            if (group.First().Project is not { } project)
            {
                Services.Tally.Failed(Way, IntakeTally.Nobody, records);
                continue;
            }

            await SetAsideAsync(project, records, byAnybody: true, cancellationToken);
        }
    }

    /// <summary>Where the request came from, when the client wants that to be looked up; null when it does not.</summary>
    protected static string? AddressOf(HttpContext context, IntakeRequest request) =>
        request.Form.UsesRequestIp ? AddressIds.Text(context.Connection.RemoteIpAddress) : null;

    /// <summary>The project whose token comes first in JSON that could not be read.</summary>
    protected Project? ProjectOf(ReadOnlyMemory<byte> json) => RecordToken.Find(json.Span) is { } token ? Services.Projects.FindByToken(token) : null;
}
