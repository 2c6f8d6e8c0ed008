namespace Sluice.Mixpanel.Ingestion.Events;

/// <summary>One event that was accepted.</summary>
public readonly struct MixpanelEvent
{
    private readonly ByteArena _arena;
    private readonly int _start;
    private readonly int _length;

    internal MixpanelEvent(ByteArena arena, int start, int length)
    {
        _arena = arena;
        _start = start;
        _length = length;
    }

    /// <summary>The place of the event in the body, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The event's name.</summary>
    public required string Name { get; init; }

    /// <summary>What the event says about ids.</summary>
    public required EventKind Kind { get; init; }

    /// <summary>When it happened, in milliseconds since 1970. A time in the future, or none, became the time of arrival.</summary>
    public required long TimeMs { get; init; }

    /// <summary>
    /// The time as sent, in milliseconds since 1970, or null when none was. Unlike <see cref="TimeMs"/> it is the same when the
    /// event is sent again.
    /// </summary>
    public required long? SentTimeMs { get; init; }

    /// <summary>The id that the event's own fields resolve to; empty when the event is nobody's.</summary>
    public required string DistinctId { get; init; }

    /// <summary>The anonymous id without <c>$device:</c>, only in simplified projects.</summary>
    public string? DeviceId { get; init; }

    /// <summary>The identified id, only in simplified projects.</summary>
    public string? UserId { get; init; }

    /// <summary>The insert id; null when none was sent: such an event is never taken for a copy.</summary>
    public string? InsertId { get; init; }

    /// <summary>The project token that the event carries, or null.</summary>
    public string? Token { get; init; }

    /// <summary>The IP address for the geolocation, as sent, or null. It is not among the properties: Mixpanel never keeps it.</summary>
    public string? Ip { get; init; }

    /// <summary>For an identity event, the id that stays; otherwise null. See <see cref="EventKind"/>.</summary>
    public string? Id { get; init; }

    /// <summary>For an identity event, the id that joins it; otherwise null. See <see cref="EventKind"/>.</summary>
    public string? OtherId { get; init; }

    /// <summary>How many names and texts of it were cut.</summary>
    public int Truncated { get; init; }

    /// <summary>The properties as Mixpanel would keep them, valid until the batch is disposed.</summary>
    /// <value>
    /// One compact JSON object in UTF-8, each name once. <c>distinct_id</c> is the resolved one, and in simplified projects so are
    /// <c>$device_id</c> and <c>$user_id</c>. The token, the time, the IP address and what Mixpanel's servers add are not in it.
    /// </value>
    public ReadOnlyMemory<byte> Properties => _arena.Slice(_start, _length);
}
