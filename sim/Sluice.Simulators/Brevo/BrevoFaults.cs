using System.IO.Enumeration;

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

/// <summary>A rule of the fault script: which calls, how often, and what happens to them.</summary>
public sealed record BrevoFault
{
    /// <summary>HTTP method, or <c>*</c>.</summary>
    public string Method { get; init; } = "*";

    /// <summary>Path below <c>/v3</c>; <c>*</c> stands for any run of characters.</summary>
    public string Path { get; init; } = "*";

    /// <summary>Only the n-th matching call, counted from 1.</summary>
    public int? Nth { get; init; }

    /// <summary>Only every so many-th matching call.</summary>
    public int? Every { get; init; }

    /// <summary>Only with this probability, drawn from the simulator's seed.</summary>
    public double? Probability { get; init; }

    /// <summary>At most so many times.</summary>
    public int? Count { get; init; }

    /// <summary>What happens.</summary>
    public required BrevoFaultEffect Effect { get; init; }
}

/// <summary>A rule in force with what became of it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Fault">The rule.</param>
/// <param name="Matched">Calls that matched method and path.</param>
/// <param name="Fired">Calls that the effect was applied to.</param>
public sealed record BrevoFaultUse(int Id, BrevoFault Fault, int Matched, int Fired);

/// <summary>The fault script. Every rule that fires for a call is applied.</summary>
public sealed class BrevoFaults
{
    private readonly Lock _gate = new();
    private readonly List<BrevoFaultUse> _rules = [];
    private readonly int _seed;
    private Random _random;
    private int _nextId = 1;

    internal BrevoFaults(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
    }

    /// <summary>The rules in force, in the order they were added.</summary>
    public IReadOnlyList<BrevoFaultUse> Rules
    {
        get
        {
            lock (_gate)
            {
                return [.. _rules];
            }
        }
    }

    /// <summary>Adds a rule.</summary>
    /// <param name="fault">The rule.</param>
    /// <returns>Its number.</returns>
    public int Add(BrevoFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (_gate)
        {
            _rules.Add(new BrevoFaultUse(_nextId, fault, Matched: 0, Fired: 0));
            return _nextId++;
        }
    }

    /// <summary>Adds a rule for one endpoint that fires for the next calls.</summary>
    /// <param name="method">HTTP method or <c>*</c>.</param>
    /// <param name="path">Path pattern below <c>/v3</c>.</param>
    /// <param name="effect">What happens.</param>
    /// <param name="count">How many calls; null for all.</param>
    /// <returns>Its number.</returns>
    public int Add(string method, string path, BrevoFaultEffect effect, int? count = 1) =>
        Add(new BrevoFault { Method = method, Path = path, Effect = effect, Count = count });

    /// <summary>Takes one rule away.</summary>
    /// <param name="id">Its number.</param>
    /// <returns>False when there is no such rule.</returns>
    public bool Remove(int id)
    {
        lock (_gate)
        {
            return _rules.RemoveAll(rule => rule.Id == id) > 0;
        }
    }

    /// <summary>Takes all rules away and starts the draws again from the seed.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _rules.Clear();
            _random = new Random(_seed);
        }
    }

    internal IReadOnlyList<BrevoFaultEffect> Match(string method, string path)
    {
        lock (_gate)
        {
            List<BrevoFaultEffect> effects = [];
            for (var i = 0; i < _rules.Count; i++)
            {
                var rule = _rules[i];
                if (!Matches(rule.Fault, method, path))
                {
                    continue;
                }

                rule = rule with { Matched = rule.Matched + 1 };
                if (Fires(rule))
                {
                    rule = rule with { Fired = rule.Fired + 1 };
                    effects.Add(rule.Fault.Effect);
                }

                _rules[i] = rule;
            }

            return effects;
        }
    }

    private static bool Matches(BrevoFault fault, string method, string path) =>
        (fault.Method == "*" || fault.Method.Equals(method, StringComparison.OrdinalIgnoreCase))
        && FileSystemName.MatchesSimpleExpression(fault.Path, path, ignoreCase: false);

    private bool Fires(BrevoFaultUse rule) =>
        (rule.Fault.Count is not { } count || rule.Fired < count)
        && (rule.Fault.Nth is not { } nth || rule.Matched == nth)
        && (rule.Fault.Every is not { } every || rule.Matched % Math.Max(1, every) == 0)
        && (rule.Fault.Probability is not { } probability || _random.NextDouble() < probability);
}
