using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sluice.Core.Erasure;
using Sluice.Core.Projects;
using Sluice.Server.Hosting;

namespace Sluice.Server.Erasure;

/// <summary><c>/api/app/data-deletions</c>: everything about some people goes; how far that has come; and the way back while there is one.</summary>
internal sealed class DataDeletionsEndpoint(ErasureGate gate, ErasureServices services, ILogger<DataDeletionsEndpoint> logger)
{
    public const string Route = "data_deletions";
    public const string Pattern = "/api/app/data-deletions/v3.0/{" + IdParameter + "?}";

    private const string IdParameter = "id";

    // What was sent by mistake can be taken back that long.
    private static readonly TimeSpan Delay = TimeSpan.FromMinutes(1);

    public Task HandleAsync(HttpContext context)
    {
        var id = context.Request.RouteValues[IdParameter] as string;
        return gate.AroundAsync(context, Route, project => (context.Request.Method, id) switch
        {
            ("POST", null) => RequestAsync(context, project),
            ("GET", { } one) => ShowAsync(context, project, one),
            ("DELETE", { } one) => CancelAsync(context, project, one),
            ("DELETE", null) => CancelOfAsync(context, project),
            _ => ErasureGate.NotAllowedAsync(context, id is null ? "POST, DELETE" : "GET, DELETE"),
        });
    }

    public static void WriteIds(Utf8JsonWriter writer, ErasureState state)
    {
        writer.WriteStartArray("distinct_ids");
        foreach (var id in state.DistinctIds)
        {
            writer.WriteStringValue(id);
        }

        writer.WriteEndArray();
    }

    private async Task RequestAsync(HttpContext context, Project project)
    {
        if (await gate.ReadAsync(context, project) is not { } body)
        {
            return;
        }

        var state = await services.Erasures.RequestAsync(
            new ErasureRequest(project.Id, ErasureKind.Deletion, body.DistinctIds, body.Compliance, null, "api", Delay), context.RequestAborted);
        ErasureLog.Requested(logger, project.Id, Route, state.DistinctIdCount, state.Id);
        await ErasureGate.AnswerAsync(context, StatusCodes.Status201Created, writer => writer.WriteString("task_id", state.Id));
    }

    private async Task ShowAsync(HttpContext context, Project project, string id)
    {
        if (await services.Erasures.FindAsync(project.Id, id, context.RequestAborted) is not { Kind: ErasureKind.Deletion } state)
        {
            await ErasureGate.RefuseAsync(context, StatusCodes.Status404NotFound, "There is no such deletion.");
            return;
        }

        await ErasureGate.AnswerAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteString("tracking_id", state.Id);
            writer.WriteString("status", state.Status);
            writer.WriteString("requesting_user", state.RequestedBy);
            writer.WriteString("compliance_type", state.Compliance);
            if (long.TryParse(project.RemoteProject, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                writer.WriteNumber("project_id", number);
            }
            else
            {
                writer.WriteString("project_id", project.Id);
            }

            writer.WriteString("date_requested", state.RequestedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
            WriteIds(writer, state);
            writer.WriteNumber("distinct_id_count", state.DistinctIdCount);
        });
    }

    private async Task CancelAsync(HttpContext context, Project project, string id)
    {
        switch (await services.Erasures.CancelAsync(project.Id, id, context.RequestAborted))
        {
            case CancelOutcome.Cancelled:
                ErasureLog.TakenBack(logger, project.Id, 1);
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
            case CancelOutcome.TooLate:
                await ErasureGate.RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "The deletion has begun and cannot be taken back.");
                break;
            default:
                await ErasureGate.RefuseAsync(context, StatusCodes.Status404NotFound, "There is no such deletion.");
                break;
        }
    }

    private async Task CancelOfAsync(HttpContext context, Project project)
    {
        if (await gate.ReadAsync(context, project) is not { } body)
        {
            return;
        }

        var count = await services.Erasures.CancelOfAsync(project.Id, [.. body.DistinctIds], context.RequestAborted);
        if (count == 0)
        {
            await ErasureGate.RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "No deletion of these ids can be taken back.");
            return;
        }

        ErasureLog.TakenBack(logger, project.Id, count);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
