namespace Sluice.Mixpanel.Ingestion;

/// <summary>A body that was refused as a whole. Nothing of it may be stored.</summary>
public sealed record BodyFailure
{
    internal BodyFailure(BodyFailureKind kind, string message)
    {
        Kind = kind;
        Message = message;
    }

    /// <summary>Why the body was refused.</summary>
    public BodyFailureKind Kind { get; }

    /// <summary>The HTTP status of an answer that tells failures by it; <c>/track</c> and <c>/engage</c> answer 200 all the same.</summary>
    /// <value>413 when there are too many records, because clients then send smaller batches; otherwise 400.</value>
    public int StatusCode => Kind == BodyFailureKind.TooManyRecords ? 413 : 400;

    /// <summary>What is wrong, without anything that the records carry.</summary>
    public string Message { get; }
}
