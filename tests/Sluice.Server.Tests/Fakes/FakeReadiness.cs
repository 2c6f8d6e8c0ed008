using Sluice.Core.Projects;

namespace Sluice.Server.Tests.Fakes;

internal sealed class FakeReadiness : IReadiness
{
    private int _asked;

    public Func<CancellationToken, ValueTask<Readiness>> Answer { get; set; } = _ => ValueTask.FromResult(Ready);

    public int Asked => _asked;

    public static Readiness Ready { get; } = new(
        [new ReadinessCheck("store", Ready: true, "ok"), new ReadinessCheck("migrations", Ready: true, "done")]);

    public ValueTask<Readiness> CheckAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        return Answer(cancellationToken);
    }
}
