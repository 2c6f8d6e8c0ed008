using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Sluice.Simulators.Mixpanel.App;
using Sluice.Simulators.Mixpanel.Export;
using Sluice.Simulators.Mixpanel.Query;

namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>What a call goes through: fault script, endpoint, log. A call that a fault keeps from its endpoint uses no allowance.</summary>
internal sealed class MixpanelPipeline(World world, MixpanelFaults faults, MixpanelCallLog calls, CancellationToken stopping)
{
    public async Task HandleAsync(HttpContext context, string path, MixpanelResidency residency, MixpanelFamily family)
    {
        var run = new Run(context, new MixpanelCall(world.Now, residency, context.Request.Method, path, Family: family));
        try
        {
            await HandleAsync(run);
        }
        catch (OperationCanceledException)
        {
            // The caller gave up, or the simulator stops: there is nobody to answer.
        }
        catch (IOException)
        {
            // The caller went away in the middle of its own body.
        }
        finally
        {
            Log(run);
        }

        if (run.Cut && context.Response.HasStarted)
        {
            // What was written still arrives, and then the end, where a reset could overtake it.
            throw new IOException("A fault cuts the answer here.");
        }

        if (run.Cut)
        {
            context.Abort();
        }
    }

    private async Task HandleAsync(Run run)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(run.Context.RequestAborted, stopping);
        var effects = faults.Effects(run.Call.Method, run.Call.Path);
        if (effects.Count > 0)
        {
            run.Call = run.Call with { Fault = string.Join(", ", effects.Select(effect => effect.Kind)) };
        }

        foreach (var effect in effects)
        {
            switch (effect.Kind)
            {
                case MixpanelFaultKind.Delay:
                    await world.Held.WaitAsync(effect.Duration, world.Options.Clock, both.Token);
                    break;
                case MixpanelFaultKind.Hang:
                    await world.Held.WaitAsync(Timeout.InfiniteTimeSpan, world.Options.Clock, both.Token);
                    break;
                case MixpanelFaultKind.CutBefore:
                    run.Cut = true;
                    return;
                case MixpanelFaultKind.Status:
                    await AnswerAsync(run, AnswerOf(effect), []);
                    return;
            }
        }

        var answer = Process(run, await ReadAsync(run, both.Token));
        using var place = answer.Place;
        foreach (var effect in effects.Where(effect => effect.Kind == MixpanelFaultKind.SlowAnswer))
        {
            await world.Held.WaitAsync(effect.Duration, world.Options.Clock, both.Token);
        }

        if (effects.Any(effect => effect.Kind == MixpanelFaultKind.CutAfter))
        {
            run.Cut = true;
            return;
        }

