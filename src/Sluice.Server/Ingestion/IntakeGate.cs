using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sluice.Core.Projects;
using Sluice.Mixpanel.Ingestion.Answers;
using Sluice.Server.Http;
using Sluice.Server.Telemetry;

namespace Sluice.Server.Ingestion;

/// <param name="Project">What the credentials open.</param>
/// <param name="WithToken">They are the project's token alone, which everybody may know.</param>
internal readonly record struct IntakeAdmission(AdmissionOutcome Outcome, Project? Project, bool WithToken)
{
    public bool IsAdmitted => Outcome == AdmissionOutcome.Admitted;
}

/// <summary>Finds the project that credentials open, where the path names none, as Mixpanel's clients send them.</summary>
internal sealed class IntakeGate(
    IProjectDirectory projects,
    IHostApplicationLifetime lifetime,
    TimeProvider timeProvider,
    GatewayMetrics metrics,
    ILogger<IntakeGate> logger)
{
    private const string ProjectParameter = "project_id";

    private readonly LineBudget _lines = new(timeProvider);

    /// <param name="route">The kind of path, for logs and metrics.</param>
    /// <param name="tokenOpens">Whether the project's token as user name, without a password, is enough where the project allows it.</param>
    public async ValueTask<IntakeAdmission> AdmitAsync(HttpContext context, string route, bool tokenOpens)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        IntakeAdmission admission;
        try
        {
            // A bearer that Sluice issued opens only the paths that say so.
            admission = Credentials.Parse(context.Request.Headers.Authorization) is Credentials.Basic basic
                ? await AdmitAsync(context, basic, tokenOpens, stopping.Token)
                : new IntakeAdmission(AdmissionOutcome.NoCredentials, Project: null, WithToken: false);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            // Only the answer to wrong credentials ever waits, and a stop does not wait for it.
            admission = new IntakeAdmission(AdmissionOutcome.WrongCredentials, Project: null, WithToken: false);
        }

        if (!admission.IsAdmitted)
        {
            Report(context, route, admission);
        }

        return admission;
    }

    /// <summary>The answer to credentials that do not open what was asked for.</summary>
    public static IngestionAnswer Refusal(HttpContext context, IntakeAdmission admission)
    {
        if (admission.Outcome == AdmissionOutcome.ForeignProject)
        {
            return ImportAnswer.Error(StatusCodes.Status403Forbidden, "These credentials do not open the project that project_id names.");
        }

        context.Response.Headers.WWWAuthenticate = Gatekeeper.BasicChallenge;
        return ImportAnswer.Unauthorized();
    }

    private async ValueTask<IntakeAdmission> AdmitAsync(
        HttpContext context, Credentials.Basic basic, bool tokenOpens, CancellationToken cancellationToken)
    {
        var named = context.Request.Query[ProjectParameter] is [{ Length: > 0 } id, ..] ? id : null;
        var withToken = false;
        Project? project = null;
        if (tokenOpens && basic.Password.Length == 0)
        {
            project = projects.FindByToken(basic.User) is { ImportWithToken: true } found ? found : null;
            withToken = project is not null;
        }

        // A service account may open several projects; the one that is named by our id has Mixpanel's id beside it.
        var remote = named is not null && projects.Find(named) is { } ours ? ours.RemoteProject : named;
        project ??= await projects.AuthenticateClientAsync(basic.User, basic.Password, remote, Caller.SourceOf(context), cancellationToken);
        if (project is null)
        {
            return new IntakeAdmission(AdmissionOutcome.WrongCredentials, Project: null, WithToken: false);
        }

        // Where Mixpanel's id of the project is not configured, any that is no other project of ours may be it.
        var matches = named is null || named == project.Id || named == project.RemoteProject
            || (project.RemoteProject is null && projects.Find(named) is null);
        return new IntakeAdmission(matches ? AdmissionOutcome.Admitted : AdmissionOutcome.ForeignProject, project, withToken);
    }

    private void Report(HttpContext context, string route, IntakeAdmission admission)
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
            GatewayLog.CredentialsRefused(logger, route, "(unknown)", Caller.SourceOf(context), reason);
        }
    }
}
