namespace Sluice.Core.Delivery.Worker;

/// <summary>Asks for a lease again and again, and works whenever it is had: on one node at a time, and on another soon after one has died.</summary>
internal static class LeasedLoop
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <param name="work">What is done under the lease. Whatever it throws, the lease is asked for again.</param>
    /// <param name="report">Told of errors.</param>
    /// <param name="rest">Waits before the lease is asked for again; a second when null.</param>
    public static async Task RunAsync(
        ILeases leases, string name, string owner, TimeSpan length, Func<Lease, CancellationToken, Task> work, TimeProvider time, Action<Exception> report,
        CancellationToken cancellationToken, Func<TimeSpan, CancellationToken, Task>? rest = null)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (await leases.TryTakeAsync(name, owner, length, cancellationToken) is { } lease)
                {
                    await work(lease, cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is LeaseLostException or OperationCanceledException)
            {
                // Another node does the work now; this one asks again later.
            }
            catch (Exception e)
            {
                report(e);
            }

            await (rest is null ? Task.WhenAny(Task.Delay(Pause, time, cancellationToken)) : rest(Pause, cancellationToken));
        }
    }
}
