using System.Threading.Channels;
using Sluice.Core.Delivery.Worker;
using Sluice.Core.Events;

namespace Sluice.Core.Delivery.Forwarding;

/// <summary>One kind of work of the forwarding worker.</summary>
internal interface IForwardLine
{
    string Name { get; }

    /// <returns>False when there was nothing to do.</returns>
    Task<bool> StepAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Passes on what one project has received, alone and under a lease of its own: events, updates and lookup tables, a line each.
/// </summary>
/// <param name="random">Gives numbers from 0 to 1.</param>
public sealed class ForwardWorker(
    string project, ForwardScope scope, IForwardDestination destination, IForwarding forwarding, IEventLog log, ILeases leases, ForwardOptions options, TimeProvider time,
    Func<double> random, string owner, Action<Exception> report)
{
    private const int Lines = 4;

    private readonly Channel<bool>[] _wakes =
        [.. Enumerable.Range(0, Lines).Select(_ => Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }))];

    /// <summary>Something has come: look now.</summary>
    public void Wake()
    {
        foreach (var wake in _wakes)
        {
            wake.Writer.TryWrite(true);
        }
    }

    public Task RunAsync(CancellationToken cancellationToken) => LeasedLoop.RunAsync(
        leases, $"forward/{project}/{destination.Name}", owner, options.LeaseLength, WorkAsync, time, report, cancellationToken);

    private async Task WorkAsync(Lease lease, CancellationToken stopping)
    {
        await using var keeper = new LeaseKeeper(leases, lease, options.LeaseLength, time, stopping);
        using var lines = CancellationTokenSource.CreateLinkedTokenSource(keeper.Token);

        // Calls under way have a while to end when the program stops, and none when the lease is lost.
        using var calling = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        await using var ending = keeper.Token.Register(() => calling.CancelAfter(stopping.IsCancellationRequested ? options.StopLimit : TimeSpan.Zero));
        var run = new ForwardRun(options, time);
        var context = new ForwardContext(project, scope, lease, forwarding, log, destination, options, time, random, run, calling.Token);
        await context.OpenAsync(keeper.Token);
        if (await context.ReadAsync((f, token) => f.CursorAsync(project, token), keeper.Token) is not { } cursor)
        {
            // A node that was started since passes nothing on: from where to go on is no longer known, and from the beginning would be wrong.
            throw new LeaseLostException();
        }

        List<IForwardLine> all = [new EventLine(context, cursor)];
        if (scope.Received)
        {
            all.AddRange([new OperationLine(context, ForwardWay.Profiles), new OperationLine(context, ForwardWay.Groups), new LookupLine(context)]);
        }

        try
        {
            var work = all.Select((line, i) => LoopAsync(line, _wakes[i], lines.Token)).Append(SaveAsync(context, lines.Token)).ToList();
            var first = await Task.WhenAny(work);

            // One that fails ends all: the worker begins anew.
            await lines.CancelAsync();
            await Task.WhenAll(work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await first;
        }
        finally
        {
            if (stopping.IsCancellationRequested && run.Due(stopping: true) is { } last)
            {
                await context.CommitAsync(new ForwardChanges { Run = last });
            }
        }
    }

    private async Task LoopAsync(IForwardLine line, Channel<bool> wake, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await line.StepAsync(cancellationToken))
            {
                continue;
            }

            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(Task.Delay(options.Idle, time, waiting.Token), wake.Reader.WaitToReadAsync(waiting.Token).AsTask());
            await waiting.CancelAsync();
            if (wake.Reader.TryRead(out _))
            {
                await Task.Delay(options.Gather, time, cancellationToken);
            }
        }
    }

    /// <summary>Keeps the run up to date, whatever the lines are waiting for.</summary>
    private async Task SaveAsync(ForwardContext context, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken);
            if (context.Run.Due(stopping: false) is { } run)
            {
                await context.CommitAsync(new ForwardChanges { Run = run });
            }
        }
    }
}
