namespace Sluice.Simulators.Brevo;

/// <summary>What a fault does to a call.</summary>
public enum BrevoFaultKind
{
    /// <summary>Waits on the clock before the call is processed.</summary>
    Delay,

    /// <summary>Answers with a status and a body; the call is not processed.</summary>
    Status,

    /// <summary>Cuts the connection; the call is not processed.</summary>
    CutBefore,

    /// <summary>Processes the call and cuts the connection: the answer is lost.</summary>
    CutAfter,

    /// <summary>Processes the call and waits on the clock before answering.</summary>
    SlowAnswer,

    /// <summary>Never answers; ends when the caller gives up. The call is not processed.</summary>
    Hang,

    /// <summary>Processes the call and leaves out the rate-limit headers.</summary>
    NoRateLimitHeaders,

    /// <summary>The import that this call starts ends as <c>failed</c>.</summary>
    ImportFails,

    /// <summary>The import that this call starts stays <c>in_process</c> for the duration, or for ever.</summary>
    ImportStalls,
}

/// <summary>One effect with what it needs.</summary>
public sealed record BrevoFaultEffect
{
    private const string Html = "text/html; charset=utf-8";

    /// <summary>What happens.</summary>
    public required BrevoFaultKind Kind { get; init; }

    /// <summary>Duration of delays and stalls, on the simulator's clock; null lets an import stall for ever.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Status to answer.</summary>
    public int Status { get; init; }

    /// <summary>Body to answer, or text of the error of a failed import.</summary>
    public string Body { get; init; } = "";

    /// <summary>Content type of the body.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>Whether the answer carries the rate-limit headers.</summary>
    public bool RateLimitHeaders { get; init; } = true;

    /// <summary>Replaces the value of <c>x-sib-ratelimit-reset</c>, and says that nothing remains.</summary>
    public int? ResetSeconds { get; init; }

    /// <summary>Wait before processing.</summary>
    public static BrevoFaultEffect Delay(TimeSpan duration) => new() { Kind = BrevoFaultKind.Delay, Duration = duration };

    /// <summary>Process, then wait before answering.</summary>
    public static BrevoFaultEffect SlowAnswer(TimeSpan duration) => new() { Kind = BrevoFaultKind.SlowAnswer, Duration = duration };

    /// <summary>Cut before processing.</summary>
    public static BrevoFaultEffect CutBefore() => new() { Kind = BrevoFaultKind.CutBefore };

    /// <summary>Cut after processing.</summary>
    public static BrevoFaultEffect CutAfter() => new() { Kind = BrevoFaultKind.CutAfter };

    /// <summary>Wait until the caller gives up.</summary>
    public static BrevoFaultEffect Hang() => new() { Kind = BrevoFaultKind.Hang };

    /// <summary>Answer as usual without the rate-limit headers.</summary>
    public static BrevoFaultEffect NoRateLimitHeaders() => new() { Kind = BrevoFaultKind.NoRateLimitHeaders };

    /// <summary>Let the import fail at its end.</summary>
    public static BrevoFaultEffect ImportFails(string error = "Import could not be processed") =>
        new() { Kind = BrevoFaultKind.ImportFails, Body = error };

    /// <summary>Let the import stay in process for a while, or for ever when null.</summary>
    public static BrevoFaultEffect ImportStalls(TimeSpan? duration = null) =>
        new() { Kind = BrevoFaultKind.ImportStalls, Duration = duration };

    /// <summary>Answer with an error envelope.</summary>
    public static BrevoFaultEffect Error(int status, string code, string message) =>
        new() { Kind = BrevoFaultKind.Status, Status = status, Body = BrevoAnswer.ErrorText(code, message) };

    /// <summary>Answer with a gateway's HTML page: 502, 503, 504 or 524.</summary>
    public static BrevoFaultEffect Gateway(int status) => new()
    {
        Kind = BrevoFaultKind.Status,
        Status = status,
        ContentType = Html,
        RateLimitHeaders = false,
        Body = $"<html><head><title>{status}</title></head><body><h1>Error {status}</h1></body></html>",
    };

    /// <summary>429, with the given reset or without any of the headers when null.</summary>
    public static BrevoFaultEffect TooManyRequests(int? resetSeconds) => new()
    {
        Kind = BrevoFaultKind.Status,
        Status = 429,
        RateLimitHeaders = resetSeconds is not null,
        ResetSeconds = resetSeconds,
        Body = BrevoAnswer.ErrorText("too_many_requests", "Too many requests have been sent"),
    };

    /// <summary>425: the account or the contact is busy.</summary>
    public static BrevoFaultEffect TooEarly() => Error(425, "account_in_process", "Account is being processed, try again later");

    /// <summary>401 of an account that only lets known addresses in.</summary>
    public static BrevoFaultEffect UnrecognisedAddress() => Error(
        401,
        "unauthorized",
        "We have detected you are using an unrecognised IP address 203.0.113.7. Add it to the authorised addresses of the account.");
}

/// <summary>A rule of the fault script; its path is below <c>/v3</c>.</summary>
public sealed record BrevoFault : FaultRule
{
    /// <summary>What happens.</summary>
    public required BrevoFaultEffect Effect { get; init; }
}

/// <summary>The fault script of the Brevo simulator.</summary>
public sealed class BrevoFaults : FaultScript<BrevoFault>
{
    internal BrevoFaults(int seed)
        : base(seed)
    {
    }

    /// <summary>Adds a rule for one endpoint that fires for the next calls.</summary>
    /// <param name="method">HTTP method or <c>*</c>.</param>
    /// <param name="path">Path pattern below <c>/v3</c>.</param>
    /// <param name="effect">What happens.</param>
    /// <param name="count">How many calls; null for all.</param>
    /// <returns>Its number.</returns>
    public int Add(string method, string path, BrevoFaultEffect effect, int? count = 1) =>
        Add(new BrevoFault { Method = method, Path = path, Effect = effect, Count = count });

    internal IReadOnlyList<BrevoFaultEffect> Effects(string method, string path) =>
        [.. Match(method, path).Select(fault => fault.Effect)];
}
