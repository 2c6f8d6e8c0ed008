using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Logging;
using Sluice.Core.Erasure;
using Sluice.Core.Projects;
using Sluice.Server.Hosting;
using Sluice.Server.Http;

namespace Sluice.Server.Erasure;

/// <summary><c>/api/app/data-retrievals</c>: everything that is known of some people, as a file.</summary>
/// <remarks>
/// The file is written while it is fetched, from what is there then: no copy of people's data lies about. So a retrieval is ready at once,
/// and its link asks for the same credentials as everything else here.
/// </remarks>
internal sealed class DataRetrievalsEndpoint(ErasureGate gate, ErasureServices services, ILogger<DataRetrievalsEndpoint> logger)
{
    public const string Route = "data_retrievals";
    public const string Pattern = "/api/app/data-retrievals/v3.0/{" + IdParameter + "?}";
    public const string DownloadPattern = "/api/app/data-retrievals/v3.0/{" + IdParameter + "}/download";

    private const string IdParameter = "id";

    public Task HandleAsync(HttpContext context)
    {
        var id = context.Request.RouteValues[IdParameter] as string;
        return gate.AroundAsync(context, Route, project => (context.Request.Method, id) switch
        {
            ("POST", null) => RequestAsync(context, project),
            ("GET", { } one) => ShowAsync(context, project, one),
            _ => ErasureGate.NotAllowedAsync(context, id is null ? "POST" : "GET"),
        });
    }

    public Task HandleDownloadAsync(HttpContext context) => gate.AroundAsync(
        context, Route, project => HttpMethods.IsGet(context.Request.Method)
            ? DownloadAsync(context, project, (string)context.Request.RouteValues[IdParameter]!)
            : ErasureGate.NotAllowedAsync(context, HttpMethods.Get));

    private async Task RequestAsync(HttpContext context, Project project)
    {
        if (await gate.ReadAsync(context, project) is not { } body)
        {
            return;
        }

        var state = await services.Erasures.RequestAsync(
            new ErasureRequest(project.Id, ErasureKind.Retrieval, body.DistinctIds, body.Compliance, body.Disclosure, "api", TimeSpan.Zero),
            context.RequestAborted);
        ErasureLog.Requested(logger, project.Id, Route, state.DistinctIdCount, state.Id);
        await ErasureGate.AnswerAsync(context, StatusCodes.Status201Created, writer => writer.WriteString("task_id", state.Id));
    }

    private async Task ShowAsync(HttpContext context, Project project, string id)
    {
        if (await FindAsync(context, project, id) is not { } state)
        {
            return;
        }

        var request = context.Request;
        var link = UriHelper.BuildAbsolute(request.Scheme, request.Host, request.PathBase, $"/api/app/data-retrievals/v3.0/{state.Id}/download", request.QueryString);
        await ErasureGate.AnswerAsync(context, StatusCodes.Status200OK, writer =>
        {
            // Mixpanel's pages know the link under both names.
            writer.WriteString("status", state.Status);
            writer.WriteString("result", link);
            writer.WriteString("results", link);
            DataDeletionsEndpoint.WriteIds(writer, state);
        });
    }

    private async Task DownloadAsync(HttpContext context, Project project, string id)
    {
        if (await FindAsync(context, project, id) is not { } state)
        {
            return;
        }

        ErasureLog.Fetched(logger, project.Id, state.Id);
        context.Response.ContentType = Answers.Json;
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{state.Id}.json\"";
        context.Response.Headers.CacheControl = "no-store";
        await services.Data.WriteAsync(project.Id, state.DistinctIds, context.Response.Body, context.RequestAborted);
    }

    private async Task<ErasureState?> FindAsync(HttpContext context, Project project, string id)
    {
        if (await services.Erasures.FindAsync(project.Id, id, context.RequestAborted) is { Kind: ErasureKind.Retrieval } state)
        {
            return state;
        }

        await ErasureGate.RefuseAsync(context, StatusCodes.Status404NotFound, "There is no such retrieval.");
        return null;
    }
}
