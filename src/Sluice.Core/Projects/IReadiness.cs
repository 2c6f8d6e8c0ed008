namespace Sluice.Core.Projects;

/// <summary>Tells whether this program can do its work: its store is reachable, its migrations are done.</summary>
public interface IReadiness
{
    ValueTask<Readiness> CheckAsync(CancellationToken cancellationToken);
}

/// <summary>What was found, in the order in which it is shown.</summary>
public sealed record Readiness(IReadOnlyList<ReadinessCheck> Checks)
{
    public bool IsReady => Checks.All(check => check.Ready);
}

/// <param name="Name">A short name, for instance <c>store</c>; shown to whoever asks, so it holds no secret.</param>
/// <param name="State">A word or two, for instance <c>ok</c> or <c>unreachable</c>; shown as well.</param>
public sealed record ReadinessCheck(string Name, bool Ready, string State);
