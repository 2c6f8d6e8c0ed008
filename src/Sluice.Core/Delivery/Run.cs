namespace Sluice.Core.Delivery;

/// <summary>One execution of a sync, with its counts, its errors and its duration.</summary>
/// <param name="List">Null when it was about several lists.</param>
/// <param name="Kind"><c>walk</c> over a whole list, <c>change</c> of a few people, <c>events</c>, <c>companies</c>, <c>forward</c>, <c>pull</c> with the job's name, <c>sync</c> that somebody asked for.</param>
/// <param name="State"><c>running</c>, <c>done</c>, <c>held</c>, <c>failed</c>.</param>
public sealed record Run(
    string Id, long? List, string Kind, string State, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, IReadOnlyDictionary<string, long> Counts, string? Note)
{
    /// <summary>Whose run it was; only told when it is read.</summary>
    public string Destination { get; init; } = "";
}

public interface IRuns
{
    Task<IReadOnlyList<Run>> ListAsync(string project, int limit, CancellationToken cancellationToken);

    /// <summary>Writes a run that is no worker's: what became of something that somebody asked for.</summary>
    /// <param name="run">With the name of its destination.</param>
    Task WriteAsync(string project, Run run, CancellationToken cancellationToken);
}
