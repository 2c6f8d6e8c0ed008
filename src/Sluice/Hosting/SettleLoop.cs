using System.Threading.Channels;
using Sluice.Core.Cohorts;
using Sluice.Core.Delivery;
using Sluice.Core.Lookups;

namespace Sluice.Hosting;

/// <summary>Lets history and destinations follow what the webhook has taken: at once when it was taken here, soon when another node took it.</summary>
internal sealed class SettleLoop(string project, ISettling settling, ILookupTables lookups, Action settled, TimeProvider time, Action<Exception> report)
{
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ClearEvery = TimeSpan.FromHours(6);

    // Soon: a node that is restarted, or whose settings change, more often than every six hours has to clear too.
    private static readonly TimeSpan FirstClear = TimeSpan.FromMinutes(5);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private DateTimeOffset _clearAt = time.GetUtcNow() + FirstClear;

    public void Wake() => _wake.Writer.TryWrite(true);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (await settling.SettleAsync(project, cancellationToken))
                {
                    settled();
                    continue;
                }

                if (time.GetUtcNow() >= _clearAt)
                {
                    _clearAt = time.GetUtcNow() + ClearEvery;
                    await settling.ClearAsync(project, cancellationToken);
                    while (await lookups.ClearAsync(project, cancellationToken))
                    {
                        // Slice after slice.
                    }
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                report(e);
            }

            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(Task.Delay(Idle, time, waiting.Token), _wake.Reader.WaitToReadAsync(waiting.Token).AsTask());
            _wake.Reader.TryRead(out _);
            await waiting.CancelAsync();
        }
    }
}

/// <summary>Wakes who follows the webhook, after the commit.</summary>
internal sealed class WakingIntake(ICohortIntake inner, Action<string> taken) : ICohortIntake
{
    public async Task<CohortPageOutcome> ApplyAsync(CohortPage page, CancellationToken cancellationToken)
    {
        var outcome = await inner.ApplyAsync(page, cancellationToken);
        taken(page.Project);
        return outcome;
    }

    public Task<long> BeginAsync(string project, string cohort, string session, Lease? lease, CancellationToken cancellationToken) =>
        inner.BeginAsync(project, cohort, session, lease, cancellationToken);

    public Task AbandonAsync(string project, string cohort, string session, CancellationToken cancellationToken) =>
        inner.AbandonAsync(project, cohort, session, cancellationToken);
}
