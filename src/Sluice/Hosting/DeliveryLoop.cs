using Sluice.Core.Delivery.Worker;

namespace Sluice.Hosting;

/// <summary>
/// Delivers for the lists of the config, and for one more while somebody asks for it: the worker knows its lists from its beginning, so
/// another one takes its place for that time. What it had begun lies in the ledger, and the next one goes on with it.
/// </summary>
internal sealed class DeliveryLoop(Func<WorkerTarget, DeliveryWorker> make, WorkerTarget target)
{
    private readonly Turns _oneMore = new();
    private readonly Lock _lock = new();
    private DeliveryWorker _worker = make(target);
    private CancellationTokenSource? _turn;

    /// <summary>Something has changed: look now.</summary>
    public void Wake() => Volatile.Read(ref _worker).Wake();

    /// <summary>The destination says that a job has ended.</summary>
    public void JobEnded(string token) => Volatile.Read(ref _worker).JobEnded(token);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            using var turn = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            DeliveryWorker worker;
            lock (_lock)
            {
                _turn = turn;
                worker = _worker;
            }

            try
            {
                await worker.RunAsync(turn.Token);
            }
            catch (OperationCanceledException) when (turn.IsCancellationRequested)
            {
                // Another one's turn, or the end.
            }
            finally
            {
                lock (_lock)
                {
                    _turn = null;
                }
            }
        }
    }

    /// <summary>Does something while the list of this target is kept in step too, before the others. One at a time.</summary>
    public async Task<T> WithAsync<T>(ListTarget one, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        await _oneMore.WaitAsync(cancellationToken);
        try
        {
            Become(target with { Lists = [one, .. target.Lists] });
            return await work();
        }
        finally
        {
            Become(target);
            _oneMore.Release();
        }
    }

    private void Become(WorkerTarget next)
    {
        lock (_lock)
        {
            _worker = make(next);
            _turn?.Cancel();
        }
    }
}
