using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sluice.Core.Cohorts;
using Sluice.Core.Projects;
using Sluice.Server.Hosting;
using Sluice.Server.Http;

namespace Sluice.Server.Erasure;

/// <summary>What the paths of erasure and retrieval have in common: who may call them, what a request says, and how failures are told.</summary>
/// <remarks>
/// The project's token in the query finds the project and opens nothing. What opens is the project's own access key and secret key, or a
/// bearer that Sluice issued: whoever has a service account of Mixpanel's reads, and does not delete.
/// </remarks>
internal sealed class ErasureGate(
    IProjectDirectory projects, Gatekeeper gatekeeper, BodyBudget budget, ErasureServices services, ServerOptions options, ILogger<ErasureGate> logger)
{
    private const string TokenParameter = "token";
    private const long MaxBodyBytes = 2 * 1024 * 1024;

    /// <summary>Lets a caller do something for the project, and says what was in the way when it could not.</summary>
    public async Task AroundAsync(HttpContext context, string route, Func<Project, Task> work)
    {
        if (context.Request.Query[TokenParameter] is not [{ Length: > 0 } token, ..])
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "The query parameter token is missing: it names the project.");
            return;
        }

        // A project without a token of Mixpanel's is named by its own id.
        var projectId = (projects.FindByToken(token) ?? projects.Find(token))?.Id ?? "";
        var admission = await gatekeeper.AdmitAsync(context, route, projectId, services.AcceptsBearer, context.RequestAborted);
        if (admission.Outcome == AdmissionOutcome.ForeignProject)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "These credentials do not open the project that the token names.");
        }
        else if (admission.Outcome != AdmissionOutcome.Admitted)
        {
            context.Response.Headers.WWWAuthenticate = new([Gatekeeper.BearerChallenge, Gatekeeper.BasicChallenge]);
            await RefuseAsync(context, StatusCodes.Status401Unauthorized, "The credentials are missing or wrong.");
        }
        else
        {
            await TryAsync(context, () => work(admission.Project!));
        }
    }

    /// <summary>Reads the body of a request.</summary>
    /// <returns>Null when it was refused and the caller has been told.</returns>
    public async Task<ErasureBody?> ReadAsync(HttpContext context, Project project)
    {
        using var body = await RequestBody.OpenAsync(context, project.Id, MaxBodyBytes, budget, logger, context.RequestAborted);
        using var content = await BufferedBody.ReadAsync(context, body, MaxBodyBytes, context.RequestAborted);
        var read = ErasureBody.Read(content.Content, out var problem);
        if (read is null)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, problem!);
        }

        return read;
    }

    public static Task RefuseAsync(HttpContext context, int status, string message) => SendAsync(context, status, writer =>
    {
        writer.WriteString("error", message);
        writer.WriteString("status", "error");
    });

    public static async Task NotAllowedAsync(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        await RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "The method is not allowed here.");
    }

    /// <summary>An answer that is a success, in the envelope of Mixpanel's app API.</summary>
    public static Task AnswerAsync(HttpContext context, int status, Action<Utf8JsonWriter> results) => SendAsync(context, status, writer =>
    {
        writer.WriteString("status", "ok");
        writer.WriteStartObject("results");
        results(writer);
        writer.WriteEndObject();
    });

    private async Task TryAsync(HttpContext context, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (BodyRefusedException exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            var status = exception.Refusal switch
            {
                BodyRefusal.TooLarge => StatusCodes.Status413PayloadTooLarge,
                BodyRefusal.Encoding => StatusCodes.Status415UnsupportedMediaType,
                BodyRefusal.TooSlow or BodyRefusal.NoRoom => StatusCodes.Status503ServiceUnavailable,
                _ => StatusCodes.Status400BadRequest,
            };
            await RefuseAsync(context, status, "The body could not be read.");
        }
        catch (IntakeBusyException)
        {
            Answers.RetryAfter(context, options.RetryAfter);
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "The store is busy; send it again.");
        }
    }

    private static Task SendAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var body = new System.Buffers.ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Answers.WriteAsync(context, status, Answers.Json, body.WrittenMemory, context.RequestAborted);
    }
}
