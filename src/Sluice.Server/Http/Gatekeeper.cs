using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sluice.Core.Projects;
using Sluice.Server.Telemetry;

namespace Sluice.Server.Http;

/// <summary>Whether a call may go on to a project's path.</summary>
internal enum AdmissionOutcome
{
    Admitted,

    /// <summary>No credentials, or none that can be understood.</summary>
    NoCredentials,

    /// <summary>The credentials open nothing.</summary>
    WrongCredentials,

    /// <summary>The credentials open another project than the path names, known or not.</summary>
    ForeignProject,
}

internal readonly record struct Admission(AdmissionOutcome Outcome, Project? Project);

/// <summary>Decides who may call a project's path, in one way for all paths.</summary>
internal sealed class Gatekeeper(
    IProjectDirectory projects,
    IHostApplicationLifetime lifetime,
    TimeProvider timeProvider,
    GatewayMetrics metrics,
    ILogger<Gatekeeper> logger)
{
    public const string BasicChallenge = "Basic realm=\"sluice\", charset=\"UTF-8\"";
    public const string BearerChallenge = "Bearer realm=\"sluice\"";

    private readonly FailureDelay _bearerFailures = new(timeProvider);
    private readonly LineBudget _lines = new(timeProvider);

    /// <param name="route">The kind of path, for logs and metrics.</param>
    /// <param name="projectId">The project that the path names; null where none is named, and the credentials alone say which one it is.</param>
    /// <param name="acceptsBearer">Tells whether a bearer token opens the project; null where none is taken.</param>
    public async ValueTask<Admission> AdmitAsync(
        HttpContext context, string route, string? projectId, Func<string, string, bool>? acceptsBearer, CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        Admission admission;
        try
        {
            admission = Credentials.Parse(context.Request.Headers.Authorization) switch
            {
                Credentials.Basic basic => await AdmitAsync(context, basic, projectId, stopping.Token),
                Credentials.Bearer bearer when acceptsBearer is not null && projectId is not null =>
                    await AdmitAsync(context, bearer, projectId, acceptsBearer, stopping.Token),
                _ => new Admission(AdmissionOutcome.NoCredentials, Project: null),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Only the answer to wrong credentials ever waits, and a stop does not wait for it.
            admission = new Admission(AdmissionOutcome.WrongCredentials, Project: null);
        }

        if (admission.Outcome != AdmissionOutcome.Admitted)
        {
            Report(context, route, projectId, admission);
        }

        return admission;
    }

    private async ValueTask<Admission> AdmitAsync(
        HttpContext context, Credentials.Basic basic, string? projectId, CancellationToken cancellationToken)
    {
        var project = await projects.AuthenticateAsync(basic.User, basic.Password, Caller.SourceOf(context), cancellationToken);
        if (project is null)
        {
            return new Admission(AdmissionOutcome.WrongCredentials, Project: null);
        }

        return projectId is null || project.Id == projectId
            ? new Admission(AdmissionOutcome.Admitted, project)
            : new Admission(AdmissionOutcome.ForeignProject, project);
    }

    private async ValueTask<Admission> AdmitAsync(
        HttpContext context, Credentials.Bearer bearer, string projectId, Func<string, string, bool> acceptsBearer,
        CancellationToken cancellationToken)
    {
        var source = Caller.SourceOf(context);
        var project = projects.Find(projectId);
        // An inbox is asked for unknown projects too, so that the time of the answer does not tell which exist.
        if (acceptsBearer(projectId, bearer.Token) && project is not null)
        {
            _bearerFailures.Succeeded(projectId, source);
            return new Admission(AdmissionOutcome.Admitted, project);
        }

        var delay = _bearerFailures.Failed(projectId, source);
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, timeProvider, cancellationToken);
        }

        return new Admission(AdmissionOutcome.WrongCredentials, Project: null);
    }

    private void Report(HttpContext context, string route, string? projectId, Admission admission)
    {
        var reason = admission.Outcome switch
        {
            AdmissionOutcome.NoCredentials => "missing",
            AdmissionOutcome.WrongCredentials => "wrong",
            _ => "other_project",
        };
        metrics.AuthenticationFailed(route, reason);
        if (!_lines.TryTake())
        {
            return;
        }

        if (admission.Outcome == AdmissionOutcome.ForeignProject)
        {
            GatewayLog.ForeignProject(logger, admission.Project!.Id, route, Caller.SourceOf(context));
        }
        else
        {
            // What stands in the path is logged only when it is a project of ours: anybody can write anything there.
            GatewayLog.CredentialsRefused(logger, route, (projectId is null ? null : projects.Find(projectId)?.Id) ?? "(unknown)", Caller.SourceOf(context), reason);
        }
    }
}
