using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sluice.Core.Cohorts;
using Sluice.Core.Projects;
using Sluice.Mixpanel.Ingestion;
using Sluice.Mixpanel.Ingestion.Answers;
using Sluice.Server.Http;
using Sluice.Server.Telemetry;

namespace Sluice.Server.Ingestion;

/// <summary>What the paths of Mixpanel's clients have in common: how bodies come in, and what is said when they do not.</summary>
/// <remarks>
/// The clients take a 4xx for final and come again after 429 and 503. So whatever passes by itself is 503, and nothing is acknowledged
/// that is not on disk.
/// </remarks>
internal abstract class IntakeEndpoint(string route, IntakeServices services, ILogger logger)
{
    // Anybody who knows a token can send records that fail.
    private const int LettersPerMinute = 100;

    private readonly LineBudget _lines = new(services.TimeProvider);
    private readonly LineBudget _failureLines = new(services.TimeProvider);
    private readonly ConcurrentDictionary<string, LineBudget> _letters = new(StringComparer.Ordinal);

    /// <summary>The kind of path, for logs, metrics and counts.</summary>
    protected string Way => route;

    protected IntakeServices Services => services;

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await ReceiveAsync(context);
        }
        catch (BodyRefusedException exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            await RefuseAsync(context, exception);
        }
        catch (IntakeBusyException exception)
        {
            if (_failureLines.TryTake())
            {
                GatewayLog.IntakeBusy(logger, route, exception.Message);
            }

            await ComeAgainAsync(context, "The store is busy; send it again.");
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The outermost body of this request: whatever broke, nothing was acknowledged and the same may be sent again.
            if (_failureLines.TryTake())
            {
                GatewayLog.IntakeFailed(logger, route, exception);
            }

            await ComeAgainAsync(context, "It could not be stored; send it again.");
        }
    }

    protected abstract Task ReceiveAsync(HttpContext context);

    /// <summary>An answer that is no success, in the shape of this path.</summary>
    /// <param name="status">400, 413, 415 or 503.</param>
    protected abstract IngestionAnswer Refusal(HttpContext context, int status, string message);

    /// <summary>Reads a whole body with the records in it.</summary>
    /// <param name="project">Whose room it takes; null while that is not known.</param>
    protected async Task<IntakeRequest> ReadAsync(HttpContext context, Project? project)
    {
        if (HttpMethods.IsGet(context.Request.Method))
        {
            return IntakeRequest.OfQuery(context);
        }

        var limit = services.Options.MaxIngestionBodyBytes;
        var open = await RequestBody.OpenAsync(
            context, project?.Id ?? Caller.SourceOf(context), limit, project is null ? services.Budgets.Strangers : services.Budgets.Known, logger,
            context.RequestAborted, project?.Id ?? "(unknown)");
        BufferedBody? body = null;
        try
        {
            body = await BufferedBody.ReadAsync(context, open, limit, context.RequestAborted);
            services.Metrics.BodyReceived(route, open.BytesReceived);
            return IntakeRequest.Of(context, open, body);
        }
        catch
        {
            body?.Dispose();
            open.Dispose();
            throw;
        }
    }

    /// <summary>Sets records aside that failed. It comes before the others are stored: whoever sends all again makes no second letter.</summary>
    /// <param name="byAnybody">They came with a token alone: beyond so many a minute they are only counted.</param>
    protected async Task SetAsideAsync(Project project, IReadOnlyList<FailedRecord> failed, bool byAnybody, CancellationToken cancellationToken)
    {
        if (failed.Count == 0)
        {
            return;
        }

        var kept = byAnybody ? failed.TakeWhile(_ => MayKeep(project)) : failed;
        await services.Refused.KeepAsync(project.Id, route, [.. kept.Select(RefusedRecordMap.Map)], cancellationToken);
        services.Tally.Failed(route, project.Id, failed);
        if (_lines.TryTake())
        {
            GatewayLog.RecordsRefused(logger, failed.Count, route, project.Id);
        }
    }

    /// <summary>Sets records aside that turned out to fail when the others were stored.</summary>
    /// <remarks>
    /// Nothing may go wrong with the request any more: whoever is asked to send all again has the others applied twice. What failed is
    /// told in the answer, whether or not it could be set aside.
    /// </remarks>
    protected async Task SetAsideBelatedlyAsync(Project project, IReadOnlyList<FailedRecord> failed)
    {
        try
        {
            await SetAsideAsync(project, failed, byAnybody: true, CancellationToken.None);
        }
        catch (Exception exception)
        {
            services.Tally.Failed(route, project.Id, failed);
            if (_failureLines.TryTake())
            {
                GatewayLog.RecordsNotKept(logger, failed.Count, route, project.Id, exception);
            }
        }
    }

    /// <summary>Says in the log that a whole request was refused.</summary>
    protected void Report(Project? project, int status, string reason)
    {
        if (_lines.TryTake())
        {
            GatewayLog.IntakeRefused(logger, route, project?.Id ?? "(unknown)", status, reason);
        }
    }

    protected static Task SendAsync(HttpContext context, IngestionAnswer answer) =>
        Answers.WriteAsync(context, answer.StatusCode, answer.ContentType, answer.Body, context.RequestAborted);

    protected Task ComeAgainAsync(HttpContext context, string message)
    {
        Answers.RetryAfter(context, services.Options.RetryAfter);
        return SendAsync(context, Refusal(context, StatusCodes.Status503ServiceUnavailable, message));
    }

    /// <summary>The most bytes of a body of this path.</summary>
    protected virtual long Limit => services.Options.MaxIngestionBodyBytes;

    private bool MayKeep(Project project) =>
        _letters.GetOrAdd(project.Id, _ => new LineBudget(services.TimeProvider, LettersPerMinute)).TryTake();

    private Task RefuseAsync(HttpContext context, BodyRefusedException exception)
    {
        switch (exception.Refusal)
        {
            case BodyRefusal.TooLarge:
                return RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, $"request exceeds max limit of {Limit} bytes");
            case BodyRefusal.Encoding:
                context.Response.Headers.AcceptEncoding = "gzip, identity";
                return RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, "The content encoding is not supported: send it plain or as gzip.");
            case BodyRefusal.Damaged:
                return RefuseAsync(context, StatusCodes.Status400BadRequest, "The body says gzip, but cannot be decompressed.");
            case BodyRefusal.Incomplete:
                return RefuseAsync(context, StatusCodes.Status400BadRequest, "The body ended before it was complete.");
            case BodyRefusal.TooSlow:
                return ComeAgainAsync(context, "The body came too slowly; send it again.");
            default:
                return ComeAgainAsync(context, "Too much is being worked on; send it again.");
        }
    }

    private Task RefuseAsync(HttpContext context, int status, string message)
    {
        Report(project: null, status, message);
        return SendAsync(context, Refusal(context, status, message));
    }
}
