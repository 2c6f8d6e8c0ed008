using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sluice.Core.Events;
using Sluice.Core.Projects;
using Sluice.Mixpanel.Ingestion.Answers;
using Sluice.Mixpanel.Ingestion.Events;
using Sluice.Mixpanel.Ingestion.Forms;
using Sluice.Server.Http;

namespace Sluice.Server.Ingestion;

/// <summary><c>/import</c>: events of any age from servers, each checked and each reported.</summary>
internal sealed class ImportEndpoint(EventWriter events, IntakeServices services, ILogger<ImportEndpoint> logger)
    : IntakeEndpoint(Route, services, logger)
{
    public const string Route = "import";
    public const string Pattern = "/import";

    private const string Help =
        "This is the address of Sluice's receiver for events. It is not a page to look at: give Sluice's address to a Mixpanel client as its API host.\n";

    protected override async Task ReceiveAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method) && !HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = $"{HttpMethods.Get}, {HttpMethods.Post}";
            await Answers.WriteTextAsync(context, StatusCodes.Status405MethodNotAllowed, Help, context.RequestAborted);
            return;
        }

        var admission = await Services.Gate.AdmitAsync(context, Route, tokenOpens: true);
        if (!admission.IsAdmitted)
        {
            await SendAsync(context, IntakeGate.Refusal(context, admission));
            return;
        }

        using var request = await ReadAsync(context, admission.Project);
        await SendAsync(context, await TakeAsync(request, admission.Project!, admission.WithToken, AddressIds.Text(context.Connection.RemoteIpAddress), context.RequestAborted));
    }

    protected override IngestionAnswer Refusal(HttpContext context, int status, string message) => ImportAnswer.Error(status, message);

    private async Task<IngestionAnswer> TakeAsync(
        IntakeRequest request, Project project, bool withToken, string? address, CancellationToken cancellationToken)
    {
        var parser = new EventParser(new EventParserOptions
        {
            Rules = EventRules.Import,
            Identity = EventMap.Map(project.Identity),
            RequiresInsertId = !request.IsForm,
            AllowsMerge = !withToken,
        });
        if (!parser.TryParse(request.Data, Services.TimeProvider.GetUtcNow(), out var batch, out var failure))
        {
            Report(project, failure.StatusCode, failure.Message);
            Services.Tally.Records(Route, project.Id, IntakeOutcome.Refused, "", 1, request.Data.Length);
            return request.IsForm ? TrackAnswer.Of(failure, AnswerForm(request.Form)) : ImportAnswer.Of(failure);
        }

        using (batch)
        {
            await SetAsideAsync(project, batch.Failed, withToken, cancellationToken);
            await events.StoreAsync(Route, project, batch.Events, lateBefore: DateTimeOffset.MinValue, address, cancellationToken);
            Services.Tally.Records(Route, project.Id, IntakeOutcome.Ignored, "", batch.Ignored, 0);
            return request.IsForm
                ? TrackAnswer.Of(batch, AnswerForm(request.Form))
                : ImportAnswer.Of(batch, isStrict: request.Form.Field("strict") is null || request.Form.IsStrict);
        }
    }

    // Older clients take anything but a bare 1 for a failure, unless they asked for words.
    private static TrackAnswerForm AnswerForm(FormBody form) => TrackAnswerForm.Of(form) with { IsStrict = form.IsVerbose && form.IsStrict };
}
