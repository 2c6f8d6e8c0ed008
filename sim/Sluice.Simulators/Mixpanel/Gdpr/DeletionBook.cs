using System.Globalization;

namespace Sluice.Simulators.Mixpanel.Gdpr;

/// <summary>A project's deletions. Callers hold the simulator's lock.</summary>
internal sealed class DeletionBook
{
    // Mixpanel takes up to thirty days. Its stages can be seen in hours here.
    private static readonly TimeSpan PendingFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan StagingFor = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan StartedFor = TimeSpan.FromHours(3);

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private DateTimeOffset _lastCall;
    private long _next = 1_583_000_000_000;

    public IEnumerable<string> Ids => _entries.Keys;

    /// <summary>One call a second.</summary>
    public bool TryCall(DateTimeOffset now)
    {
        if (now - _lastCall < TimeSpan.FromSeconds(1))
        {
            return false;
        }

        _lastCall = now;
        return true;
    }

    public string Add(IReadOnlyList<string> distinctIds, string compliance, DateTimeOffset now)
    {
        var id = (++_next).ToString(CultureInfo.InvariantCulture);
        _entries.Add(id, new Entry(distinctIds, compliance, now));
        return id;
    }

    public MixpanelDeletionView? Find(string id, DateTimeOffset now) => _entries.TryGetValue(id, out var entry)
        ? new MixpanelDeletionView(id, entry.StatusAt(now), entry.Compliance, entry.RequestedAt, entry.DistinctIds)
        : null;

    /// <summary>The deletions that have ended and were not taken yet, each with the moment that it began.</summary>
    public IReadOnlyList<(IReadOnlyList<string> DistinctIds, DateTimeOffset StartedAt)> TakeEnded(DateTimeOffset now)
    {
        List<(IReadOnlyList<string>, DateTimeOffset)> ended = [];
        foreach (var (id, entry) in _entries.Where(entry => !entry.Value.IsTaken && entry.Value.StatusAt(now) == "SUCCESS").ToArray())
        {
            ended.Add((entry.DistinctIds, entry.RequestedAt + StagingFor));
            _entries[id] = entry with { IsTaken = true };
        }

        return ended;
    }

    /// <returns>False once it has begun.</returns>
    public bool TryCancel(string id, DateTimeOffset now) =>
        _entries[id].StatusAt(now) is "PENDING" or "STAGING" && (_entries[id] = _entries[id] with { IsRevoked = true }).IsRevoked;

    private sealed record Entry(IReadOnlyList<string> DistinctIds, string Compliance, DateTimeOffset RequestedAt)
    {
        public bool IsRevoked { get; init; }

        public bool IsTaken { get; init; }

        public string StatusAt(DateTimeOffset now) => (now - RequestedAt) switch
        {
            _ when IsRevoked => "REVOKED",
            var age when age < PendingFor => "PENDING",
            var age when age < StagingFor => "STAGING",
            var age when age < StartedFor => "STARTED",
            _ => "SUCCESS",
        };
    }
}
