namespace Sluice.Destinations.Mixpanel.Budgets;

/// <summary>Wakes those who wait for a place when a call of this node has ended.</summary>
internal sealed class PlaceSignal(TimeProvider time)
{
    private TaskCompletionSource _next = New();

    /// <summary>Ends with the next call. Taken before the book is asked, so that no end in between is missed.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Raise() => Interlocked.Exchange(ref _next, New()).SetResult();

    public async Task WaitAsync(Task signal, TimeSpan most, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(signal, Task.Delay(most, time, stop.Token));
        await stop.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
