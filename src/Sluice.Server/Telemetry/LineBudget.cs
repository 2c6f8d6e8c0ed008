namespace Sluice.Server.Telemetry;

/// <summary>Keeps strangers from filling the log: so many lines a minute, the rest is only counted.</summary>
internal sealed class LineBudget(TimeProvider timeProvider, int linesPerMinute = 30)
{
    private readonly Lock _lock = new();
    private DateTimeOffset _minute;
    private int _taken;

    public bool TryTake()
    {
        var now = timeProvider.GetUtcNow();
        lock (_lock)
        {
            if (now - _minute >= TimeSpan.FromMinutes(1))
            {
                _minute = now;
                _taken = 0;
            }

            return ++_taken <= linesPerMinute;
        }
    }
}
