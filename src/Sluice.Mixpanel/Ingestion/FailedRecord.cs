namespace Sluice.Mixpanel.Ingestion;

/// <summary>A record that cannot be used. The others of its body can.</summary>
public sealed record FailedRecord
{
    /// <summary>The place of the record in the body, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The event's insert id where it can be read, otherwise null.</summary>
    public string? InsertId { get; init; }

    /// <summary>What is wrong, as a path like <c>properties.time</c>; empty when it is the record itself.</summary>
    public required string Field { get; init; }

    /// <summary>Why it is wrong.</summary>
    public required string Message { get; init; }

    /// <summary>The record as received: a part of the parsed body, neither copied nor known to be UTF-8.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }
}