        var other = effects.FirstOrDefault(effect => effect.Kind == MixpanelFaultKind.OtherAnswer);
        await AnswerAsync(run, other is null ? answer : AnswerOf(other), effects);
    }

    private static MixpanelAnswer AnswerOf(MixpanelFaultEffect effect) => new(effect.Status, Encoding.UTF8.GetBytes(effect.Body), effect.ContentType)
    {
        RetryAfterSeconds = effect.RetryAfterSeconds,
    };

    private MixpanelAnswer Process(Run run, IngestionRequest request)
    {
        MixpanelAnswer answer;
        lock (world.Gate)
        {
            try
            {
                answer = Endpoint(run.Call.Family, request);
            }
            catch (MixpanelRefusal refusal)
            {
                answer = refusal.Answer;
            }
        }

        run.Call = run.Call with
        {
            ProjectId = answer.ProjectId,
            Bytes = request.Bytes,
            Records = answer.Records,
            Accepted = answer.Accepted,
            OverBudget = answer.OverBudget,
            Query = request.Parameters,
        };
        return answer;
    }

    private MixpanelAnswer Endpoint(MixpanelFamily family, IngestionRequest request) => (family, request.Path.Split('/')) switch
    {
        (MixpanelFamily.Ingestion, var path) => Intake(request, path),
        (MixpanelFamily.Export, ["", "api", "2.0", "export"]) when request.Method == "GET" => ExportEndpoint.Handle(world, request),
        (MixpanelFamily.Export, _) => AppAnswer.Error(404, "Not found"),
        (_, ["", "api", "app", .. var path]) => AppEndpoints.Handle(world, request, path),
        (_, ["", "api", "2.0" or "query", .. var path]) => QueryEndpoints.Handle(world, request, path),
        (_, ["", "oauth", "token"]) when request.Method == "POST" => OAuthEndpoint.Token(world, request),
        _ => AppAnswer.Error(404, "Not found"),
    };

    private MixpanelAnswer Intake(IngestionRequest request, string[] path) => (request.Method, path) switch
    {
        ("POST" or "GET", ["", "import"]) => ImportEndpoint.Handle(world, request),
        ("POST" or "GET", ["", "track"]) => TrackEndpoint.Handle(world, request),
        ("POST" or "GET", ["", "engage"]) => UpdateEndpoint.Engage(world, request),
        ("POST" or "GET", ["", "groups"]) => UpdateEndpoint.Groups(world, request),
        ("GET", ["", "lookup-tables"]) => LookupEndpoints.List(world, request),
        ("PUT", ["", "lookup-tables", var id]) => LookupEndpoints.Replace(world, request, id),
        (_, ["", "import" or "track" or "engage" or "groups" or "lookup-tables", ..]) => MixpanelAnswer.Error(405, "Method not allowed"),
        _ => MixpanelAnswer.Error(404, "Not found"),
    };

    private static async Task<IngestionRequest> ReadAsync(Run run, CancellationToken cancellationToken)
    {
        var request = run.Context.Request;
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        var mediaType = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? type.MediaType.Value : null;
        return new IngestionRequest(
            run.Call.Residency,
            request.Method,
            run.Call.Path,
            request.QueryString.Value ?? "",
            request.Headers.Authorization,
            mediaType?.ToLowerInvariant() ?? "",
            request.Headers.ContentEncoding.ToString().ToLowerInvariant(),
            run.Context.Connection.RemoteIpAddress?.ToString() ?? "",
            body.ToArray())
        {
            AcceptsGzip = request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase),
            Address = new Uri($"{request.Scheme}://{request.Host}"),
        };
    }

    private async Task AnswerAsync(Run run, MixpanelAnswer answer, IReadOnlyList<MixpanelFaultEffect> effects)
    {
        run.Call = run.Call with { Status = answer.Status };

        // Noted before the first byte: whoever has the answer finds the call in the log.
        Log(run);
        var response = run.Context.Response;
        response.StatusCode = answer.Status;
        if (answer.RetryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (answer.Location is { } location)
        {
            response.Headers.Location = location;
        }

        if (answer.Status == StatusCodes.Status204NoContent)
        {
            // Even an empty write counts as a body here: the server would close the connection behind the caller's next request.
            await response.CompleteAsync();
            return;
        }

        response.ContentType = answer.ContentType;
        try
        {
            run.Cut = !await WriteAsync(run, answer, effects);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The caller went away before its answer, which is noted all the same.
        }
    }

    /// <returns>False when the connection is to be cut now.</returns>
    private async Task<bool> WriteAsync(Run run, MixpanelAnswer answer, IReadOnlyList<MixpanelFaultEffect> effects)
    {
        var response = run.Context.Response;
        if (answer.Stream is { } stream)
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(run.Context.RequestAborted, stopping);
            return await stream.WriteAsync(response, effects, both.Token);
        }

        var isCut = effects.Any(effect => effect.Kind == MixpanelFaultKind.CutInside);
        response.ContentLength = answer.Body.Length;
        await response.Body.WriteAsync(isCut ? answer.Body[..(answer.Body.Length / 2)] : answer.Body, run.Context.RequestAborted);
        if (isCut)
        {
            await response.Body.FlushAsync(run.Context.RequestAborted);
        }

        return !isCut;
    }

    private void Log(Run run)
    {
        if (!run.Logged)
        {
            run.Logged = true;
            calls.Add(run.Call);
        }
    }

    private sealed class Run(HttpContext context, MixpanelCall call)
    {
        public HttpContext Context => context;

        public MixpanelCall Call { get; set; } = call;

        public bool Logged { get; set; }

        public bool Cut { get; set; }
    }
}
