namespace Sluice.Mixpanel.Ingestion.Profiles;

/// <summary>What became of the updates of one body. Disposing it gives back the memory that the operands stand in.</summary>
/// <typeparam name="TUpdate"><see cref="ProfileUpdate"/> or <see cref="GroupUpdate"/>.</typeparam>
public sealed class UpdateBatch<TUpdate> : IDisposable
{
    private readonly ByteArena _arena;

    internal UpdateBatch(ByteArena arena) => _arena = arena;

    /// <summary>The accepted updates in the order of the body.</summary>
    public required IReadOnlyList<TUpdate> Updates { get; init; }

    /// <summary>The refused ones in the order of the body.</summary>
    public required IReadOnlyList<FailedRecord> Failed { get; init; }

    /// <summary>How many records the body had.</summary>
    public required int Received { get; init; }

    /// <summary>How many names and texts of accepted updates were cut.</summary>
    public required int Truncated { get; init; }

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();
}
