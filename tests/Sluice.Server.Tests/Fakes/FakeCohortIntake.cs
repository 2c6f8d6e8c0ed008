using System.Collections.Concurrent;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;

namespace Sluice.Server.Tests.Fakes;

/// <summary>Keeps pages in memory and answers as a test says.</summary>
internal sealed class FakeCohortIntake : ICohortIntake
{
    private readonly ConcurrentQueue<CohortPage> _pages = new();

    /// <summary>Every page that was applied to its end.</summary>
    public IReadOnlyList<CohortPage> Applied => [.. _pages];

    public Func<CohortPage, CancellationToken, Task<CohortPageOutcome>> Answer { get; set; } = (_, _) => Task.FromResult(Outcome());

    public int Started => _started;

    private int _started;

    public async Task<CohortPageOutcome> ApplyAsync(CohortPage page, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _started);
        var outcome = await Answer(page, cancellationToken);
        _pages.Enqueue(page);
        return outcome;
    }

    // Nobody whom the server answers begins a session before its first page.
    public Task<long> BeginAsync(string project, string cohort, string session, Lease? lease, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task AbandonAsync(string project, string cohort, string session, CancellationToken cancellationToken) => throw new NotSupportedException();

    public static CohortPageOutcome Outcome(CohortPageEffect effect = CohortPageEffect.Applied, string? warning = null) =>
        new(effect, Number: 1, Finished: true, Swapped: true, warning);
}
