namespace Sluice.Client;

/// <summary>One execution of a sync.</summary>
/// <param name="Id">Names the run.</param>
/// <param name="Destination">Where it wrote to.</param>
/// <param name="ListId">Brevo's id of the list; null when it was about several, or none.</param>
/// <param name="Kind"><c>walk</c>, <c>change</c>, <c>events</c>, <c>companies</c>, <c>forward</c>, <c>sync</c>, or <c>pull</c> with the name of what was fetched.</param>
/// <param name="State"><c>running</c>, <c>done</c>, <c>held</c> or <c>failed</c>.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended; null while it runs.</param>
/// <param name="Counts">What was done, by name.</param>
/// <param name="Note">What a person should know; null when nothing.</param>
public sealed record Run(
    string Id, string Destination, long? ListId, string Kind, string State, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, IReadOnlyDictionary<string, long> Counts,
    string? Note);

/// <summary>What was sent, and what became of it.</summary>
public sealed class RunsApi
{
    private readonly Transport _transport;

    internal RunsApi(Transport transport) => _transport = transport;

    /// <summary>Runs, newest first.</summary>
    /// <param name="cancellationToken">Ends the calls.</param>
    public IAsyncEnumerable<Run> ListAsync(CancellationToken cancellationToken = default) =>
        _transport.AllAsync("/runs?limit=200", ClientJson.Default.Runs, p => (p.Items, p.NextCursor), cancellationToken);
}

/// <summary>A record that was refused for good and waits for a person.</summary>
/// <param name="Id">Names the letter.</param>
/// <param name="State"><c>open</c>, <c>retried</c> or <c>resolved</c>.</param>
/// <param name="Origin">Where it was refused.</param>
/// <param name="Reason">Why, as a stable code.</param>
/// <param name="Detail">Why, in words.</param>
/// <param name="Subject">What it is about; null where that cannot be told.</param>
/// <param name="Payload">The record, or its beginning.</param>
/// <param name="CreatedAt">When it was refused.</param>
public sealed record DeadLetter(string Id, string State, string Origin, string Reason, string Detail, string? Subject, string Payload, DateTimeOffset CreatedAt);

/// <summary>Records that were refused for good.</summary>
public sealed class DeadLettersApi
{
    private readonly Transport _transport;

    internal DeadLettersApi(Transport transport) => _transport = transport;

    /// <summary>Dead letters, newest first.</summary>
    /// <param name="state"><c>open</c>, <c>retried</c>, <c>resolved</c> or <c>all</c>.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    public IAsyncEnumerable<DeadLetter> ListAsync(string state = "open", CancellationToken cancellationToken = default) =>
        _transport.AllAsync(
            $"/dead-letters?limit=200&state={Uri.EscapeDataString(state)}", ClientJson.Default.DeadLetters, p => (p.Items, p.NextCursor), cancellationToken);

    /// <summary>Lets letters be tried again.</summary>
    /// <param name="ids">Which ones; 1 to 1,000.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>How many open letters were found.</returns>
    public Task<int> RetryAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken = default) => RetryAsync(new RetryBody(ids, false), cancellationToken);

    /// <summary>Lets all open letters be tried again.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>How many there were.</returns>
    public Task<int> RetryAllAsync(CancellationToken cancellationToken = default) => RetryAsync(new RetryBody(null, true), cancellationToken);

    /// <summary>Resolves letters; nothing is tried again.</summary>
    /// <param name="ids">Which ones; 1 to 1,000.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>How many open letters were found.</returns>
    public async Task<int> DropAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken = default) =>
        (await _transport.SendAsync(
            HttpMethod.Post, "/dead-letters/drop", new DropBody(ids), ClientJson.Default.DropBody, ClientJson.Default.Dropped, Repeating.UnderKey, TimeSpan.Zero,
            cancellationToken)).Count;

    private async Task<int> RetryAsync(RetryBody body, CancellationToken cancellationToken) =>
        (await _transport.SendAsync(
            HttpMethod.Post, "/dead-letters/retry", body, ClientJson.Default.RetryBody, ClientJson.Default.Retried, Repeating.UnderKey, TimeSpan.Zero,
            cancellationToken)).Count;
}
