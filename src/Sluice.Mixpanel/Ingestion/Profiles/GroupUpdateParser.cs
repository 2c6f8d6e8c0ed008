using System.Diagnostics.CodeAnalysis;

namespace Sluice.Mixpanel.Ingestion.Profiles;

/// <summary>Reads the bodies that Mixpanel's clients send to <c>/groups</c>. One instance may read many at a time.</summary>
/// <seealso href="https://developer.mixpanel.com/reference/group-batch-update"/>
public sealed class GroupUpdateParser
{
    private readonly IngestionLimits _limits;

    /// <summary>Creates a parser.</summary>
    /// <param name="limits">How much a body and an update may hold; null means <see cref="IngestionLimits.Profiles"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit cannot be one.</exception>
    public GroupUpdateParser(IngestionLimits? limits = null)
    {
        _limits = limits ?? IngestionLimits.Profiles;
        _limits.Validate();
    }

    /// <summary>Reads one body: a JSON list of updates, one update, or one update a line.</summary>
    /// <param name="body">The whole body. <see cref="FailedRecord.Payload"/> keeps parts of it.</param>
    /// <param name="batch">What became of the updates. The caller disposes it.</param>
    /// <param name="failure">Why the body as a whole cannot be used.</param>
    /// <returns>Whether there is a batch; otherwise there is a failure, and nothing of the body may be applied.</returns>
    public bool TryParse(
        ReadOnlyMemory<byte> body,
        [NotNullWhen(true)] out UpdateBatch<GroupUpdate>? batch,
        [NotNullWhen(false)] out BodyFailure? failure)
    {
        batch = Reader.Read(body, _limits, arena => new Reader(_limits, arena), out failure);
        return batch is not null;
    }

    private sealed class Reader(IngestionLimits limits, ByteArena arena)
        : UpdateReader<GroupUpdate>(limits, ofGroups: true, arena)
    {
        protected override GroupUpdate Build(
            int index, ReadOnlySpan<byte> json, PropertyOperation[] operations, ref RecordProblem? problem) => new()
            {
                Index = index,
                Token = Fields.Id(json, UpdateKey.Token, ref problem),
                GroupKey = Fields.Id(json, UpdateKey.GroupKey, ref problem),
                GroupId = Fields.Id(json, UpdateKey.GroupId, ref problem),
                TimeMs = Fields.TimeMs(json),
                IgnoreTime = Fields.IsTrue(json, UpdateKey.IgnoreTime),
                Operations = operations,
            };
    }
}
