using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Sluice.Core.Projects;
using Sluice.Core.Reports;
using Sluice.Server.Hosting;
using Sluice.Server.Http;
using Sluice.Server.Ingestion;

namespace Sluice.Server.Query;

/// <summary>The query API and the raw export, as Mixpanel's clients call them. What opens them is never passed on.</summary>
internal sealed class QueryEndpoint(IReportSource reports, IntakeGate gate, BodyBudget budget, ServerOptions options, TimeProvider time, ILogger<QueryEndpoint> logger)
{
    public const string Route = "query";

    private const long MaxBodyBytes = 2 * 1024 * 1024;

    // They say who asks and for which project, which we know by now; or they are credentials of an older kind.
    private static readonly HashSet<string> Ours = new(StringComparer.OrdinalIgnoreCase)
    {
        "project_id", "api_key", "api_secret", "secret", "token", "expire", "sig",
    };

    public async Task HandleAsync(HttpContext context)
    {
        var isGet = HttpMethods.IsGet(context.Request.Method);
        if (!isGet && !HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, POST";
            await RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "Questions are asked with GET or POST.");
            return;
        }

        var admission = await gate.AdmitAsync(context, Route, tokenOpens: false);
        if (admission.Outcome == AdmissionOutcome.ForeignProject)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "These credentials do not open the project that project_id names.");
        }
        else if (!admission.IsAdmitted)
        {
            context.Response.Headers.WWWAuthenticate = Gatekeeper.BasicChallenge;
            await RefuseAsync(context, StatusCodes.Status401Unauthorized, "Unauthorized: give the access key and the secret key, the service account or the project secret. The project token opens no queries.");
        }
        else if (QueryPaths.Find(context.Request.Path.Value ?? "") is not { } path)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, "There is no such query endpoint.");
        }
        else
        {
            await AnswerAsync(context, admission.Project!, path, isGet);
        }
    }

    private async Task AnswerAsync(HttpContext context, Project project, string path, bool isGet)
    {
        ReportQuestion question;
        try
        {
            question = await ReadAsync(context, project, path, isGet);
        }
        catch (BodyRefusedException exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            await RefuseAsync(context, exception.Refusal);
            return;
        }

        using var writer = new AnswerWriter(context, time);
        await using var answer = await reports.AskAsync(project.Id, question, context.RequestAborted);
        switch (answer)
        {
            case ReportAnswer.Whole whole:
                Begin(context, whole.Status, whole.ContentType, whole.RetryAfter);
                context.Response.ContentLength = whole.Body.Length;
                await writer.WriteAsync(whole.Body);
                break;
            case ReportAnswer.Streamed streamed:
                Begin(context, streamed.Status, streamed.ContentType, streamed.RetryAfter);
                await writer.CopyAsync(streamed.Body);
                break;
            case ReportAnswer.Spent spent:
                Answers.RetryAfter(context, spent.RetryAfter);
                await RefuseAsync(context, StatusCodes.Status429TooManyRequests, spent.Message);
                break;
            case ReportAnswer.NotConfigured none:
                await RefuseAsync(context, StatusCodes.Status400BadRequest, none.Message);
                break;
            case ReportAnswer.Unusable unusable:
                await RefuseAsync(context, StatusCodes.Status502BadGateway, unusable.Message);
                break;
            case ReportAnswer.Unreachable unreachable:
                Answers.RetryAfter(context, options.RetryAfter);
                await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, unreachable.Message);
                break;
        }
    }

    private async Task<ReportQuestion> ReadAsync(HttpContext context, Project project, string path, bool isGet)
    {
        var parameters = context.Request.Query.SelectMany(p => p.Value.Select(v => KeyValuePair.Create(p.Key, v ?? ""))).Where(p => !Ours.Contains(p.Key)).ToList();
        var question = new ReportQuestion(path, parameters) { IsPost = !isGet };
        if (isGet)
        {
            return question;
        }

        using var body = await RequestBody.OpenAsync(context, project.Id, MaxBodyBytes, budget, logger, context.RequestAborted);
        using var content = await BufferedBody.ReadAsync(context, body, MaxBodyBytes, context.RequestAborted);
        if (content.Content.Length == 0)
        {
            return question;
        }

        if (context.Request.ContentType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true)
        {
            return question with { Json = content.Content.ToArray() };
        }

        // A form, whether or not it says so.
        using var reader = new FormReader(System.Text.Encoding.UTF8.GetString(content.Content.Span)) { ValueCountLimit = 1024, KeyLengthLimit = 2048, ValueLengthLimit = (int)MaxBodyBytes };
        try
        {
            var form = await reader.ReadFormAsync(context.RequestAborted);
            return question with { Fields = [.. form.SelectMany(p => p.Value.Select(v => KeyValuePair.Create(p.Key, v ?? ""))).Where(p => !Ours.Contains(p.Key))] };
        }
        catch (InvalidDataException exception)
        {
            throw new BodyRefusedException(BodyRefusal.Damaged, exception);
        }
    }

    private static void Begin(HttpContext context, int status, string? contentType, TimeSpan? retryAfter)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        if (retryAfter is { } wait)
        {
            Answers.RetryAfter(context, wait);
        }
    }

    private static Task RefuseAsync(HttpContext context, BodyRefusal refusal) => refusal switch
    {
        BodyRefusal.TooLarge => RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, $"request exceeds max limit of {MaxBodyBytes} bytes"),
        BodyRefusal.Encoding => RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, "The content encoding is not supported: send it plain or as gzip."),
        BodyRefusal.TooSlow or BodyRefusal.NoRoom => RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "The body could not be taken now; send it again."),
        _ => RefuseAsync(context, StatusCodes.Status400BadRequest, "The body could not be read."),
    };

    /// <summary>In the shape of Mixpanel's query errors. The query of the address is left out: older clients put credentials there.</summary>
    private static Task RefuseAsync(HttpContext context, int status, string message)
    {
        var body = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WriteString("request", context.Request.Path.Value);
            writer.WriteString("error", message);
            writer.WriteString("status", "error");
            writer.WriteEndObject();
        }

        return Answers.WriteAsync(context, status, Answers.Json, body.WrittenMemory, context.RequestAborted);
    }
}
