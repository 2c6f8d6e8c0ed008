using Sluice.Core.Events;

namespace Sluice.Core.Delivery.Events;

/// <summary>Counts a burst of work: begins with the first thing that happens and ends when it has been quiet for a while.</summary>
internal sealed class EventRun(EventWorkerOptions options, TimeProvider time)
{
    public const string Kind = "events";

    // A note names so many events; the counts name them all.
    private const int NotedEvents = 20;
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly List<string> _unknown = [];
    private readonly List<string> _givenUp = [];
    private string? _id;
    private DateTimeOffset _startedAt;
    private DateTimeOffset _changedAt;
    private DateTimeOffset _savedAt;
    private bool _dirty;

    public void Count(string name, long by = 1)
    {
        if (by == 0)
        {
            return;
        }

        var now = time.GetUtcNow();
        if (_id is null)
        {
            _id = Guid.CreateVersion7(now).ToString("n");
            _startedAt = _savedAt = now;
        }

        _counts[name] = _counts.GetValueOrDefault(name) + by;
        _changedAt = now;
        _dirty = true;
    }

    public void Skip(string reason, long by = 1) => Count("skipped_" + reason, by);

    /// <summary>Lists an event of which nobody knows whether it arrived.</summary>
    public void Unknown(string name, LogPosition position, string what)
    {
        Count(what);
        _unknown.Add(FormattableString.Invariant($"{name} ({position.Batch}/{position.Number}) {what}"));
    }

    /// <summary>Lists an event that has waited too long for its contact.</summary>
    public void GivenUp(string name, LogPosition position) => _givenUp.Add(FormattableString.Invariant($"{name} ({position.Batch}/{position.Number})"));

    /// <summary>The run as it is to be written now; null when that is not due.</summary>
    /// <param name="stopping">It ends now, quiet or not.</param>
    public Run? Due(bool stopping)
    {
        var now = time.GetUtcNow();
        if (_id is null)
        {
            return null;
        }

        var ended = stopping || now - _changedAt >= options.RunEndsAfter || now - _startedAt >= options.RunLength;
        if (!ended && !(_dirty && now - _savedAt >= SaveEvery))
        {
            return null;
        }

        var run = new Run(
            _id, null, Kind, ended ? "done" : "running", _startedAt, ended ? now : null, new Dictionary<string, long>(_counts, StringComparer.Ordinal), Note());
        _savedAt = now;
        _dirty = false;
        if (ended)
        {
            _id = null;
            _counts.Clear();
            _unknown.Clear();
            _givenUp.Clear();
        }

        return run;
    }

    private string? Note()
    {
        var notes = new List<string>();
        Note("left out after a day, for the contact could not be made", _givenUp, notes);
        Note("outcome unknown", _unknown, notes);
        return notes.Count == 0 ? null : string.Join("; ", notes);
    }

    private static void Note(string what, List<string> events, List<string> notes)
    {
        if (events.Count > 0)
        {
            var more = events.Count > NotedEvents ? FormattableString.Invariant($" and {events.Count - NotedEvents} more") : "";
            notes.Add($"{what}, by batch and number in the log: {string.Join(", ", events.Take(NotedEvents))}{more}");
        }
    }
}
