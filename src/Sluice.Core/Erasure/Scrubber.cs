using Sluice.Core.Delivery;

namespace Sluice.Core.Erasure;

/// <summary>
/// Has the store overwrite what deleted rows have left in its files: at most a hundredth of the time, because nothing is written
/// meanwhile where that means to write the whole file anew; and at least every twelve hours when there is need.
/// </summary>
/// <param name="scrub">Says from when on, by the store's clock, the files are clean.</param>
public sealed class Scrubber(Func<CancellationToken, Task<DateTimeOffset>> scrub, TimeProvider time)
{
    private const int Share = 100;
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(12);

    private readonly Lock _lock = new();
    private bool _busy;
    private DateTimeOffset _notBefore;
    private DateTimeOffset? _cleanedFrom;
    private string? _failure;

    /// <summary>What was deleted before is overwritten, whoever it was deleted for; null while that is true of nothing.</summary>
    public DateTimeOffset? CleanedFrom
    {
        get
        {
            lock (_lock)
            {
                return _cleanedFrom;
            }
        }
    }

    /// <summary>Why the last time was in vain; null when it was not.</summary>
    public string? Failure
    {
        get
        {
            lock (_lock)
            {
                return _failure;
            }
        }
    }

    /// <summary>Cleans the files if it is time to.</summary>
    /// <exception cref="StoreUnavailableException">It could not be done. That takes time from who writes, too: so it is tried again no sooner than after a success.</exception>
    public async Task TryAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_busy || time.GetUtcNow() < _notBefore)
            {
                return;
            }

            _busy = true;
        }

        var stamp = time.GetTimestamp();
        DateTimeOffset? from = null;
        string? failure = "It was interrupted.";
        try
        {
            (from, failure) = (await scrub(cancellationToken), null);
        }
        catch (StoreUnavailableException e)
        {
            failure = e.Message;
            throw;
        }
        finally
        {
            var wait = time.GetElapsedTime(stamp) * Share;
            lock (_lock)
            {
                _busy = false;
                _notBefore = time.GetUtcNow() + (wait < LongestWait ? wait : LongestWait);
                _cleanedFrom = from ?? _cleanedFrom;
                _failure = failure;
            }
        }
    }
}
