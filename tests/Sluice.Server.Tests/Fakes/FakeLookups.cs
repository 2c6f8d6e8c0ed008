using System.Collections.Concurrent;
using Sluice.Core.Lookups;

namespace Sluice.Server.Tests.Fakes;

/// <summary>Keeps lookup tables in memory; what was not finished is seen by nobody.</summary>
internal sealed class FakeLookups : ILookupTables
{
    private readonly ConcurrentDictionary<LookupLoad, List<LookupRow>> _loads = new();
    private long _generation;

    public ConcurrentDictionary<(string Project, string Id), (LookupTable Table, IReadOnlyList<LookupRow> Rows)> Tables { get; } = new();

    public List<int> Slices { get; } = [];

    public Func<Task> BeforeAdd { get; set; } = () => Task.CompletedTask;

    public Task<IReadOnlyList<LookupTable>> ListAsync(string project, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<LookupTable>>(
            [.. Tables.Where(t => t.Key.Project == project).Select(t => t.Value.Table).OrderBy(t => t.Id, StringComparer.Ordinal)]);

    public Task<LookupLoad> BeginAsync(string project, string id, CancellationToken cancellationToken)
    {
        var load = new LookupLoad(project, id, Interlocked.Increment(ref _generation));
        _loads[load] = [];
        return Task.FromResult(load);
    }

    public async Task AddAsync(LookupLoad load, IReadOnlyList<LookupRow> rows, CancellationToken cancellationToken)
    {
        await BeforeAdd();
        Slices.Add(rows.Count);
        _loads[load].AddRange(rows);
    }

    public Task<bool> FinishAsync(LookupLoad load, IReadOnlyList<string> columns, long rows, CancellationToken cancellationToken)
    {
        _loads.TryRemove(load, out var loaded);
        Tables[(load.Project, load.Id)] = (new LookupTable(load.Id, load.Id, columns, rows, DateTimeOffset.UnixEpoch), loaded!);
        return Task.FromResult(true);
    }

    /// <summary>Loads that were begun and neither finished nor abandoned.</summary>
    public int Open => _loads.Count;

    public Task AbandonAsync(LookupLoad load, CancellationToken cancellationToken)
    {
        _loads.TryRemove(load, out _);
        return Task.CompletedTask;
    }

    public Task<LookupRowPage?> ReadAsync(string project, string id, long? generation, string? after, int limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The receiver never reads a table.");

    public Task<IReadOnlyDictionary<string, string>> FindAsync(
        string project, string id, IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The endpoint looks nothing up.");

    public Task<bool> ClearAsync(string project, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The endpoint clears nothing.");
}
