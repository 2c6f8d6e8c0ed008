namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>What a fault does to a call.</summary>
public enum MixpanelFaultKind
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

    /// <summary>Processes the call and answers with a status and a body of the effect's own.</summary>
    OtherAnswer,

    /// <summary>Cuts the connection inside of the answer: behind so many lines of an export, in the middle of any other body.</summary>
    CutInside,

    /// <summary>Ends an export behind so many lines as if it were complete, with a line that says <c>terminated early</c>.</summary>
    TerminatedEarly,

    /// <summary>Breaks one line of an export in two.</summary>
    SplitLine,

    /// <summary>Waits on the clock behind so many lines of an export, and writes the rest then.</summary>
    SlowBody,
}

/// <summary>One effect with what it needs.</summary>
public sealed record MixpanelFaultEffect
{
    /// <summary>What happens.</summary>
    public required MixpanelFaultKind Kind { get; init; }

    /// <summary>Duration of delays, on the simulator's clock.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>How many lines of an export come before the effect; of <see cref="MixpanelFaultKind.SplitLine"/> how many stay whole.</summary>
    public int Lines { get; init; }

    /// <summary>Status to answer.</summary>
    public int Status { get; init; }

    /// <summary>Body to answer.</summary>
    public string Body { get; init; } = "";

    /// <summary>Content type of the body.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>Value of the header <c>Retry-After</c>, in seconds, or null for none.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>Wait before processing.</summary>
    public static MixpanelFaultEffect Delay(TimeSpan duration) => new() { Kind = MixpanelFaultKind.Delay, Duration = duration };

    /// <summary>Process, then wait before answering.</summary>
    public static MixpanelFaultEffect SlowAnswer(TimeSpan duration) => new() { Kind = MixpanelFaultKind.SlowAnswer, Duration = duration };

    /// <summary>Cut before processing.</summary>
    public static MixpanelFaultEffect CutBefore() => new() { Kind = MixpanelFaultKind.CutBefore };

    /// <summary>Cut after processing.</summary>
    public static MixpanelFaultEffect CutAfter() => new() { Kind = MixpanelFaultKind.CutAfter };

    /// <summary>Wait until the caller gives up.</summary>
    public static MixpanelFaultEffect Hang() => new() { Kind = MixpanelFaultKind.Hang };

    /// <summary>Cut inside of the answer.</summary>
    public static MixpanelFaultEffect CutInside(int lines = 0) => new() { Kind = MixpanelFaultKind.CutInside, Lines = lines };

    /// <summary>End an export before its end, with the line that says so.</summary>
    public static MixpanelFaultEffect TerminatedEarly(int lines) => new() { Kind = MixpanelFaultKind.TerminatedEarly, Lines = lines };

    /// <summary>Break a line of an export in two.</summary>
    public static MixpanelFaultEffect SplitLine(int lines) => new() { Kind = MixpanelFaultKind.SplitLine, Lines = lines };

    /// <summary>Stop in the middle of an export for a while.</summary>
    public static MixpanelFaultEffect SlowBody(int lines, TimeSpan duration) =>
        new() { Kind = MixpanelFaultKind.SlowBody, Lines = lines, Duration = duration };

    /// <summary>Answer with the envelope of <c>/import</c>.</summary>
    public static MixpanelFaultEffect Error(int status, string message, int? retryAfterSeconds = null) => new()
    {
        Kind = MixpanelFaultKind.Status,
        Status = status,
        Body = MixpanelAnswer.ErrorText(status, message),
        RetryAfterSeconds = retryAfterSeconds,
    };

    /// <summary>429, with or without <c>Retry-After</c>.</summary>
    public static MixpanelFaultEffect TooManyRequests(int? retryAfterSeconds = null) =>
        Error(429, MixpanelAnswer.RateLimitText, retryAfterSeconds);

    /// <summary>Process, then answer as <c>/engage</c> does that refused something and does not say what.</summary>
    public static MixpanelFaultEffect FailedWithoutNames() => new()
    {
        Kind = MixpanelFaultKind.OtherAnswer, Status = 200, Body = """{"status":0,"error":"some data points in the request failed validation"}""",
    };

    /// <summary>Do not process, and answer as <c>/engage</c> does that took nothing and does not say why.</summary>
    public static MixpanelFaultEffect NoneTaken() => new()
    {
        Kind = MixpanelFaultKind.Status, Status = 200, Body = """{"status":0,"error":"the request failed validation","num_good_events":0}""",
    };

    /// <summary>Answer with a gateway's HTML page: 502, 503, 504 or 524.</summary>
    public static MixpanelFaultEffect Gateway(int status) => new()
    {
        Kind = MixpanelFaultKind.Status,
        Status = status,
        ContentType = "text/html; charset=utf-8",
        Body = $"<html><head><title>{status}</title></head><body><h1>Error {status}</h1></body></html>",
    };
}

/// <summary>A rule of the fault script; its path is the path of the call, for example <c>/import</c>.</summary>
public sealed record MixpanelFault : FaultRule
{
    /// <summary>What happens.</summary>
    public required MixpanelFaultEffect Effect { get; init; }
}

/// <summary>The fault script of the Mixpanel simulator.</summary>
public sealed class MixpanelFaults : FaultScript<MixpanelFault>
{
    internal MixpanelFaults(int seed)
        : base(seed)
    {
    }

    /// <summary>Adds a rule for one endpoint that fires for the next calls.</summary>
    /// <param name="method">HTTP method or <c>*</c>.</param>
    /// <param name="path">Path pattern.</param>
    /// <param name="effect">What happens.</param>
    /// <param name="count">How many calls; null for all.</param>
    /// <returns>Its number.</returns>
    public int Add(string method, string path, MixpanelFaultEffect effect, int? count = 1) =>
        Add(new MixpanelFault { Method = method, Path = path, Effect = effect, Count = count });

    internal IReadOnlyList<MixpanelFaultEffect> Effects(string method, string path) =>
        [.. Match(method, path).Select(fault => fault.Effect)];
}
