namespace Sluice.Core.Delivery.Forwarding;

/// <summary>Counts a burst of work of all lines together: begins with the first thing that happens and ends when it has been quiet for a while.</summary>
internal sealed class ForwardRun(ForwardOptions options, TimeProvider time)
{
    public const string Kind = "forward";

    // A note names so many operations; the counts name them all.
    private const int NotedOperations = 20;
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly List<string> _unknown = [];
    private readonly Dictionary<string, string> _pauses = new(StringComparer.Ordinal);
    private string? _id;
    private DateTimeOffset _startedAt;
    private DateTimeOffset _changedAt;
    private DateTimeOffset _savedAt;
    private bool _dirty;

    public void Count(string name, long by = 1)
    {
        if (by != 0)
        {
            lock (_gate)
            {
                Touch();
                _counts[name] = _counts.GetValueOrDefault(name) + by;
            }
        }
    }

    /// <summary>Lists an operation of which nobody knows whether it was done.</summary>
    public void Unknown(string name, ForwardRow row)
    {
        lock (_gate)
        {
            Touch();
            _counts["unknown_skipped"] = _counts.GetValueOrDefault("unknown_skipped") + 1;
            _unknown.Add($"{name} ({ForwardLetter.IdOf(row)})");
        }
    }

    /// <summary>Someone must act before a line goes on.</summary>
    /// <param name="reason">Null: the line goes on.</param>
    public void Pause(string line, string? reason)
    {
        lock (_gate)
        {
            if (reason is null ? _pauses.Remove(line) : _pauses.GetValueOrDefault(line) != reason)
            {
                Touch();
                if (reason is not null)
                {
                    _pauses[line] = reason;
                }
            }
        }
    }

    /// <summary>The run as it is to be written now; null when that is not due.</summary>
    /// <param name="stopping">It ends now, quiet or not.</param>
    public Run? Due(bool stopping)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (_id is null)
            {
                return null;
            }

            // While something must be done by a person, the run that says so stays.
            var ended = stopping || (_pauses.Count == 0 && now - _changedAt >= options.RunEndsAfter) || now - _startedAt >= options.RunLength;
            if (!ended && !(_dirty && (now - _savedAt >= SaveEvery || _pauses.Count > 0)))
            {
                return null;
            }

            var state = _pauses.Count > 0 ? "held" : ended ? "done" : "running";
            var run = new Run(_id, null, Kind, state, _startedAt, ended ? now : null, new Dictionary<string, long>(_counts, StringComparer.Ordinal), Note());
            (_savedAt, _dirty) = (now, false);
            if (ended)
            {
                _id = null;
                _counts.Clear();
                _unknown.Clear();
                if (!stopping && _pauses.Count > 0)
                {
                    Touch();
                }
            }

            return run;
        }
    }

    private void Touch()
    {
        var now = time.GetUtcNow();
        if (_id is null)
        {
            _id = Guid.CreateVersion7(now).ToString("n");
            _startedAt = _savedAt = now;
        }

        (_changedAt, _dirty) = (now, true);
    }

    private string? Note()
    {
        var notes = _pauses.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key} wait: {p.Value}").Distinct().ToList();
        if (_unknown.Count > 0)
        {
            var more = _unknown.Count > NotedOperations ? FormattableString.Invariant($" and {_unknown.Count - NotedOperations} more") : "";
            notes.Add($"outcome unknown and not repeated: {string.Join(", ", _unknown.Take(NotedOperations))}{more}");
        }

        return notes.Count == 0 ? null : string.Join("; ", notes);
    }
}
