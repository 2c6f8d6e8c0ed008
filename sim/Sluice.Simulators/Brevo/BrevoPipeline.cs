using System.Globalization;
using System.IO.Enumeration;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Sluice.Simulators.Brevo;

/// <summary>
/// What a call goes through: key, allowance, fault script, endpoint. A call that a fault spoils has still used its
/// allowance, because it arrived.
/// </summary>
internal sealed class BrevoPipeline(
    BrevoAccount account, RateLimiter limiter, BrevoFaults faults, BrevoCallLog calls, CancellationToken stopping)
{
    public async Task HandleAsync(HttpContext context, string target)
    {
        var method = context.Request.Method;
        var path = target[..(target.IndexOf('?', StringComparison.Ordinal) is var end and >= 0 ? end : target.Length)];
        var time = account.Now;
        var bucket = RouteTable.BucketOf(method, path);
        var (route, values, pathKnown) = RouteTable.Find(method, path);
        var call = new BrevoCall(time, bucket, method, route?.Template ?? path, path, Status: 0, OverBudget: false, Fault: null);
        try
        {
            var known = context.Request.Headers["api-key"] == account.Options.ApiKey;
            var state = limiter.Peek(bucket);
            if (!known)
            {
                call = await AnswerAsync(context, call, BrevoAnswer.Error(401, "unauthorized", "Key not found"), state);
                return;
            }

            if (!limiter.TryTake(bucket, out state))
            {
                call = call with { OverBudget = true };
                call = await AnswerAsync(
                    context, call, BrevoAnswer.Error(429, "too_many_requests", "API rate limit exceeded for this account"), state);
                return;
            }

            call = await SpoilAsync(context, call, route, values, pathKnown, state);
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
            if (!call.Logged)
            {
                calls.Add(call);
            }

            if (call.Cut)
            {
                context.Abort();
            }
        }
    }

    private async Task<BrevoCall> SpoilAsync(
        HttpContext context, BrevoCall call, Route? route, string[] values, bool pathKnown, RateLimitState? state)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var effects = faults.Effects(call.Method, call.Path);
        if (effects.Count > 0)
        {
            call = call with { Fault = string.Join(", ", effects.Select(effect => effect.Kind)) };
        }

        foreach (var effect in effects)
        {
            switch (effect.Kind)
            {
                case BrevoFaultKind.Delay:
                    await account.Held.WaitAsync(effect.Duration ?? TimeSpan.Zero, account.Options.Clock, both.Token);
                    break;
                case BrevoFaultKind.Hang:
                    await account.Held.WaitAsync(Timeout.InfiniteTimeSpan, account.Options.Clock, both.Token);
                    break;
                case BrevoFaultKind.CutBefore:
                    return call with { Cut = true };
                case BrevoFaultKind.Status:
                    var answer = new BrevoAnswer(effect.Status, Encoding.UTF8.GetBytes(effect.Body), effect.ContentType);
                    return await AnswerAsync(context, call, answer, effect.RateLimitHeaders ? Replaced(state, effect) : null);
            }
        }

        var body = await ReadBodyAsync(context.Request, both.Token);
        var importFault = effects.FirstOrDefault(effect =>
            effect.Kind is BrevoFaultKind.ImportFails or BrevoFaultKind.ImportStalls);
        var result = Process(context, route, values, pathKnown, body, importFault);
        foreach (var effect in effects.Where(effect => effect.Kind == BrevoFaultKind.SlowAnswer))
        {
            await account.Held.WaitAsync(effect.Duration ?? TimeSpan.Zero, account.Options.Clock, both.Token);
        }

        if (effects.Any(effect => effect.Kind == BrevoFaultKind.CutAfter))
        {
            return call with { Cut = true };
        }

        var bare = effects.Any(effect => effect.Kind == BrevoFaultKind.NoRateLimitHeaders) || LacksHeaders(call);
        return await AnswerAsync(context, call, result, bare ? null : state);
    }

    private BrevoAnswer Process(
        HttpContext context, Route? route, string[] values, bool pathKnown, byte[] body, BrevoFaultEffect? importFault)
    {
        if (route is null)
        {
            return pathKnown
                ? BrevoAnswer.Error(405, "method_not_allowed", "Method is not allowed on this path")
                : BrevoAnswer.Error(404, "document_not_found", "Route not found");
        }

        var query = QueryHelpers.ParseQuery(context.Request.QueryString.Value);
        using var request = new BrevoRequest(values, query, body, importFault);
        lock (account.Gate)
        {
            try
            {
                return route.Handler(account, request);
            }
            catch (BrevoRefusal refusal)
            {
                return refusal.Answer;
            }
        }
    }

    private bool LacksHeaders(BrevoCall call) => account.Options.AnswersWithoutRateLimitHeaders.Any(pattern =>
        FileSystemName.MatchesSimpleExpression(pattern, $"{call.Method} {call.Path}", ignoreCase: false));

    private static RateLimitState? Replaced(RateLimitState? state, BrevoFaultEffect effect) =>
        state is { } known && effect.ResetSeconds is { } reset ? known with { Remaining = 0, ResetSeconds = reset } : state;

    private async Task<BrevoCall> AnswerAsync(HttpContext context, BrevoCall call, BrevoAnswer answer, RateLimitState? state)
    {
        // Noted before the first byte: whoever has the answer finds the call in the log.
        calls.Add(call with { Status = answer.Status });
        var response = context.Response;
        response.StatusCode = answer.Status;
        if (state is { } limits)
        {
            response.Headers["x-sib-ratelimit-limit"] = limits.Limit.ToString(CultureInfo.InvariantCulture);
            response.Headers["x-sib-ratelimit-remaining"] = limits.Remaining.ToString(CultureInfo.InvariantCulture);
            response.Headers["x-sib-ratelimit-reset"] = limits.ResetSeconds.ToString(CultureInfo.InvariantCulture);
        }

        if (!answer.Body.IsEmpty)
        {
            response.ContentType = answer.ContentType;
            response.ContentLength = answer.Body.Length;
            try
            {
                await response.Body.WriteAsync(answer.Body, context.RequestAborted);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The caller went away before its answer, which is noted all the same.
            }
        }

        return call with { Status = answer.Status, Logged = true };
    }

    private static async Task<byte[]> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        return body.ToArray();
    }
}
