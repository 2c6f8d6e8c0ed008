using Sluice.Core.Identity;

namespace Sluice.Core.Events;

/// <summary>Where a record came from. It is never sent back there.</summary>
public enum Origin
{
    /// <summary>A client sent it to us.</summary>
    Received = 0,

    /// <summary>We fetched it from Mixpanel.</summary>
    Pulled = 1,

    /// <summary>A destination told us.</summary>
    Destination = 2,

    /// <summary>It came from another Sluice.</summary>
    Forwarded = 3,
}

/// <summary>One event, checked and ready to be stored.</summary>
/// <param name="Time">Milliseconds since 1970, UTC.</param>
/// <param name="DistinctId">The id that the event's own fields resolve to, before any merge. Empty: nobody's event.</param>
/// <param name="InsertId">Null when the client gave none: such an event is never taken for a copy of another.</param>
/// <param name="Properties">A compact JSON object in UTF-8, valid until the batch is stored.</param>
public readonly record struct EventRecord(string Name, long Time, string DistinctId, string? InsertId, ReadOnlyMemory<byte> Properties)
{
    /// <summary>Where it came from, for a project that is passed on: kept apart from the event, and only until that is done.</summary>
    public string? Address { get; init; }
}

/// <summary>The events of one request, which are stored together.</summary>
/// <param name="Claims">What the events say about which ids are one person.</param>
public sealed record EventBatch(
    string Project, Origin Origin, IdentityMode Mode, IReadOnlyList<EventRecord> Events, IReadOnlyList<IdentityClaim> Claims)
{
    /// <summary>
    /// An event with the same name, time and insert id is the same event whoever it is stored for: for those whose person we look up, and
    /// may find to be another one the next time.
    /// </summary>
    public bool IsKnownByInsertId { get; init; }
}

/// <param name="Batch">Where the events stand in the project's log; 0 when nothing was stored.</param>
/// <param name="Duplicates">Events that were there already: the first copy stays.</param>
/// <param name="Fresh">The places, in what was given, of the events that were stored, in order.</param>
public sealed record EventAppendOutcome(long Batch, int Stored, int Duplicates, IReadOnlyList<int> Fresh)
{
    /// <summary>The places, in what was given, of the events of erased people: they are acknowledged and not kept.</summary>
    public IReadOnlyList<int> Erased { get; init; } = [];
}
