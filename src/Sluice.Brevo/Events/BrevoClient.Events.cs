namespace Sluice.Brevo;

public sealed partial class BrevoClient
{
    /// <summary>
    /// Stores one custom event. Brevo knows no repetition: the same event sent twice is stored twice, and may start what hangs on it twice.
    /// </summary>
    /// <param name="item">The event. Its contact should exist: whether Brevo keeps events of others is not documented.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when it is stored.</returns>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/create-event"/>
    public Task CreateEventAsync(BrevoEvent item, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(item);
        var buffer = new PooledBuffer(item.ByteCount);
        buffer.Write(item.Json);
        return _transport.WriteAsync(BrevoEndpoints.EventsCreate, "/events", new BrevoContent(buffer), cancellationToken);
    }

    /// <summary>Hands over up to 200 custom events, which Brevo stores a little later. It knows no repetition here either.</summary>
    /// <param name="batch">The events.</param>
    /// <param name="form">How they are written. An account that still wants the bare list answers the object with a 400 that says so.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>How many were taken, and which are known to be refused: fewer may have been taken than were sent, without a word on which.</returns>
    /// <exception cref="ArgumentException">The batch is empty.</exception>
    /// <exception cref="BrevoException">See the remarks of the class. A refusal is of the whole batch.</exception>
    /// <seealso href="https://developers.brevo.com/reference/create-batch-events"/>
    public Task<BrevoEventBatchResult> CreateEventsAsync(
        BrevoEventBatch batch, BrevoEventBatchForm form = BrevoEventBatchForm.Wrapped, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return _transport.SendAsync(BrevoEndpoints.EventsBatch, "/events/batch", batch.ToContent(form), ReadBatch, cancellationToken);
    }

    /// <summary>Reads one page of stored custom events, newest first.</summary>
    /// <param name="query">Which events and which page.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The page, with the count of all.</returns>
    /// <exception cref="ArgumentException">Limit or offset are out of range.</exception>
    /// <exception cref="BrevoException">See the remarks of the class.</exception>
    /// <seealso href="https://developers.brevo.com/reference/get-events"/>
    public Task<BrevoPage<BrevoStoredEvent>> GetEventsAsync(BrevoEventQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return PageAsync(
            _transport.ReadAsync(BrevoEndpoints.EventsList, query.ToPath(), null, BrevoReadContext.Default.EventsAnswer, cancellationToken),
            answer => (answer.Events, answer.Count));
    }

    // 202 counts what was queued; an older answer, 207, names what was refused.
    private static BrevoEventBatchResult ReadBatch(int status, ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
        {
            return new BrevoEventBatchResult(null, []);
        }

        var answer = BrevoTransport.Parse(BrevoEndpoints.EventsBatch, status, body, BrevoReadContext.Default.EventBatchAnswer);
        var refused = (answer.Errors ?? [])
            .SelectMany(e => (e.EventIndex ?? []).Select(i => new BrevoRefusedEvent((int)Math.Clamp(i, 0, int.MaxValue), Redaction.Clean(e.Message, 300))))
            .DistinctBy(r => r.Index);
        return new BrevoEventBatchResult(answer.SuccessfulEvents ?? answer.Count, [.. refused]);
    }
}
