namespace Sluice.Simulators.Mixpanel.Ingestion;

/// <summary>One call that reached the simulator.</summary>
/// <param name="Time">When it arrived, by the simulator's clock.</param>
/// <param name="Residency">The host that it came to.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path, without the query.</param>
/// <param name="Status">The status that was answered; 0 when the connection was cut or the caller went away.</param>
/// <param name="ProjectId">The project it was for, or null when it named none.</param>
/// <param name="Bytes">Size of the body, uncompressed.</param>
/// <param name="Records">Records in it.</param>
/// <param name="Accepted">Records that took effect.</param>
/// <param name="OverBudget">True when it was refused because an allowance was used up.</param>
/// <param name="Fault">What the fault script did to it, or null.</param>
/// <param name="Family">The part of Mixpanel whose host it came to; the app API's host is that of the queries.</param>
/// <param name="Query">Its parameters as they were sent, those of a form among them.</param>
public sealed record MixpanelCall(
    DateTimeOffset Time,
    MixpanelResidency Residency,
    string Method,
    string Path,
    int Status = 0,
    string? ProjectId = null,
    int Bytes = 0,
    int Records = 0,
    int Accepted = 0,
    bool OverBudget = false,
    string? Fault = null,
    MixpanelFamily Family = MixpanelFamily.Ingestion,
    string Query = "");

/// <summary>Every call, counted for ever and kept one by one for a while.</summary>
public sealed class MixpanelCallLog
{
    private readonly Lock _gate = new();
    private readonly int _capacity;
    private readonly Queue<MixpanelCall> _last = new();
    private readonly SortedDictionary<string, long> _byEndpoint = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, long> _byStatus = [];
    private long _total;
    private long _violations;

    internal MixpanelCallLog(int capacity) => _capacity = capacity;

    /// <summary>All calls since the start or the last reset.</summary>
    public long Total => Read(() => _total);

    /// <summary>The newest calls, oldest first.</summary>
    public IReadOnlyList<MixpanelCall> Last => Read(() => _last.ToArray());

    /// <summary>How many calls were ever refused because an allowance was used up.</summary>
    public long BudgetViolationCount => Read(() => _violations);

    /// <summary>Calls by <c>METHOD /path</c>; the ids of tables, and of what the app API manages, are replaced by a name.</summary>
    public IReadOnlyDictionary<string, long> ByEndpoint => Read(() => new Dictionary<string, long>(_byEndpoint));

    /// <summary>Calls by status.</summary>
    public IReadOnlyDictionary<int, long> ByStatus => Read(() => new Dictionary<int, long>(_byStatus));

    internal void Add(MixpanelCall call)
    {
        lock (_gate)
        {
            _total++;
            _violations += call.OverBudget ? 1 : 0;
            var endpoint = $"{call.Method} {Endpoint(call.Path)}";
            _byEndpoint[endpoint] = _byEndpoint.GetValueOrDefault(endpoint) + 1;
            _byStatus[call.Status] = _byStatus.GetValueOrDefault(call.Status) + 1;
            _last.Enqueue(call);
            if (_last.Count > _capacity)
            {
                _last.Dequeue();
            }
        }
    }

    internal void Reset()
    {
        lock (_gate)
        {
            _total = 0;
            _violations = 0;
            _last.Clear();
            _byEndpoint.Clear();
            _byStatus.Clear();
        }
    }

    private static string Endpoint(string path) =>
        path.StartsWith("/lookup-tables/", StringComparison.Ordinal) ? "/lookup-tables/{id}"
        : path.StartsWith("/api/app/", StringComparison.Ordinal)
            ? string.Join('/', path.Split('/').Select(part => part.Length > 0 && part.All(char.IsAsciiDigit) ? "{id}" : part))
        : path;

    private T Read<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }
}
