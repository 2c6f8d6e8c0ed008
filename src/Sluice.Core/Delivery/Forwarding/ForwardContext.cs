using Sluice.Core.Events;

namespace Sluice.Core.Delivery.Forwarding;

/// <summary>What the lines of one worker share: the lease they work under, the ports, and how they write.</summary>
internal sealed class ForwardContext(
    string project, ForwardScope scope, Lease lease, IForwarding forwarding, IEventLog log, IForwardDestination destination, ForwardOptions options, TimeProvider time,
    Func<double> random, ForwardRun run, CancellationToken calling)
{
    private static readonly TimeSpan StoreRest = TimeSpan.FromMilliseconds(500);

    public string Project { get; } = project;

    public ForwardScope Scope { get; } = scope;

    public IEventLog Log { get; } = log;

    public IForwardDestination Destination { get; } = destination;

    public ForwardOptions Options { get; } = options;

    public ForwardRun Run { get; } = run;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Ends what is under way a while after the lines were told to stop, or at once when the lease is lost.</summary>
    public CancellationToken Calling { get; } = calling;

    public Backoff NewBackoff() => new(Options, time, random);

    public Task<T> ReadAsync<T>(Func<IForwarding, CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        PatientlyAsync(token => read(forwarding, token), cancellationToken);

    public Task OpenAsync(CancellationToken cancellationToken) => PatientlyAsync(
        async token =>
        {
            await forwarding.OpenAsync(Project, lease, token);
            return true;
        },
        cancellationToken);

    public Task<IReadOnlyList<ForwardRow>> BeginCallAsync(IReadOnlyList<ForwardRow> rows, CancellationToken cancellationToken) =>
        PatientlyAsync(token => forwarding.BeginCallAsync(Project, lease, rows, token), cancellationToken);

    /// <summary>Writes what became of calls: also when the lines are stopping.</summary>
    public Task CommitAsync(ForwardChanges changes) => PatientlyAsync(
        async token =>
        {
            await forwarding.CommitAsync(Project, lease, changes, token);
            return true;
        },
        Calling);

    /// <summary>Asks the store until it answers: while the lease lasts, what is known of calls is not thrown away over a store that is busy.</summary>
    public async Task<T> PatientlyAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await work(cancellationToken);
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(StoreRest, time, cancellationToken);
            }
        }
    }
}
