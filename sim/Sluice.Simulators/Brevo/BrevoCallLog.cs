namespace Sluice.Simulators.Brevo;

/// <summary>One call that reached the simulator.</summary>
/// <param name="Time">When it arrived, by the simulator's clock.</param>
/// <param name="Bucket">The allowance it counts against.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Template">The path below <c>/v3</c> with names for its variable parts, or the path itself when no endpoint has it.</param>
/// <param name="Path">The path below <c>/v3</c> as sent.</param>
/// <param name="Status">The status that was answered; 0 when the connection was cut or the caller went away.</param>
/// <param name="OverBudget">True when it was refused because its window was full.</param>
/// <param name="Fault">What the fault script did to it, or null.</param>
public sealed record BrevoCall(
    DateTimeOffset Time,
    BrevoBucket Bucket,
    string Method,
    string Template,
    string Path,
    int Status,
    bool OverBudget,
    string? Fault)
{
    /// <summary>The call is in the log.</summary>
    internal bool Logged { get; init; }

    /// <summary>The connection is to be cut instead of an answer.</summary>
    internal bool Cut { get; init; }
}

/// <summary>The use of one window.</summary>
/// <param name="Window">Its limit and span.</param>
/// <param name="InWindow">Accepted calls that are in it now.</param>
/// <param name="MaxInWindow">The most calls, refused ones included, that ever arrived within one span.</param>
public sealed record BrevoWindowUse(BrevoWindow Window, int InWindow, int MaxInWindow);

/// <summary>Every call, counted for ever and kept one by one for a while.</summary>
public sealed class BrevoCallLog
{
    private readonly Lock _gate = new();
    private readonly RateLimiter _limiter;
    private readonly int _capacity;
    private readonly Queue<BrevoCall> _last = new();
    private readonly Queue<BrevoCall> _violations = new();
    private readonly SortedDictionary<string, long> _byEndpoint = new(StringComparer.Ordinal);
    private readonly Dictionary<BrevoBucket, long> _byBucket = [];
    private readonly SortedDictionary<int, long> _byStatus = [];
    private long _total;
    private long _violationCount;

    internal BrevoCallLog(RateLimiter limiter, int capacity)
    {
        _limiter = limiter;
        _capacity = capacity;
    }

    /// <summary>All calls since the start or the last reset.</summary>
    public long Total => Read(() => _total);

    /// <summary>The newest calls, oldest first.</summary>
    public IReadOnlyList<BrevoCall> Last => Read(() => _last.ToArray());

    /// <summary>The newest calls that were refused because a window was full, oldest first.</summary>
    public IReadOnlyList<BrevoCall> BudgetViolations => Read(() => _violations.ToArray());

    /// <summary>How many calls were ever refused because a window was full.</summary>
    public long BudgetViolationCount => Read(() => _violationCount);

    /// <summary>Calls by <c>METHOD /template</c>.</summary>
    public IReadOnlyDictionary<string, long> ByEndpoint => Read(() => new Dictionary<string, long>(_byEndpoint));

    /// <summary>Calls by status.</summary>
    public IReadOnlyDictionary<int, long> ByStatus => Read(() => new Dictionary<int, long>(_byStatus));

    /// <summary>How often one endpoint was called.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="template">The path template, for example <c>/contacts/lists/{listId}</c>.</param>
    /// <returns>The number of calls, refused and faulty ones included.</returns>
    public long Count(string method, string template) => Read(() => _byEndpoint.GetValueOrDefault($"{method} {template}"));

    /// <summary>How often one bucket was called.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <returns>The number of calls, refused ones included.</returns>
    public long Count(BrevoBucket bucket) => Read(() => _byBucket.GetValueOrDefault(bucket));

    /// <summary>The use of a bucket's windows.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <returns>One entry a window, the shortest first.</returns>
    public IReadOnlyList<BrevoWindowUse> Use(BrevoBucket bucket) => _limiter.Use(bucket);

    /// <summary>The most calls of a bucket that ever arrived within one of its windows.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="span">The span of one of its windows.</param>
    /// <returns>The number, refused calls included; 0 when the bucket has no such window.</returns>
    public int MaxInWindow(BrevoBucket bucket, TimeSpan span) =>
        Use(bucket).FirstOrDefault(use => use.Window.Span == span)?.MaxInWindow ?? 0;

    internal void Add(BrevoCall call)
    {
        lock (_gate)
        {
            _total++;
            var endpoint = $"{call.Method} {call.Template}";
            _byEndpoint[endpoint] = _byEndpoint.GetValueOrDefault(endpoint) + 1;
            _byBucket[call.Bucket] = _byBucket.GetValueOrDefault(call.Bucket) + 1;
            _byStatus[call.Status] = _byStatus.GetValueOrDefault(call.Status) + 1;
            Keep(_last, call);
            if (call.OverBudget)
            {
                _violationCount++;
                Keep(_violations, call);
            }
        }
    }

    internal void Reset()
    {
        lock (_gate)
        {
            _total = 0;
            _violationCount = 0;
            _last.Clear();
            _violations.Clear();
            _byEndpoint.Clear();
            _byBucket.Clear();
            _byStatus.Clear();
        }
    }

    private void Keep(Queue<BrevoCall> calls, BrevoCall call)
    {
        calls.Enqueue(call);
        if (calls.Count > _capacity)
        {
            calls.Dequeue();
        }
    }

    private T Read<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }
}
