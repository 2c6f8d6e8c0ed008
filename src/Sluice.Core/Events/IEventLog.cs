using Sluice.Core.People;

namespace Sluice.Core.Events;

/// <summary>A place in a project's log. Batches are numbered in the order in which they became visible.</summary>
public readonly record struct LogPosition(long Batch, int Number) : IComparable<LogPosition>
{
    /// <summary>Before the first event.</summary>
    public static readonly LogPosition Start = new(0, 0);

    /// <summary>The last place that an event of the batch can have.</summary>
    public static LogPosition EndOf(long batch) => new(batch, int.MaxValue);

    public int CompareTo(LogPosition other) => (Batch, Number).CompareTo((other.Batch, other.Number));

    public static bool operator <(LogPosition left, LogPosition right) => left.CompareTo(right) < 0;

    public static bool operator >(LogPosition left, LogPosition right) => left.CompareTo(right) > 0;

    public static bool operator <=(LogPosition left, LogPosition right) => left.CompareTo(right) <= 0;

    public static bool operator >=(LogPosition left, LogPosition right) => left.CompareTo(right) >= 0;
}

/// <param name="Person">The key of the id as sent.</param>
/// <param name="Properties">A JSON object in UTF-8.</param>
public sealed record LoggedEvent(LogPosition Position, string Name, long Time, PersonKey Person, Origin Origin, byte[] Properties);

/// <param name="Next">Where the next page begins: behind the last event that was looked at, wanted or not.</param>
/// <param name="AtEnd">Nothing more was there.</param>
public sealed record LogPage(IReadOnlyList<LoggedEvent> Events, LogPosition Next, bool AtEnd)
{
    /// <summary>How many events were looked at, wanted or not.</summary>
    public int Looked { get; init; } = Events.Count;
}

/// <summary>An event without what it says.</summary>
/// <param name="Person">The key of the id as sent.</param>
public sealed record LogKey(LogPosition Position, PersonKey Person, Origin Origin);

/// <param name="Next">Where the next page begins: behind the last event that was looked at, wanted or not.</param>
/// <param name="Looked">How many events were looked at, wanted or not.</param>
public sealed record LogKeyPage(IReadOnlyList<LogKey> Keys, LogPosition Next, int Looked);

/// <summary>A name under which events came, and how many.</summary>
public sealed record EventCount(string Name, long Count);

/// <summary>Reads a project's log in the order of arrival, as a consumer of a log does.</summary>
public interface IEventLog
{
    /// <summary>The newest place; <see cref="LogPosition.Start"/> while there is nothing.</summary>
    Task<LogPosition> EndAsync(string project, CancellationToken cancellationToken);

    /// <summary>Looks at the events behind a place, oldest first.</summary>
    /// <param name="limit">How many to look at.</param>
    /// <param name="names">Gives only events of these names; null for all.</param>
    Task<LogPage> ReadAsync(string project, LogPosition after, int limit, IReadOnlyCollection<string>? names, CancellationToken cancellationToken);

    /// <summary>The same of the keys alone: a page of events can weigh gigabytes.</summary>
    Task<LogKeyPage> ReadKeysAsync(string project, LogPosition after, int limit, IReadOnlyCollection<string>? names, CancellationToken cancellationToken);

    /// <summary>The events at these places, in the order of the places; what has been erased meanwhile is left out.</summary>
    Task<IReadOnlyList<LoggedEvent>> GetAsync(string project, IReadOnlyList<LogPosition> positions, CancellationToken cancellationToken);

    /// <summary>How many events of each name happened in a span of time, both ends in milliseconds since 1970, the later one excluded.</summary>
    Task<IReadOnlyList<EventCount>> CountAsync(string project, long from, long until, CancellationToken cancellationToken);
}
