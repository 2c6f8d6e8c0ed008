namespace Sluice.Core.Delivery.Forwarding;

/// <summary>
/// How long a line waits after failures: from two seconds on, doubling, with some seconds at random so that many who were refused at one
/// time do not come back at one time. The calls of a line share it.
/// </summary>
/// <param name="random">Gives numbers from 0 to 1.</param>
internal sealed class Backoff(ForwardOptions options, TimeProvider time, Func<double> random)
{
    // Whoever asks for more is mistaken, and no timer takes much more than a month.
    private static readonly TimeSpan LongestAsked = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private int _failures;
    private DateTimeOffset _notBefore;

    public void Succeeded()
    {
        lock (_gate)
        {
            _failures = 0;
        }
    }

    /// <param name="asked">How long the destination asks to wait; zero when it does not say.</param>
    public void Failed(TimeSpan asked)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();

            // Calls that were under way together fail together: that is one failure.
            if (_notBefore <= now)
            {
                _failures++;
            }

            var doubled = options.FirstWait * Math.Pow(2, Math.Min(_failures - 1, 16));
            var wait = (doubled < options.LongestWait ? doubled : options.LongestWait) + TimeSpan.FromSeconds(1 + (4 * random()));
            var bounded = asked < LongestAsked ? asked : LongestAsked;
            var until = now + (bounded > wait ? bounded : wait);
            _notBefore = until > _notBefore ? until : _notBefore;
        }
    }

    /// <summary>Nothing is wrong, but not before a while.</summary>
    public void Hold(TimeSpan wait)
    {
        lock (_gate)
        {
            var until = time.GetUtcNow() + wait;
            _notBefore = until > _notBefore ? until : _notBefore;
        }
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan left;
            lock (_gate)
            {
                left = _notBefore - time.GetUtcNow();
            }

            if (left <= TimeSpan.Zero)
            {
                return;
            }

            // A clock that is set back meanwhile is noticed, too.
            await Task.Delay(left < LongestAsked ? left : LongestAsked, time, cancellationToken);
        }
    }
}
