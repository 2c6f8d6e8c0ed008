namespace Sluice.Core.Lookups;

/// <param name="Id">Mixpanel's id of the table, a UUID.</param>
/// <param name="Columns">The first is the key.</param>
public sealed record LookupTable(string Id, string Name, IReadOnlyList<string> Columns, long Rows, DateTimeOffset UpdatedAt);

/// <param name="Key">The value of the first column.</param>
/// <param name="Values">A JSON object: the other columns that have a value.</param>
public readonly record struct LookupRow(string Key, string Values);

/// <summary>Some rows of a table.</summary>
/// <param name="Columns">The first is the key.</param>
public sealed record LookupRowPage(long Generation, IReadOnlyList<string> Columns, IReadOnlyList<LookupRow> Rows);

/// <summary>A table on its way in. Readers see the one before it until it is finished.</summary>
public sealed record LookupLoad(string Project, string Id, long Generation)
{
    /// <summary>The table is passed on when it is finished.</summary>
    public bool IsForwarded { get; init; }
}

/// <summary>Tables that enrich events and profiles: a key and what belongs to it. A table is replaced whole or not at all.</summary>
/// <remarks>Whatever is asked for while the store can take no more throws <see cref="Cohorts.IntakeBusyException"/>.</remarks>
public interface ILookupTables
{
    Task<IReadOnlyList<LookupTable>> ListAsync(string project, CancellationToken cancellationToken);

    /// <summary>Begins to replace a table; makes it known when it is not.</summary>
    Task<LookupLoad> BeginAsync(string project, string id, CancellationToken cancellationToken);

    /// <summary>Adds some thousand rows.</summary>
    Task AddAsync(LookupLoad load, IReadOnlyList<LookupRow> rows, CancellationToken cancellationToken);

    /// <summary>From here on readers see the new rows.</summary>
    /// <returns>False when a newer load has been finished meanwhile: this one has no say any more. True also for whoever asks again, since they have not heard that it was finished.</returns>
    Task<bool> FinishAsync(LookupLoad load, IReadOnlyList<string> columns, long rows, CancellationToken cancellationToken);

    /// <summary>Takes back what was added: the load will not be finished.</summary>
    Task AbandonAsync(LookupLoad load, CancellationToken cancellationToken);

    /// <summary>A page of the rows that readers see, in the order of their keys' hashes.</summary>
    /// <param name="generation">What the first page told, so that all pages are of one table; null for the first.</param>
    /// <param name="after">The last key of the page before; null for the first.</param>
    /// <returns>Null when there is no such table, or another has taken its place meanwhile.</returns>
    Task<LookupRowPage?> ReadAsync(string project, string id, long? generation, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>What belongs to the keys; keys that the table does not have are left out.</summary>
    /// <param name="id">The id or the name of a table.</param>
    Task<IReadOnlyDictionary<string, string>> FindAsync(string project, string id, IReadOnlyCollection<string> keys, CancellationToken cancellationToken);

    /// <summary>Deletes some thousand rows that nobody sees any more.</summary>
    /// <returns>False when there are none left.</returns>
    Task<bool> ClearAsync(string project, CancellationToken cancellationToken);
}
