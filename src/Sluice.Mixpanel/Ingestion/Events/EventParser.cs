using System.Diagnostics.CodeAnalysis;

namespace Sluice.Mixpanel.Ingestion.Events;

/// <summary>Reads the bodies that Mixpanel's clients send to <c>/import</c> and <c>/track</c>. One instance may read many at a time.</summary>
/// <seealso href="https://developer.mixpanel.com/reference/import-events"/>
/// <seealso href="https://developer.mixpanel.com/reference/track-event"/>
public sealed class EventParser
{
    private readonly EventParserOptions _options;

    /// <summary>Creates a parser.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit cannot be one.</exception>
    public EventParser(EventParserOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
    }

    /// <summary>Reads one body: a JSON list of events, one event, or one event a line.</summary>
    /// <param name="body">The whole body, after any content encoding was undone. <see cref="FailedRecord.Payload"/> keeps parts of it.</param>
    /// <param name="now">The time of arrival.</param>
    /// <param name="batch">What became of the events. The caller disposes it.</param>
    /// <param name="failure">Why the body as a whole cannot be used.</param>
    /// <returns>Whether there is a batch; otherwise there is a failure, and nothing of the body may be stored.</returns>
    public bool TryParse(
        ReadOnlyMemory<byte> body,
        DateTimeOffset now,
        [NotNullWhen(true)] out EventBatch? batch,
        [NotNullWhen(false)] out BodyFailure? failure)
    {
        batch = null;
        body = _options.Rules == EventRules.Track ? SurrogateMending.Mend(body) : body;
        var records = new List<RecordPlace>();
        failure = _options.FailsOneByOne
            ? RecordSplitter.SplitLines(body.Span, start: 0, _options.Limits.MaxRecords, records, failsOneByOne: true)
            : RecordSplitter.Split(body.Span, _options.Limits.MaxRecords, records);
        if (failure is null)
        {
            using var reader = new EventReader(_options, now, body.Length, records.Count);
            batch = reader.Read(body, records, out failure);
        }

        return failure is null;
    }
}
