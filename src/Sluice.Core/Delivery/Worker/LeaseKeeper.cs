namespace Sluice.Core.Delivery.Worker;

/// <summary>Renews a lease as long as the work under it goes on, however long a step of it takes, and ends the work when the lease is lost.</summary>
internal sealed class LeaseKeeper : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly ILeases _leases;
    private readonly Lease _lease;
    private readonly TimeSpan _length;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _work;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _loop;

    public LeaseKeeper(ILeases leases, Lease lease, TimeSpan length, TimeProvider time, CancellationToken cancellationToken)
    {
        _leases = leases;
        _lease = lease;
        _length = length;
        _time = time;
        _work = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _loop = RenewAsync();
    }

    /// <summary>Fires when the work has to end.</summary>
    public CancellationToken Token => _work.Token;

    /// <summary>Gives the lease back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _loop;
        await _leases.ReleaseAsync(_lease, CancellationToken.None);
        _ended.Dispose();
        _work.Dispose();
    }

    private async Task RenewAsync()
    {
        try
        {
            // A store that does not answer takes nobody's lease: until it has run out the work goes on. A renewal that took long and held is
            // a renewal all the same; the next follows at once.
            var renewed = _time.GetTimestamp();
            var wait = _length / 3;
            while (true)
            {
                await Task.Delay(wait, _time, _ended.Token);
                try
                {
                    var asked = _time.GetTimestamp();
                    if (!await _leases.RenewAsync(_lease, _length, _ended.Token))
                    {
                        break;
                    }

                    (renewed, wait) = (asked, _time.GetElapsedTime(asked) < _length / 3 ? _length / 3 : TimeSpan.Zero);
                }
                catch (StoreUnavailableException) when (_time.GetElapsedTime(renewed) < _length)
                {
                    wait = RetryAfter;
                }
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception)
        {
            // Without the store no work goes on either, and whoever asks next takes the lease again.
        }

        await _work.CancelAsync();
    }
}
