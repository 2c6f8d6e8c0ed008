namespace Sluice.Mixpanel.Ingestion.Events;

/// <summary>What became of the events of one body. Disposing it gives back the memory that the properties stand in.</summary>
public sealed class EventBatch : IDisposable
{
    private readonly ByteArena _arena;

    internal EventBatch(ByteArena arena) => _arena = arena;

    /// <summary>The accepted events in the order of the body.</summary>
    public required IReadOnlyList<MixpanelEvent> Events { get; init; }

    /// <summary>The refused ones in the order of the body.</summary>
    public required IReadOnlyList<FailedRecord> Failed { get; init; }

    /// <summary>How many records the body had.</summary>
    public required int Received { get; init; }

    /// <summary>How many were dropped because they carry <c>$ignore</c>.</summary>
    public required int Ignored { get; init; }

    /// <summary>How many identity events were dropped because the project is simplified; only with <see cref="EventRules.Track"/>.</summary>
    public required int IdentityIgnored { get; init; }

    /// <summary>How many accepted events are older than <c>/track</c> takes at Mixpanel; only with <see cref="EventRules.Track"/>.</summary>
    public required int Late { get; init; }

    /// <summary>How many names and texts of accepted events were cut.</summary>
    public required int Truncated { get; init; }

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();
}
