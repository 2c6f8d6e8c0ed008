using Sluice.Core.Events;

namespace Sluice.Server.Tests.Fakes;

/// <summary>Adds counts up in memory, and fails as a test says.</summary>
internal sealed class FakeCounts : IIntakeCounts
{
    private readonly Lock _lock = new();
    private readonly List<IntakeCount> _counts = [];

    public Func<Task> Before { get; set; } = () => Task.CompletedTask;

    public int Calls { get; private set; }

    /// <summary>What is counted altogether, a line each: project, way, outcome, name, records.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return
                [
                    .. _counts.GroupBy(c => $"{c.Project} {c.Way} {c.Outcome} {c.Name}").Select(g => $"{g.Key}: {g.Sum(c => c.Records)}")
                        .Order(StringComparer.Ordinal),
                ];
            }
        }
    }

    public IReadOnlyList<IntakeCount> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _counts];
            }
        }
    }

    public async Task AddAsync(IReadOnlyList<IntakeCount> counts, CancellationToken cancellationToken)
    {
        Calls++;
        await Before();
        lock (_lock)
        {
            _counts.AddRange(counts);
        }
    }

    public Task<IReadOnlyList<IntakeCount>> ListAsync(string project, DateTimeOffset since, DateTimeOffset until, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The monitor only counts.");

    public Task<IReadOnlyList<IntakeCount>> SumAsync(string project, DateTimeOffset since, DateTimeOffset until, CancellationToken cancellationToken) =>
        throw new NotSupportedException("The monitor only counts.");
}
